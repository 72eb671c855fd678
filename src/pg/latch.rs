//! Waiting on this process's latch, and waking another process by its latch.
//!
//! A process is named by its id and its place among PostgreSQL's processes. The place finds the latch at once, the id tells whether it is
//! still the same process; should it end in between, its successor wakes once for nothing, which every wait on a latch expects.

use pgrx::pg_sys;

use super::compat;

/// This process, as others can wake it; never 0.
pub fn me() -> u64 {
    // SAFETY: a variable of this process.
    let process = unsafe { pg_sys::MyProcPid };
    u64::from(process.unsigned_abs()) << 32 | u64::from(compat::proc_number())
}

/// The process id in what [`me`] gave.
pub fn process_of(who: u64) -> i32 {
    i32::try_from(who >> 32).unwrap_or(0)
}

/// Wakes a process, if it is still there.
pub fn wake(who: u64) {
    let place = (who & 0xFFFF_FFFF) as usize;
    // SAFETY: the array of processes is made before any backend starts and never moves; places beyond it are refused. The latch is part
    // of the array, so that it is valid whatever becomes of the process.
    unsafe {
        let all = pg_sys::ProcGlobal;
        if all.is_null() || place >= (*all).allProcCount as usize {
            return;
        }
        let process = (*all).allProcs.add(place);
        if (*process).pid == process_of(who) {
            pg_sys::SetLatch(&raw mut (*process).procLatch);
        }
    }
}

/// What is waited for, as `pg_stat_activity` shows it where extensions can name their waits (17 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEvent {
    /// A request waits for a worker.
    Queue,
    /// A worker waits for the model server.
    Provider,
    /// Another session asks the same.
    Flight,
    /// The server is asked again after a pause.
    Retry,
    /// A worker has nothing to do but to wait for requests and replies.
    Worker,
}

impl WaitEvent {
    /// Every one, in the order of the enum.
    pub(super) const NAMES: [&'static std::ffi::CStr; 5] =
        [c"NlQueryQueue", c"NlQueryProvider", c"NlQueryFlight", c"NlQueryRetry", c"NlQueryWorker"];

    /// For the functions that wait.
    pub(super) fn number(self) -> u32 {
        compat::wait_event(self as usize, &WaitEvent::NAMES)
    }
}

/// Sleeps until somebody wakes this process, at most until a moment of [`super::clock::now`]. Raises ERROR when the query is cancelled and
/// ends the process when it is terminated: nothing may be held.
pub fn wait(until: u64, event: WaitEvent) {
    let left = until.saturating_sub(super::clock::now());
    let left = i64::try_from(left).unwrap_or(i64::MAX).min(60_000);
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: this process's own latch.
    unsafe {
        pg_sys::WaitLatch(pg_sys::MyLatch, events as i32, left, event.number());
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    pgrx::check_for_interrupts!();
}
