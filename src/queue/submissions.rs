//! Questions that were submitted without waiting, until somebody fetches what became of them.
//!
//! A submission belongs to a role and a database, and to no process: it outlives its statement and its session. Its request's answer is
//! moved out of the queue as soon as it is there. What the answer means, the session that looks at it finds out; it stores the outcome.

use nl_query_core::queue::Outcome;
use nl_query_core::wire::Answer;

use super::{Request, Unsent};

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub role: u32,
    pub database: u32,
}

/// A submission as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub id: i64,
    /// What the service wrote down about it: the question, and whatever it needs to go on.
    pub note: Vec<u8>,
    /// Milliseconds since it was submitted.
    pub elapsed: u64,
    pub state: State,
}

/// Where a submission stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Its request is under way; `taken` once a worker has it.
    Waiting { taken: bool },
    /// The server answered; nobody has looked what it means.
    Answered(Box<Answer>),
    /// There will be no answer.
    Lost(Outcome),
    /// The outcome, as the service stored it.
    Done(Vec<u8>),
    /// Its owner took it back.
    Cancelled,
}

/// Submits: the request goes on without this session.
pub fn submit(_owner: Owner, _note: &[u8], _request: Request) -> Result<i64, Unsent> {
    Err(Unsent::NoMemory)
}

/// Submits what has its outcome already.
pub fn submit_done(_owner: Owner, _note: &[u8], _outcome: &[u8]) -> Result<i64, Unsent> {
    Err(Unsent::NoMemory)
}

/// A submission of this owner's.
pub fn find(_owner: Owner, _id: i64) -> Option<Submission> {
    None
}

/// Goes on with another request, after what the last one gave (a retry, another server, a repair). The note may change.
pub fn resubmit(_owner: Owner, _id: i64, _note: &[u8], _request: Request) -> bool {
    false
}

/// Stores what became of it. False if it is not this owner's, or gone.
pub fn done(_owner: Owner, _id: i64, _outcome: &[u8]) -> bool {
    false
}

/// Takes it back. False if it is not this owner's, or over.
pub fn cancel(_owner: Owner, _id: i64) -> bool {
    false
}

/// Has this session woken when the request is over: for whoever waits by [`super::wait`].
pub fn watch(_owner: Owner, _id: i64) {}
