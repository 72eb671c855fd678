//! What belongs to a slot beside the queue's own fields: bytes, the right to call, what was set aside for it; and how all of it comes back.
//!
//! [`change`] is the one way to change anything. Whatever the state machines did with a slot, [`mind`] then compares the slot with its
//! parcel and draws the consequences: so no way of ending a request has to remember what there is to give back. What must not be done
//! with the lock held (waking, freeing) is gathered in [`After`] and done once the lock is free.

use nl_query_core::gateway::breaker::Permit;
use nl_query_core::gateway::cost::Cost;
use nl_query_core::gateway::ledger::{self, Key};
use nl_query_core::gateway::limits::Reservation;
use nl_query_core::queue::{Left, State};

use super::memory::{self, BYTES, Tables};
use super::submissions;
use crate::pg::guarded::{Plain, plain_struct};
use crate::pg::latch;

pub use crate::pg::clock::now;

plain_struct! {
    /// Bytes in the area; all zero is none.
    pub struct Piece {
        place: u64,
        length: u64,
    }
}

plain_struct! {
    /// See the module; all zero belongs to a free slot.
    pub struct Parcel {
        /// 1 from when the slot is acquired until what belongs to it is given back.
        pub live: u32,
        /// 1 while the permit and the reservation are to be given back.
        pub open: u32,
        /// Position among the servers.
        pub server: u32,
        /// 1 once a worker took it: it may have been sent, and have cost something.
        pub taken: u32,
        pub fingerprint: u64,
        pub permit: Permit,
        pub reservation: Reservation,
        /// The accounts it was set aside on: the server's and the role's; all zero is none.
        pub payers: [Key; 2],
        pub taken_at: u64,
        pub request: Piece,
        /// A user mapping's key: overwritten before it is freed.
        pub key: Piece,
        pub answer: Piece,
    }
}

impl Piece {
    /// Writes bytes into the area; none where there is no room. Not with the lock held.
    pub fn store(bytes: &[u8]) -> Option<Piece> {
        if bytes.len() > memory::largest() {
            return None;
        }
        let place = BYTES.allocate(bytes.len().max(1))?;
        BYTES.write(place, &[bytes]);
        Some(Piece { place, length: bytes.len() as u64 })
    }

    /// Writes other bytes over it, as many of them as there is room for: it stays one allocation.
    pub fn overwrite(self, bytes: &[u8]) -> Piece {
        let bytes = &bytes[..bytes.len().min(self.length as usize)];
        if !self.is_none() {
            BYTES.write(self.place, &[bytes]);
        }
        Piece { place: self.place, length: bytes.len() as u64 }
    }

    /// Shows the bytes, which the caller's slot, flight or lock keeps.
    pub fn read<R>(self, reader: impl FnOnce(&[u8]) -> R) -> R {
        if self.is_none() { reader(&[]) } else { BYTES.read(self.place, self.length as usize, reader) }
    }

    pub fn is_none(self) -> bool {
        self.place == 0
    }

    /// Takes it out of where it is kept.
    pub fn take(&mut self) -> Piece {
        std::mem::replace(self, Piece::zeroed())
    }
}

/// What is to be done when the lock is free again.
#[derive(Default)]
pub struct After {
    wake: Vec<u64>,
    free: Vec<Piece>,
    wipe: Vec<Piece>,
}

impl After {
    /// Wakes a process; 0, and an owner that is no process, are nobody.
    pub fn wake(&mut self, who: u64) {
        if who != 0 && !submissions::is_owner(who) && !self.wake.contains(&who) {
            self.wake.push(who);
        }
    }

    pub fn free(&mut self, piece: Piece) {
        if !piece.is_none() {
            self.free.push(piece);
        }
    }

    /// Frees bytes that hold a key.
    pub fn wipe(&mut self, piece: Piece) {
        if !piece.is_none() {
            self.wipe.push(piece);
        }
    }

    fn run(self) {
        for piece in self.wipe {
            BYTES.write(piece.place, &[&vec![0; piece.length as usize]]);
            BYTES.free(piece.place);
        }
        self.free.iter().for_each(|piece| BYTES.free(piece.place));
        self.wake.iter().for_each(|who| latch::wake(*who));
    }
}

/// Changes the tables with the lock held, then does what follows from it. None where the library was not preloaded.
pub fn change<R>(work: impl FnOnce(&mut Tables<'_>, &mut After) -> R) -> Option<R> {
    // Attaching allocates: not with the lock held.
    if !BYTES.attached() {
        return None;
    }
    let mut after = After::default();
    let result = memory::with(|tables| work(tables, &mut after));
    after.run();
    result
}

/// Draws the consequences of what became of the slot at a place.
pub fn mind(tables: &mut Tables<'_>, place: usize, now: u64, after: &mut After) {
    if tables.parcels[place].live == 0 {
        return;
    }
    let state = tables.slots[place].state();
    // Over, without an answer: whoever answers has closed it.
    if matches!(state, State::Answered | State::Free) && tables.parcels[place].open == 1 {
        close_unanswered(tables, place, now);
    }
    if state == State::Answered && submissions::is_owner(tables.slots[place].owner()) {
        submissions::collect(tables, place, now, after);
    }
    if tables.slots[place].state() == State::Free {
        let parcel = std::mem::replace(&mut tables.parcels[place], Parcel::zeroed());
        after.free(parcel.request);
        after.free(parcel.answer);
        after.wipe(parcel.key);
    }
}

/// The same for every slot: after what may have touched any of them.
pub fn mind_all(tables: &mut Tables<'_>, now: u64, after: &mut After) {
    (0..tables.slots.len()).for_each(|place| mind(tables, place, now, after));
}

/// Gives back the permit and settles the reservation of a request that no worker answered.
fn close_unanswered(tables: &mut Tables<'_>, place: usize, now: u64) {
    let parcel = tables.parcels[place];
    let cost = if parcel.taken == 1 { Cost::Unknown } else { Cost::Nothing };
    settle(tables, place, cost);
    tables.servers[parcel.server as usize].health.give_back(parcel.permit, now);
}

/// Settles the reservation of a request that is over; its permit is for the caller to report on, now.
pub fn settle(tables: &mut Tables<'_>, place: usize, cost: Cost) {
    let parcel = &mut tables.parcels[place];
    parcel.open = 0;
    let keys = parcel.payers.into_iter().filter(|key| *key != Key::default());
    ledger::close(tables.accounts, keys, parcel.reservation, cost);
}

/// What an owner left: a worker that is still at it had better look up.
pub fn left(left: Left, after: &mut After) {
    if let Left::Running { worker } = left {
        after.wake(worker);
    }
}
