//! What a process does before it leaves shared memory, whatever makes it leave: end of the session, FATAL, SIGTERM.

use pgrx::pg_sys;

/// Has a function called before this process lets go of shared memory, once, while locks can still be taken. Call once a process.
pub fn before_exit(function: fn()) {
    // SAFETY: the callback is a function of a library that is never unloaded; what it gets is a `fn()`.
    unsafe { pg_sys::before_shmem_exit(Some(leaving), pg_sys::Datum::from(function as usize)) };
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn leaving(_code: i32, function: pg_sys::Datum) {
    // SAFETY: `before_exit` made the datum from a `fn()`.
    let function: fn() = unsafe { std::mem::transmute(function.value()) };
    function();
}
