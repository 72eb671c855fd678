//! Where everything lies: one block beside the caches' (a full queue must not push out what is remembered, nor the other way round), in
//! addition to `nl_query.shared_memory`. Plain tables under lock 0 come first, then rows of atomics, then an area for bytes.
//!
//! Nothing here knows what the tables mean.

use nl_query_core::flight::Flight;
use nl_query_core::gateway::ledger::Account;
use nl_query_core::queue::{Head, Queue, Slot};

use super::duty::Worker;
use super::flights::{Board, Passenger};
use super::parcel::Parcel;
use super::progress::Shown;
use super::servers::Server;
use super::submissions::Row as Submission;
use crate::pg::compat::most_askers;
use crate::pg::dsa::Bytes;
use crate::pg::guarded::{Carver, Guarded, room};
use crate::pg::lwlock::Locks;
use crate::pg::shmem::Block;
use crate::settings;

/// What the list of regions in `lib.rs` names.
pub static BLOCK: Block = Block::new(c"nl_query gateway", length, make);
/// To be attached before the block, whose area uses it.
pub static LOCKS: Locks = Locks::new(c"nl_query_gateway", 1);

static TABLES: Guarded = Guarded::new(&BLOCK, &LOCKS, 0, || (0, tables_length()));
/// Bytes of requests, answers and messages.
pub static BYTES: Bytes = Bytes::new(&BLOCK, &LOCKS, || (bytes_at(), bytes_length()));

/// Model servers whose state is kept. A cluster has a handful.
pub const SERVERS: usize = 64;
/// Accounts of servers and of roles with them, where limits are set.
pub const ACCOUNTS: usize = 512;
/// The most that `nl_query.workers` can be.
pub const WORKERS: usize = 16;
const PAGE: usize = 4096;
/// Bytes for each slot of the queue, and at least in all: a prompt and its answer take some ten thousand.
const BYTES_A_SLOT: usize = 64 * 1024;
const LEAST_BYTES: usize = 4 << 20;

/// Every table, locked.
pub struct Tables<'a> {
    pub head: &'a mut Head,
    pub slots: &'a mut [Slot],
    /// What belongs to each slot beside.
    pub parcels: &'a mut [Parcel],
    pub flights: &'a mut [Flight],
    /// What belongs to each flight beside.
    pub boards: &'a mut [Board],
    pub passengers: &'a mut [Passenger],
    pub servers: &'a mut [Server],
    pub accounts: &'a mut [Account],
    pub workers: &'a mut [Worker],
    pub submissions: &'a mut [Submission],
    /// The number of the last submission.
    pub last_submission: &'a mut u64,
    /// Since when there is no worker, as far as anybody noticed; 0 while there is one.
    pub absent_since: &'a mut u64,
}

impl<'a> Tables<'a> {
    fn of(mut carver: Carver<'a>) -> Tables<'a> {
        let slots = settings::queue_size();
        let passengers = passengers();
        Tables {
            head: &mut carver.part(1)[0],
            slots: carver.part(slots),
            parcels: carver.part(slots),
            flights: carver.part(slots),
            boards: carver.part(slots),
            passengers: carver.part(passengers),
            servers: carver.part(SERVERS),
            accounts: carver.part(ACCOUNTS),
            workers: carver.part(WORKERS),
            submissions: carver.part(slots),
            last_submission: &mut carver.part(1)[0],
            absent_since: &mut carver.part(1)[0],
        }
    }

    pub fn queue(&mut self) -> Queue<'_> {
        let most_waiting = self.slots.len();
        Queue::new(self.head, self.slots, most_waiting)
    }
}

/// Runs `work` with the lock held, during which nothing may be allocated from [`BYTES`]; none where the library was not preloaded.
pub fn with<R>(work: impl FnOnce(&mut Tables<'_>) -> R) -> Option<R> {
    TABLES.with(|carver| work(&mut Tables::of(carver)))
}

/// What each session is at.
pub fn shown() -> Option<&'static [Shown]> {
    BLOCK.part(tables_length(), most_askers())
}

/// The longest request or answer that is taken.
pub fn largest() -> usize {
    bytes_length() / 4
}

/// A session may be in a few flights, one for each question of a batch.
fn passengers() -> usize {
    2 * most_askers() + settings::queue_size()
}

fn tables_length() -> usize {
    let slots = settings::queue_size();
    room::<Head>(1)
        + room::<Slot>(slots)
        + room::<Parcel>(slots)
        + room::<Flight>(slots)
        + room::<Board>(slots)
        + room::<Passenger>(passengers())
        + room::<Server>(SERVERS)
        + room::<Account>(ACCOUNTS)
        + room::<Worker>(WORKERS)
        + room::<Submission>(slots)
        + 2 * room::<u64>(1)
}

fn bytes_at() -> usize {
    (tables_length() + most_askers() * size_of::<Shown>()).next_multiple_of(PAGE)
}

fn bytes_length() -> usize {
    (settings::queue_size() * BYTES_A_SLOT).max(LEAST_BYTES)
}

fn length() -> usize {
    bytes_at() + bytes_length()
}

fn make() {
    BYTES.make();
}
