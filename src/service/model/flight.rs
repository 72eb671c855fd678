//! A conversation's place in a flight: of the sessions that ask the same, one asks and the others wait for what it finds.
//!
//! An answer is in the cache before the flight lands, so that the message says no more than "look"; a failure is in the message. Who asks
//! the same is the same caller with the same settings, so that what may be said to the leader may be said to the followers.

use nl_query_core::error::Error;
use nl_query_core::queue::Ticket;

use crate::queue::flights::{self, Boarded, Flight, Seen};

/// See the module. Left when dropped.
pub enum Place {
    /// Nobody else can take part: the answer is not remembered, or there are too many flights.
    Alone,
    Leader(Flight),
    Follower(Flight),
}

/// What a follower finds.
pub enum Found {
    /// The leader is asking.
    Nothing,
    /// The leader has its answer, which is in the cache.
    Answer,
    Failure(Box<Error>),
    /// The leader went, and this is the leader now, with its request if there is one.
    Lead(Option<Ticket>),
    /// The flight is over without a word.
    Over,
}

impl Place {
    pub fn board(key: &[u8]) -> Place {
        match flights::board(key) {
            Boarded::Leader(flight) => Place::Leader(flight),
            Boarded::Follower(flight) => Place::Follower(flight),
            Boarded::Alone => Place::Alone,
        }
    }

    /// Looks, as a follower. One that finds the leader gone takes its place.
    pub fn look(&mut self) -> Found {
        let Place::Follower(flight) = self else { return Found::Over };
        match flight.look() {
            Seen::Flying => Found::Nothing,
            Seen::Landed(message) if message.is_empty() => Found::Answer,
            // A message of the same library can be read; else it is as if nothing had been said.
            Seen::Landed(message) => postcard::from_bytes(&message).map_or(Found::Over, |error| Found::Failure(Box::new(error))),
            Seen::Gone => Found::Over,
            Seen::NoLeader => match flight.take_over() {
                None => Found::Nothing,
                Some(call) => {
                    if let Place::Follower(flight) = std::mem::replace(self, Place::Alone) {
                        *self = Place::Leader(flight);
                    }
                    Found::Lead(call)
                }
            },
        }
    }

    /// The leader's request is this one now.
    pub fn set_call(&self, call: Option<Ticket>) {
        if let Place::Leader(flight) = self {
            flight.set_call(call);
        }
    }

    /// Tells the followers what came of it, and leaves.
    pub fn land(&mut self, failure: Option<&Error>) {
        if let Place::Leader(flight) = std::mem::replace(self, Place::Alone) {
            flight.land(&failure.map(|error| postcard::to_stdvec(error).unwrap_or_default()).unwrap_or_default());
        }
    }

    /// Leaves without a word: a follower that has more time goes on.
    pub fn leave(&mut self) {
        *self = Place::Alone;
    }
}
