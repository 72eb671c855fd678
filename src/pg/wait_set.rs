//! Waiting for this process's latch and for a descriptor at once. The end of the postmaster ends the process.

use std::os::fd::AsRawFd;
use std::time::Duration;

use pgrx::pg_sys;

use super::compat;
use super::latch::WaitEvent;

/// What is waited for. Lives as long as the process.
pub struct WaitSet(*mut pg_sys::WaitEventSet);

impl WaitSet {
    /// Waits for the latch and for something to read at a descriptor, which must stay open as long as the process lives.
    pub fn new(descriptor: &'static impl AsRawFd) -> WaitSet {
        // SAFETY: the main thread of a process with a latch; memory and descriptors of the set are the process's until its end.
        unsafe {
            let set = compat::wait_event_set(3);
            let (none, no_socket, no_latch) = (std::ptr::null_mut(), pg_sys::PGINVALID_SOCKET, std::ptr::null_mut());
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_LATCH_SET, no_socket, pg_sys::MyLatch, none);
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_EXIT_ON_PM_DEATH, no_socket, no_latch, none);
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_SOCKET_READABLE, descriptor.as_raw_fd(), no_latch, none);
            WaitSet(set)
        }
    }

    /// Sleeps until something happens, or so long at most; then processes what other processes ask of this one.
    pub fn wait(&self, most: Option<Duration>, event: WaitEvent) {
        let most = most.map_or(-1, |most| i64::try_from(most.as_millis()).unwrap_or(i64::MAX).min(i64::from(i32::MAX)));
        let mut happened = [pg_sys::WaitEvent::default(); 3];
        // SAFETY: the set of this process, and room for all that it can report. The latch is reset before anybody looks at what was
        // done before it was set.
        unsafe {
            pg_sys::WaitEventSetWait(self.0, most, happened.as_mut_ptr(), 3, event.number());
            pg_sys::ResetLatch(pg_sys::MyLatch);
        }
        pgrx::check_for_interrupts!();
    }
}
