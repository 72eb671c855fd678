//! The postmaster's own start and end.

use std::ffi::CString;
use std::io;
use std::sync::atomic::{AtomicPtr, Ordering};

use pgrx::pg_sys;

static AT_END: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Has a function called when the postmaster (or a single-user server) ends well, after every backend is gone and the last checkpoint is
/// written. Call from the startup hook; a crash forgets it, and the next start asks again.
pub fn at_end(function: fn()) {
    // SAFETY: variables of this process; the callback is a function of a library that is never unloaded.
    unsafe {
        if pg_sys::IsUnderPostmaster {
            return;
        }
        AT_END.store(function as *mut (), Ordering::Relaxed);
        pg_sys::on_shmem_exit(Some(ending), pg_sys::Datum::from(0));
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn ending(code: i32, _argument: pg_sys::Datum) {
    let function = AT_END.load(Ordering::Relaxed);
    // Anything but a clean end may have left shared memory half-written.
    if code != 0 || function.is_null() {
        return;
    }
    // SAFETY: stored by `at_end` from a `fn()`, and nothing else is ever stored.
    let function: fn() = unsafe { std::mem::transmute(function) };
    function();
}

/// Whether a control file is that of a cluster that was shut down with its checkpoint, as a primary.
pub fn is_shut_down(control_file: &[u8]) -> bool {
    let state = std::mem::offset_of!(pg_sys::ControlFileData, state);
    let state = control_file.get(state..).and_then(|rest| rest.first_chunk::<4>()).map(|state| u32::from_ne_bytes(*state));
    state == Some(pg_sys::DBState::DB_SHUTDOWNED)
}

/// The version of the server, as a number.
pub fn server_version() -> u32 {
    pg_sys::PG_VERSION_NUM
}

/// Renames a file so that it is whole under its new name or not there at all, also after a power cut.
pub fn rename_durably(from: &str, to: &str) -> io::Result<()> {
    let (from, to) = (CString::new(from)?, CString::new(to)?);
    // SAFETY: NUL-terminated names; with LOG, a failure is a line in the log and a result.
    let result = unsafe { pg_sys::durable_rename(from.as_ptr(), to.as_ptr(), pg_sys::LOG as i32) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
