//! LWLocks of our own, one tranche by name, which is what `pg_stat_activity` shows as the wait event of whoever waits for one.
//!
//! A held lock holds off cancel and terminate, so nothing that takes long, waits or raises an ERROR may be done under one (P9, P10).
//! Nothing here allocates.

use std::ffi::CStr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pgrx::pg_sys;

use super::shmem::Region;

/// A tranche of locks.
pub struct Locks {
    name: &'static CStr,
    count: usize,
    first: AtomicPtr<pg_sys::LWLockPadded>,
}

impl Locks {
    pub const fn new(name: &'static CStr, count: usize) -> Locks {
        Locks { name, count, first: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// Takes a lock for reading.
    pub fn shared(&self, number: usize) -> Held {
        self.take(number, pg_sys::LWLockMode::LW_SHARED)
    }

    /// Takes a lock for changing.
    pub fn exclusive(&self, number: usize) -> Held {
        self.take(number, pg_sys::LWLockMode::LW_EXCLUSIVE)
    }

    fn take(&self, number: usize, mode: pg_sys::LWLockMode::Type) -> Held {
        let lock = self.lock(number);
        // SAFETY: a lock of the tranche, made by PostgreSQL before any backend started. Before backends exist, in the postmaster,
        // every lock is free, and taking a free one needs no process entry.
        unsafe { pg_sys::LWLockAcquire(lock, mode) };
        Held(lock)
    }

    fn lock(&self, number: usize) -> *mut pg_sys::LWLock {
        assert!(number < self.count, "a lock of the tranche");
        let first = self.first.load(Ordering::Acquire);
        assert!(!first.is_null(), "locks are used where the library was preloaded only");
        // SAFETY: inside the tranche, as just checked.
        unsafe { &raw mut (*first.add(number)).lock }
    }

    /// The tranche's number, for primitives that make locks of their own.
    pub(super) fn tranche(&self) -> i32 {
        // SAFETY: a lock of the tranche; its tranche is set once.
        i32::from(unsafe { (*self.lock(0)).tranche })
    }
}

impl Region for Locks {
    fn request(&self) {
        // SAFETY: called in the postmaster while requests are open.
        unsafe { pg_sys::RequestNamedLWLockTranche(self.name.as_ptr(), self.count as i32) }
    }

    fn attach(&self) {
        // SAFETY: the tranche was requested under this name.
        self.first.store(unsafe { pg_sys::GetNamedLWLockTranche(self.name.as_ptr()) }, Ordering::Release);
    }
}

/// A lock that is held until this is dropped.
pub struct Held(*mut pg_sys::LWLock);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: taken in `take`. An ERROR since (there should be none) has set the holdoff count to zero, and the abort releases
        // the lock then; releasing it here would be once too often.
        unsafe {
            if pg_sys::InterruptHoldoffCount > 0 {
                pg_sys::LWLockRelease(self.0);
            }
        }
    }
}
