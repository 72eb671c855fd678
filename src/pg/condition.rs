//! Condition variables in a [`Block`]: backends that wait until another one is done, asleep and open to cancel.

use pgrx::pg_sys;

use super::shmem::Block;

/// Several condition variables, one behind the other.
pub struct Conditions {
    block: &'static Block,
    offset: fn() -> usize,
    count: usize,
}

/// Bytes that so many take.
pub const fn size(count: usize) -> usize {
    count * size_of::<pg_sys::ConditionVariable>()
}

impl Conditions {
    pub const fn new(block: &'static Block, offset: fn() -> usize, count: usize) -> Conditions {
        Conditions { block, offset, count }
    }

    /// Makes them valid. Called in the postmaster when the block is new.
    pub fn make(&self) {
        for number in 0..self.count {
            if let Some(condition) = self.at(number) {
                // SAFETY: memory of the block with room for it, which nobody uses yet.
                unsafe { pg_sys::ConditionVariableInit(condition) };
            }
        }
    }

    /// Sleeps until [`Conditions::broadcast`], at most for `milliseconds`, as long as `go_on` says so; false when the time is over.
    /// Raises ERROR when the query is cancelled; the caller must hold no lock.
    pub fn wait_while(&self, number: usize, milliseconds: i64, mut go_on: impl FnMut() -> bool) -> bool {
        let Some(condition) = self.at(number) else { return false };
        // Dropped on every way out, a cancel's unwinding included.
        let _sleeper = Sleeper;
        let mut in_time = true;
        while in_time && go_on() {
            // SAFETY: a valid condition variable; the first sleep of a process only enlists it and returns at once.
            in_time = !unsafe { pg_sys::ConditionVariableTimedSleep(condition, milliseconds as _, pg_sys::PG_WAIT_EXTENSION) };
        }
        in_time
    }

    /// Wakes everybody who waits.
    pub fn broadcast(&self, number: usize) {
        if let Some(condition) = self.at(number) {
            // SAFETY: a valid condition variable.
            unsafe { pg_sys::ConditionVariableBroadcast(condition) };
        }
    }

    fn at(&self, number: usize) -> Option<*mut pg_sys::ConditionVariable> {
        assert!(number < self.count, "a condition variable of the block");
        let place = self.block.at((self.offset)() + size(number), size(1))?;
        Some(place.cast())
    }
}

/// This process as one that sleeps on a condition variable.
struct Sleeper;

impl Drop for Sleeper {
    fn drop(&mut self) {
        // SAFETY: takes this process off the list it is on, if any; takes a spinlock only and raises nothing.
        unsafe { pg_sys::ConditionVariableCancelSleep() };
    }
}
