//! Background workers: registered when the server starts, without a database, started again when they end.

use std::sync::OnceLock;
use std::time::Duration;

use pgrx::bgworkers::{BackgroundWorkerBuilder, BgWorkerStartTime};
use pgrx::pg_sys;

/// What a worker does, given its number. It returns when it has been asked to end.
type Main = fn(usize);

static MAIN: OnceLock<Main> = OnceLock::new();

/// How long the postmaster waits before it starts a worker again that has ended; it counts whole seconds.
const RESTART: Duration = Duration::from_secs(1);

/// Registers so many workers. Call once, from `_PG_init` while preloading. They start as soon as sessions can read, also on a standby.
pub fn register(count: usize, main: Main) {
    // A second call would come from a second load of the library, with the same function.
    let _ = MAIN.set(main);
    for number in 0..count {
        // The names are cut at 95 bytes and must be ASCII.
        BackgroundWorkerBuilder::new(&format!("nl_query worker {number}"))
            .set_type("nl_query worker")
            .set_library("nl_query")
            .set_function("nl_query_worker")
            .set_argument(Some(pg_sys::Datum::from(number)))
            .set_start_time(BgWorkerStartTime::ConsistentState)
            .set_restart_time(Some(RESTART))
            .load();
    }
}

/// Where a worker process begins.
#[pgrx::pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn nl_query_worker(number: pg_sys::Datum) {
    super::signals::attend();
    if let Some(main) = MAIN.get() {
        main(number.value());
    }
    leave();
}

/// Ends this process, whatever its threads are doing: none is waited for, and no function of theirs runs at the exit. The code asks the
/// postmaster to start it again, which it does unless it is ending itself.
fn leave() {
    // SAFETY: the main thread, with nothing held. Callbacks of PostgreSQL run, then the process ends.
    unsafe { pg_sys::proc_exit(1) };
}

/// The user that the server runs as.
pub fn user() -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::geteuid() }
}
