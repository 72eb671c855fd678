//! A memory context that a Rust value owns.

use pgrx::pg_sys;

/// A child of the context that was current when it was made; deleted on drop.
pub struct OwnedContext(pg_sys::MemoryContext);

impl OwnedContext {
    pub fn new(name: &'static core::ffi::CStr) -> OwnedContext {
        // SAFETY: the name is a constant, as the call wants; the parent is the current context.
        OwnedContext(unsafe {
            pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                name.as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            )
        })
    }

    /// Runs `work` with this context current. After an unwinding the context is whatever the catcher sets.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: the context lives as long as self; the old one is put back.
        let before = unsafe { std::mem::replace(&mut *(&raw mut pg_sys::CurrentMemoryContext), self.0) };
        let result = work();
        // SAFETY: it was current before.
        unsafe { pg_sys::CurrentMemoryContext = before };
        result
    }

    /// Frees what was allocated in it.
    pub fn reset(&self) {
        // SAFETY: the context lives as long as self; nobody keeps pointers into a context that they reset.
        unsafe { pg_sys::MemoryContextReset(self.0) };
    }
}

impl Drop for OwnedContext {
    fn drop(&mut self) {
        // While unwinding, the transaction's abort frees the parent and this child with it.
        if !std::thread::panicking() {
            // SAFETY: made in `new`, deleted once; its parent outlives the Rust value that owns it.
            unsafe { pg_sys::MemoryContextDelete(self.0) };
        }
    }
}
