//! Signals: kept from threads, and taken by the main thread of a background worker.
//!
//! PostgreSQL wakes processes by signals and expects them on the one thread that there is. Every other thread has all of them masked,
//! from its first instruction on: a thread that took one would swallow a wake-up, or run a handler that is no thread's but the main one's.

use std::mem::MaybeUninit;

use pgrx::pg_sys;

use super::compat;

/// Starts a thread that never gets a signal, nor does any thread that it starts.
pub fn spawn_masked(name: &str, stack: usize, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let _masked = Masked::all()?;
    std::thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(work).map(drop)
}

/// All signals of this thread, masked until this is dropped.
struct Masked(libc::sigset_t);

impl Masked {
    fn all() -> std::io::Result<Masked> {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: both sets are this frame's own; the first is filled before it is read, and the second is whole when the call succeeds.
        let result = unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr())
        };
        if result != 0 {
            return Err(std::io::Error::from_raw_os_error(result));
        }
        // SAFETY: written by the call above, which succeeded.
        Ok(Masked(unsafe { before.assume_init() }))
    }
}

impl Drop for Masked {
    fn drop(&mut self) {
        // SAFETY: the mask as it was.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// PostgreSQL's own handlers, as they are: they set flags and the latch. pgrx's wrappers of functions are not for signal handlers.
mod handlers {
    unsafe extern "C-unwind" {
        pub fn SignalHandlerForConfigReload(signal: core::ffi::c_int);
        pub fn SignalHandlerForShutdownRequest(signal: core::ffi::c_int);
        pub fn procsignal_sigusr1_handler(signal: core::ffi::c_int);
    }
}

/// Takes the signals of a background worker: a new configuration, the request to end, and what processes tell each other. Call before
/// anything else: until then, a request to end would raise an error inside a signal handler.
pub fn attend() {
    // SAFETY: the main thread of a background worker that has just begun; the handlers are PostgreSQL's and set flags only.
    unsafe {
        compat::on_signal(libc::SIGHUP, handlers::SignalHandlerForConfigReload);
        compat::on_signal(libc::SIGTERM, handlers::SignalHandlerForShutdownRequest);
        compat::on_signal(libc::SIGUSR1, handlers::procsignal_sigusr1_handler);
        pg_sys::BackgroundWorkerUnblockSignals();
    }
}

/// Whether this process has been asked to end.
pub fn is_asked_to_end() -> bool {
    // SAFETY: a flag that a signal handler sets, read as one.
    unsafe { (&raw const pg_sys::ShutdownRequestPending).read_volatile() != 0 }
}

/// Reads the configuration file again if that was asked for, and says whether it was.
pub fn reload() -> bool {
    let pending = &raw mut pg_sys::ConfigReloadPending;
    // SAFETY: a flag of this process that a signal handler sets; the file is read on the main thread, outside any handler.
    unsafe {
        if pending.read_volatile() == 0 {
            return false;
        }
        pending.write_volatile(0);
        pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
    }
    true
}
