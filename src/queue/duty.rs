//! The worker's side of the queue. Called by a worker's main thread only, never by its helpers.
//!
//! A request that is taken belongs to its worker until it is answered: its bytes are read and written with the lock free. What a worker
//! had when it goes is queued again for another, once. Where there is no other, requests wait for the one that the postmaster starts in its
//! place; if it does not come, nobody need wait for it.

use std::cell::Cell;

use nl_query_core::gateway::cost::Cost;
use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::queue::{Claim, Delivered, Queue};
use nl_query_core::secret::Secret;
use nl_query_core::wire::{Answer, Call};

use super::memory::{self, Tables, WORKERS};
use super::parcel::{After, Piece, change, mind, mind_all, now, settle};
use super::{ending, servers, submissions};
use crate::pg::guarded::{Plain, plain_struct};
use crate::pg::latch::{me, process_of};
use crate::settings;

/// Milliseconds that a worker is waited for where there is none: the postmaster starts one a second after the last one ended, and a new
/// one needs a moment. The same when the server has just started.
const PATIENCE: u64 = 3_000;

plain_struct! {
    /// A worker, or none: all zero.
    pub struct Worker {
        pub who: u64,
        pub capacity: u32,
        pub in_flight: u32,
        /// Helper threads, and those of them that panicked since the start.
        pub threads: u32,
        pub panics: u32,
        pub completed: u64,
        pub started: u64,
        pub last: u64,
    }
}

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
pub struct Duty {
    number: usize,
}

thread_local! {
    /// This process is a worker.
    static ON_DUTY: Cell<bool> = const { Cell::new(false) };
}

impl Duty {
    /// Registers this process as the worker with this number, from 0, and clears up what its predecessor left. `capacity` is how many
    /// calls it may have under way. None where the library was not preloaded, or there is no such number.
    pub fn begin(number: usize, capacity: u32) -> Option<Duty> {
        if number >= WORKERS {
            return None;
        }
        ending::enlist();
        ON_DUTY.set(true);
        let (me, now) = (me(), now());
        change(|tables, after| {
            let before = tables.workers[number].who;
            tables.workers[number] = Worker { who: me, capacity, started: now, ..Worker::zeroed() };
            *tables.absent_since = 0;
            if before != 0 {
                clear_up(tables, before, now, after);
            }
        })?;
        Some(Duty { number })
    }

    /// How many calls it may have under way from now on.
    pub fn set_capacity(&mut self, capacity: u32) {
        memory::with(|tables| tables.workers[self.number].capacity = capacity);
    }

    /// Shows how many helper threads there are, and how many have panicked.
    pub fn show(&mut self, threads: u32, panics: u32) {
        memory::with(|tables| {
            let worker = &mut tables.workers[self.number];
            (worker.threads, worker.panics) = (threads, panics);
        });
    }

    /// The next request, if there is one and this worker has room for it.
    pub fn take(&mut self) -> Option<Job> {
        loop {
            let taken = change(|tables, after| take(tables, self.number, after)).flatten()?;
            let call = taken.request.read(Call::decode);
            let key = if taken.key.is_none() { None } else { Some(taken.key.read(|key| Secret::from_file(key.to_vec()))) };
            match (call, key.transpose()) {
                (Ok(call), Ok(key)) => return Some(Job { claim: taken.claim, call, key, deadline: taken.deadline }),
                // What a session of the same library wrote can be read; if it cannot, its owner is told.
                _ => self.answer(taken.claim, &failed(FailureClass::Worker, "the request cannot be read")),
            }
        }
    }

    /// Until when somebody waits for it; none when nobody does any more and the call had better be stopped. It must be answered all the
    /// same.
    pub fn wanted_until(&self, claim: Claim) -> Option<u64> {
        memory::with(|tables| tables.queue().wanted_until(claim)).flatten()
    }

    /// Ends a call: counts it, settles what it cost, and wakes whoever waits. The key must have been taken out of the failure's message.
    pub fn answer(&mut self, claim: Claim, answer: &Answer) {
        // An answer that finds no room becomes a failure that takes the place of its own request.
        let no_room = failed(FailureClass::ReplyTooLarge, "there is no room for the answer");
        let stored = Piece::store(&answer.encode());
        let told = if stored.is_some() { answer } else { &no_room };
        let random = servers::random();
        change(|tables, after| {
            let stored = stored.unwrap_or(Piece::zeroed());
            if !tables.queue().holds(claim) {
                after.free(stored);
                return;
            }
            let worker = &mut tables.workers[self.number];
            worker.in_flight = worker.in_flight.saturating_sub(1);
            worker.completed += 1;
            worker.last = now();
            let place = claim.slot as usize;
            let parcel = &mut tables.parcels[place];
            let request = parcel.request.take();
            after.wipe(parcel.key.take());
            if stored.is_none() {
                parcel.answer = request.overwrite(&no_room.encode());
            } else {
                parcel.answer = stored;
                after.free(request);
            }
            report(tables, place, answer, told, random);
            if let Delivered::To(owner) = tables.queue().answer(claim, now()) {
                after.wake(owner);
            }
            mind(tables, place, now(), after);
        });
    }

    /// Ends what has waited too long. Call at the moment that it returned last, and after every wake-up.
    pub fn housekeeping(&mut self) -> Option<u64> {
        let now = now();
        change(|tables, after| {
            let mut wake = Vec::new();
            tables.queue().expire(now, |owner| wake.push(owner));
            wake.into_iter().for_each(|owner| after.wake(owner));
            submissions::expire(tables, now, after);
            mind_all(tables, now, after);
            tables.queue().next_expiry()
        })
        .flatten()
    }
}

