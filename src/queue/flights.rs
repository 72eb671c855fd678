//! Single flight: of the sessions that ask the same at the same time, one asks and the others wait for its message.

use nl_query_core::queue::Ticket;

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
    /// The leader's message.
    Landed(Vec<u8>),
    /// The flight is over.
    Gone,
}

/// Boards the flight that asks the same, or begins one. The whole key is compared.
pub fn board(_key: &[u8]) -> Boarded {
    Boarded::Alone
}

/// A place in a flight. Dropped, it is left; followers of a leader that leaves are woken.
#[derive(Debug)]
pub struct Flight(());

impl Flight {
    /// Where it is.
    pub fn look(&self) -> Seen {
        Seen::Gone
    }

    /// The leader says which request it waits for; none while it waits for nothing. While it is set, a leader that goes leaves the
    /// request to its followers. False if this is not the leader.
    pub fn set_call(&self, _call: Option<Ticket>) -> bool {
        false
    }

    /// The leader has the answer, or none that could be had: tells the others, and wakes them. False if this is not the leader.
    pub fn land(&self, _message: &[u8]) -> bool {
        false
    }

    /// A follower becomes the leader of a flight that has none, with the request that is under way if there is one. None if another was
    /// faster.
    pub fn take_over(&self) -> Option<Option<Ticket>> {
        None
    }
}
