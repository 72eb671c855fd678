//! Background workers: the queue's requests made over HTTP, by helper threads, and their answers put back.
//!
//! The main thread is the only one that touches PostgreSQL. It sleeps until its latch is set (a request, a caller that leaves, a signal)
//! or until a helper has written to its descriptor; what it does then takes no time that a network decides. It holds no database
//! connection, no transaction and no lock while it sleeps, so that nothing in a cluster waits for a worker. Idle, nothing wakes it.
//!
//! Knows the queue and `nl_query_http`; nothing of catalogs, the guard or SQL.

mod alarm;
mod calls;
mod panics;

use std::time::Duration;

use crate::pg::background;
use crate::pg::latch::WaitEvent;
use crate::pg::signals;
use crate::pg::wait_set::WaitSet;
use crate::queue::duty::Duty;
use crate::queue::now;
use crate::settings;

use alarm::Alarm;
use calls::Calls;

/// Registers the workers. Call once, from `_PG_init` while preloading.
pub fn register() {
    background::register(settings::workers(), run);
}

/// The life of a worker, until it is asked to end.
fn run(number: usize) {
    panics::keep_quiet();
    let capacity = settings::worker_concurrency();
    // Nothing to do without shared memory: the process ends, and the next one may find it.
    let (Some(mut duty), Ok(alarm)) = (Duty::begin(number, capacity), Alarm::new()) else { return };
    let set = WaitSet::new(alarm.descriptor());
    let mut calls = Calls::new(capacity, alarm);
    while !signals::is_asked_to_end() {
        if signals::reload() {
            let capacity = settings::worker_concurrency();
            duty.set_capacity(capacity);
            calls.set_capacity(capacity);
        }
        alarm.quiet();
        calls.give_back(&mut duty);
        let expiry = duty.housekeeping();
        calls.take(&mut duty);
        calls.stop_unwanted(&duty);
        calls.show(&mut duty);
        set.wait(sleep(expiry, calls.next_look()), WaitEvent::Worker);
    }
}

/// Until the first of two moments; for ever where there is none.
fn sleep(expiry: Option<u64>, look: Option<u64>) -> Option<Duration> {
    let until = expiry.into_iter().chain(look).min()?;
    // A moment has passed when the clock is beyond it: one millisecond more than the difference.
    Some(Duration::from_millis(until.saturating_sub(now()).saturating_add(1)))
}
