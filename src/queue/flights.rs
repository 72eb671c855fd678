//! Single flight: of the sessions that ask the same at the same time, one asks and the others wait for its message.
//!
//! Who is in which flight is written down in a table of passengers, so that they can be woken and a process that goes can be taken off.
//! A flight's key and message are bytes in the area: they stay as long as it has members, so a member may read them without the lock.

use std::hash::{DefaultHasher, Hasher};

use nl_query_core::flight::{self, Joined, Left, Pass};
use nl_query_core::queue::Ticket;

use super::ending::{self, Leftover};
use super::memory::Tables;
use super::parcel::{After, Piece, change, left, mind, now};
use crate::pg::guarded::{Plain, plain_struct};
use crate::pg::latch::me;

plain_struct! {
    /// What belongs to a flight beside its state.
    pub struct Board {
        pub key: Piece,
        pub message: Piece,
    }
}

plain_struct! {
    /// A session in a flight; all zero is a free place.
    pub struct Passenger {
        pub who: u64,
        pub pass: Pass,
    }
}

/// What one is who boards.
#[derive(Debug)]
pub enum Boarded {
    /// Nobody asks this yet. (Look into the cache once more before asking: a flight that has landed takes nobody in.)
    Leader(Flight),
    /// Somebody does.
    Follower(Flight),
    /// There is no place for another flight: ask alone.
    Alone,
}

/// What a member sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The leader is asking.
    Flying,
    /// The leader is gone: [`Flight::take_over`].
    NoLeader,
    /// The leader's message; empty where there was no room for it.
    Landed(Vec<u8>),
    /// The flight is over.
    Gone,
}

/// Boards the flight that asks the same, or begins one. The whole key is compared. A session that is in the flight already (a batch may
/// ask the same twice) begins another.
pub fn board(key: &[u8]) -> Boarded {
    ending::enlist();
    let (hash, me) = (hash(key), me());
    let Some(stored) = Piece::store(key) else { return Boarded::Alone };
    let joined = change(|tables, after| {
        let joined = join(tables, hash, me, key);
        match joined {
            Joined::Leader(pass) => tables.boards[pass.place as usize] = Board { key: stored, message: Piece::zeroed() },
            Joined::Follower(_) | Joined::Alone => after.free(stored),
        }
        joined
    });
    match joined {
        Some(Joined::Leader(pass)) => Boarded::Leader(Flight::of(pass)),
        Some(Joined::Follower(pass)) => Boarded::Follower(Flight::of(pass)),
        Some(Joined::Alone) | None => Boarded::Alone,
    }
}

fn join(tables: &mut Tables<'_>, hash: u64, me: u64, key: &[u8]) -> Joined {
    let (boards, passengers) = (&*tables.boards, &mut *tables.passengers);
    let Some(seat) = passengers.iter().position(|passenger| passenger.who == 0) else { return Joined::Alone };
    let is_mine = |place: usize| passengers.iter().any(|other| other.who == me && other.pass.place as usize == place);
    let same = |place: usize| boards[place].key.read(|other| other == key) && !is_mine(place);
    let joined = flight::join(tables.flights, hash, me, same);
    if let Joined::Leader(pass) | Joined::Follower(pass) = joined {
        passengers[seat] = Passenger { who: me, pass };
    }
    joined
}

/// The same in every process.
fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}

/// A place in a flight. Dropped, it is left; followers of a leader that leaves are woken.
#[derive(Debug)]
pub struct Flight {
    pass: Pass,
}

impl Flight {
    fn of(pass: Pass) -> Flight {
        ending::hold();
        Flight { pass }
    }

    /// Where it is.
    pub fn look(&self) -> Seen {
        let seen = change(|tables, _| {
            let message = tables.boards[self.pass.place as usize].message;
            (flight::look(tables.flights, self.pass), message)
        });
        match seen {
            Some((flight::Seen::Flying, _)) => Seen::Flying,
            Some((flight::Seen::NoLeader, _)) => Seen::NoLeader,
            // As long as this is a member, it stays.
            Some((flight::Seen::Landed(_), message)) => Seen::Landed(message.read(<[u8]>::to_vec)),
            Some((flight::Seen::Gone, _)) | None => Seen::Gone,
        }
    }

    /// The leader says which request it waits for; none while it waits for nothing. While it is set, a leader that goes leaves the
    /// request to its followers. (So it is unset before a request is given up in favour of another.) False if this is not the leader.
    pub fn set_call(&self, call: Option<Ticket>) -> bool {
        change(|tables, _| flight::set_call(tables.flights, self.pass, me(), call)).unwrap_or(false)
    }

    /// The leader has the answer, or none that could be had: tells the others, and wakes them. False if this is not the leader.
    pub fn land(&self, message: &[u8]) -> bool {
        let message = Piece::store(message).unwrap_or(Piece::zeroed());
        let landed = change(|tables, after| {
            let landed = flight::land(tables.flights, self.pass, me(), 0);
            if landed {
                tables.boards[self.pass.place as usize].message = message;
                wake(tables, self.pass, after);
            } else {
                after.free(message);
            }
            landed
        });
        landed.unwrap_or(false)
    }

    /// A follower becomes the leader of a flight that has none, with the request that is under way if there is one: for
    /// [`super::adopt`]. None if another was faster.
    pub fn take_over(&self) -> Option<Option<Ticket>> {
        change(|tables, _| flight::take_over(tables.flights, self.pass, me())).flatten()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        ending::let_go();
        if std::thread::panicking() {
            ending::postpone(Leftover::Flight(self.pass));
        } else {
            leave(self.pass);
        }
    }
}

/// This session leaves a flight.
pub(super) fn leave(pass: Pass) {
    let (me, now) = (me(), now());
    change(|tables, after| {
        // Left already, by an abort: it must not be left twice, or another's place would be given away.
        if let Some(seat) = tables.passengers.iter().position(|passenger| passenger.who == me && passenger.pass == pass) {
            leave_seat(tables, seat, now, after);
        }
    });
}

/// A process leaves every flight that it is in.
pub(super) fn leave_all(tables: &mut Tables<'_>, who: u64, now: u64, after: &mut After) {
    for seat in 0..tables.passengers.len() {
        if tables.passengers[seat].who == who {
            leave_seat(tables, seat, now, after);
        }
    }
}

fn leave_seat(tables: &mut Tables<'_>, seat: usize, now: u64, after: &mut After) {
    let Passenger { who, pass } = std::mem::replace(&mut tables.passengers[seat], Passenger::zeroed());
    match flight::leave(tables.flights, pass, who) {
        Left::NoLeader { call } => {
            if let Some(call) = call {
                // Not if it is another's: then it was left before.
                tables.queue().leave_to_heirs(call, who);
            }
            wake(tables, pass, after);
        }
        Left::Nobody { call } => {
            let board = std::mem::replace(&mut tables.boards[pass.place as usize], Board::zeroed());
            after.free(board.key);
            after.free(board.message);
            // A call that was left, and that nobody took over: nobody will.
            if let Some(call) = call {
                left(tables.queue().abandon(call, 0), after);
                mind(tables, call.slot as usize, now, after);
            }
        }
        Left::Others | Left::Gone => {}
    }
}

/// Wakes everybody in a flight.
fn wake(tables: &Tables<'_>, pass: Pass, after: &mut After) {
    let members = tables.passengers.iter().filter(|passenger| passenger.who != 0 && passenger.pass == pass);
    members.for_each(|passenger| after.wake(passenger.who));
}
