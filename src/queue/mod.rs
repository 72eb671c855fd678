//! The gateway's shared memory and the session's side of it: requests on their way to a worker and back, who asks the same, what is known
//! of each model server.
//!
//! ```text
//! session:  send ──► Request: look, wait, look … ──► dropped             worker:  Duty: take ──► (HTTP) ──► answer
//!           flights::board ──► Flight: land | look, take_over            views:   servers::rows, workers, progress::rows
//! ```
//! Everything that more than one process changes is plain data under one lock ([`memory`]); the state machines on it are
//! `core::queue`, `core::flight` and `core::gateway`. Bytes of requests and answers lie in an area of their own and belong to one party
//! at a time. Nobody allocates from that area, waits or raises an error with the lock held.
//!
//! Whatever way a session leaves, what it held comes back: [`Request`] and [`flights::Flight`] give it back when they are dropped; while an
//! ERROR unwinds they leave that to the abort that follows ([`ending`]), and a process that ends gives back everything at its exit.
//! Knows nothing of catalogs, settings of servers, HTTP or SQL.

pub mod duty;
pub mod ending;
pub mod flights;
pub mod memory;
mod parcel;
pub mod progress;
mod request;
pub mod servers;
pub mod submissions;
#[cfg(any(test, feature = "pg_test"))]
mod tests;

use nl_query_core::gateway::limits::Limits;
use nl_query_core::gateway::retry::Policy;
use nl_query_core::gateway::route::Standing;
use nl_query_core::queue::Full;
use nl_query_core::secret::Secret;
use nl_query_core::server_options::ServerOptions;
use nl_query_core::wire::{Answer, Call};

pub use crate::pg::clock::now;
pub use crate::pg::latch::{WaitEvent, wait};
pub use nl_query_core::queue::{Outcome, Priority};
pub use request::{Request, adopt, retry, send, standing};

/// A model server, in one database, with the options and the key of one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerKey {
    /// The database's OID.
    pub database: u32,
    /// The foreign server's OID.
    pub server: u32,
    /// Stands for the options and the key: a key that is rejected says nothing about another.
    pub fingerprint: u64,
}

/// What a server's options say about asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Calls under way at a time.
    pub concurrency: u32,
    /// What all roles together may spend.
    pub limits: Limits,
    /// What each role may spend.
    pub role_limits: Limits,
    /// How persistent to be.
    pub retry: Policy,
}

impl From<&ServerOptions> for Terms {
    fn from(options: &ServerOptions) -> Terms {
        Terms {
            concurrency: options.concurrency,
            limits: options.limits,
            role_limits: options.role_limits,
            retry: options.retry_policy(),
        }
    }
}

/// A request to a model server: one attempt.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub server: ServerKey,
    pub terms: Terms,
    /// The role that pays.
    pub role: u32,
    pub call: &'a Call,
    /// The key of the role's user mapping, where that is where it comes from.
    pub key: Option<&'a Secret>,
    /// Tokens that it costs at most.
    pub tokens: u64,
    /// Which attempt it is to ask this server this; from 1. Only the first counts as a request for the budget of retries.
    pub attempt: u32,
    pub priority: Priority,
    /// When nobody waits for it any more, on [`now`]'s clock.
    pub deadline: u64,
}

/// Why a request was not sent. Nothing of it remains: no slot, no reservation, no permit.
#[derive(Debug, Clone, PartialEq)]
pub enum Unsent {
    /// The server may not be asked now.
    Standing(Standing),
    /// There is no room in the queue.
    Full(Full),
    /// No worker runs, and none is about to start.
    NoWorker,
    /// The request is larger than there is memory for it, or there is no room for another server's state or another role's account.
    NoMemory,
}

/// What the owner of a request finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It is under way; `taken` once a worker has it. Where there is no worker, `again` is when to look again though nobody woke us:
    /// until then one is expected.
    Waiting { taken: bool, again: Option<u64> },
    /// Here is the answer, be it a failure. There is nothing more to come.
    Answer(Box<Answer>),
    /// There will be no answer: it expired in the queue, or its workers were lost.
    Lost(Outcome),
    /// It is not this session's, or not any more.
    Gone,
}