/// A request that was taken, before its bytes are read.
struct Taken {
    claim: Claim,
    deadline: u64,
    request: Piece,
    key: Piece,
}

fn take(tables: &mut Tables<'_>, number: usize, after: &mut After) -> Option<Taken> {
    let now = now();
    let worker = &mut tables.workers[number];
    if worker.in_flight >= worker.capacity {
        return None;
    }
    let most_waiting = tables.slots.len();
    let mut queue = Queue::new(tables.head, tables.slots, most_waiting);
    let servers = &mut *tables.servers;
    let claim = queue.take(worker.who, now, worker.capacity, |server| servers[server as usize].concurrency)?;
    let deadline = queue.wanted_until(claim)?;
    worker.in_flight += 1;
    worker.last = now;
    let place = claim.slot as usize;
    let parcel = &mut tables.parcels[place];
    (parcel.taken, parcel.taken_at) = (1, now);
    // Its owner shows that it is no longer waiting for a worker.
    after.wake(tables.slots[place].owner());
    Some(Taken { claim, deadline, request: parcel.request, key: parcel.key })
}

/// Tells the server's state what became of a call, and settles what it cost.
fn report(tables: &mut Tables<'_>, place: usize, answer: &Answer, told: &Answer, random: u32) {
    let now = now();
    let parcel = tables.parcels[place];
    // What it cost and how the server is, the answer says that it gave; what is counted, the one that the session gets.
    let result = answer.result.as_ref().map_err(|failure| &**failure);
    settle(tables, place, Cost::of(result));
    let server = &mut tables.servers[parcel.server as usize];
    server.health.report(parcel.permit, parcel.fingerprint, result.map(|_| ()), now, random);
    server.note_answer(told, now);
}

fn failed(class: FailureClass, message: &str) -> Answer {
    Answer { result: Err(Failure::transport(class, message)), attempts: 1, first_byte_us: 0, total_us: 0 }
}

/// Who takes requests from the queue.
pub(super) enum Staff {
    /// The worker that has the least to do: whom to wake.
    There(u64),
    /// None now. One is expected until then.
    Expected { until: u64 },
    /// None, and none is expected.
    Nobody,
}

/// Who is there to take requests.
pub(super) fn staff(tables: &mut Tables<'_>, now: u64) -> Staff {
    if let Some(worker) = least_busy(tables) {
        return Staff::There(worker);
    }
    if settings::workers() == 0 {
        return Staff::Nobody;
    }
    // None since the server started: the first who asks begins to count.
    if *tables.absent_since == 0 {
        *tables.absent_since = now;
    }
    let until = tables.absent_since.saturating_add(PATIENCE);
    if now < until { Staff::Expected { until } } else { Staff::Nobody }
}

/// Ends the waiting for workers where none is expected any more; otherwise until when one is, if there is none.
pub(super) fn expect(tables: &mut Tables<'_>, now: u64, after: &mut After) -> Option<u64> {
    match staff(tables, now) {
        Staff::There(_) => None,
        Staff::Expected { until } => Some(until),
        Staff::Nobody => {
            tables.queue().no_worker(now, |owner| after.wake(owner));
            mind_all(tables, now, after);
            None
        }
    }
}

fn least_busy(tables: &Tables<'_>) -> Option<u64> {
    let workers = tables.workers.iter().filter(|worker| worker.who != 0);
    workers.min_by_key(|worker| (worker.in_flight >= worker.capacity, worker.in_flight)).map(|worker| worker.who)
}

/// Called when this process goes.
pub(super) fn leave() {
    if !ON_DUTY.take() {
        return;
    }
    let (me, now) = (me(), now());
    change(|tables, after| {
        for worker in tables.workers.iter_mut().filter(|worker| worker.who == me) {
            *worker = Worker::zeroed();
        }
        clear_up(tables, me, now, after);
    });
}

/// A worker is gone: what it had goes to the others, or to the one that comes in its place.
fn clear_up(tables: &mut Tables<'_>, gone: u64, now: u64, after: &mut After) {
    tables.queue().worker_gone(gone, now, |owner| after.wake(owner));
    match least_busy(tables) {
        Some(other) => after.wake(other),
        None => *tables.absent_since = now,
    }
    expect(tables, now, after);
    mind_all(tables, now, after);
}

/// A row of `pg_stat_nl_query_workers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerRow {
    pub number: usize,
    pub process: i32,
    pub capacity: u32,
    pub in_flight: u32,
    pub threads: u32,
    /// Helper threads that ended by a fault of this library since the worker started.
    pub panics: u32,
    pub completed: u64,
    /// Milliseconds since it started, and since it last took or ended a call (none while it has not).
    pub started_ago: u64,
    pub last_ago: Option<u64>,
}

/// The workers that run.
pub fn workers() -> Vec<WorkerRow> {
    let now = now();
    let all = memory::with(|tables| <[Worker; WORKERS]>::try_from(&*tables.workers).ok()).flatten();
    let all = all.iter().flatten().enumerate().filter(|(_, worker)| worker.who != 0);
    all.map(|(number, worker)| WorkerRow {
        number,
        process: process_of(worker.who),
        capacity: worker.capacity,
        in_flight: worker.in_flight,
        threads: worker.threads,
        panics: worker.panics,
        completed: worker.completed,
        started_ago: now.saturating_sub(worker.started),
        last_ago: (worker.last != 0).then(|| now.saturating_sub(worker.last)),
    })
    .collect()
}
