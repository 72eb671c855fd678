//! The worker's side of the queue. Called by a worker's main thread only, never by its helpers.

use nl_query_core::queue::Claim;
use nl_query_core::secret::Secret;
use nl_query_core::wire::{Answer, Call};

/// A request that this worker has to do.
#[derive(Debug)]
pub struct Job {
    pub claim: Claim,
    pub call: Call,
    /// The key of a user mapping; a key from a file the worker reads itself.
    pub key: Option<Secret>,
    /// When nobody waits for it any more, on [`super::now`]'s clock.
    pub deadline: u64,
}

/// A worker at its work; one a process. When the process leaves shared memory, what it had is queued again or given up.
#[derive(Debug)]
pub struct Duty(());

impl Duty {
    /// Registers this process as the worker with this number, from 0, and clears up what its predecessor left. `capacity` is how many
    /// calls it may have under way. None where the library was not preloaded, or there is no such number.
    pub fn begin(_number: usize, _capacity: u32) -> Option<Duty> {
        None
    }

    /// How many calls it may have under way from now on.
    pub fn set_capacity(&mut self, _capacity: u32) {}

    /// The next request, if there is one and this worker has room for it.
    pub fn take(&mut self) -> Option<Job> {
        None
    }

    /// Until when somebody waits for it; none when nobody does any more and the call had better be stopped. It must be answered all the same.
    pub fn wanted_until(&self, _claim: Claim) -> Option<u64> {
        None
    }

    /// Ends a call: counts it, settles what it cost, and wakes whoever waits. The key must have been taken out of the failure's message.
    pub fn answer(&mut self, _claim: Claim, _answer: &Answer) {}

    /// Ends what has waited too long. Call at the moment that it returned last, and after every wake-up.
    pub fn housekeeping(&mut self) -> Option<u64> {
        None
    }
}

/// A row of `pg_stat_nl_query_workers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerRow {
    pub number: usize,
    pub process: i32,
    pub capacity: u32,
    pub in_flight: u32,
    pub completed: u64,
    /// Milliseconds since it started, and since it last took or ended a call (none while it has not).
    pub started_ago: u64,
    pub last_ago: Option<u64>,
}

/// The workers that run.
pub fn workers() -> Vec<WorkerRow> {
    Vec::new()
}
