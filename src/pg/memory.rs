//! A memory context that a Rust value owns.

use pgrx::pg_sys;

/// A child of the context that was current when it was made; deleted on drop.
///
/// Work that may raise an ERROR gets its context from outside the [`super::attempt`], so that it is deleted after the
/// subtransaction's abort: resource owners point into it until then.
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

    /// Makes this context current until the returned value goes, also by unwinding.
    pub fn enter(&self) -> Entered {
        // SAFETY: the context lives as long as self; the old one is put back.
        unsafe {
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = self.0;
            Entered(before)
        }
    }

    /// Frees what was allocated in it.
    pub fn reset(&self) {
        // SAFETY: the context lives as long as self; nobody keeps pointers into a context that they reset.
        unsafe { pg_sys::MemoryContextReset(self.0) };
    }
}

impl Drop for OwnedContext {
    fn drop(&mut self) {
        // Right while unwinding, too: deleting raises no ERROR, and PostgreSQL frees the parent only after Rust has unwound.
        // SAFETY: made in `new`, deleted once; its parent outlives the Rust value that owns it.
        unsafe { pg_sys::MemoryContextDelete(self.0) };
    }
}

/// The memory context to go back to.
pub struct Entered(pg_sys::MemoryContext);

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: it was current when `enter` was called, and contexts are entered and left in order.
        unsafe { pg_sys::CurrentMemoryContext = self.0 };
    }
}
