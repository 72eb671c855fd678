//! Asking a model: what happens where the embedded engine has no answer, or is not to be asked.
//!
//! ```text
//! schema, list of servers ─► does somebody ask the same? ─ yes ─► wait for what the leader finds: the answer is in the cache then
//!    └ no ─► choose a server ─► prompt ─► send ─► wait ─► reply ─► SQL in it ─► prove ─► remember ─► tell the followers
//!               ▲                 ▲                 │                             └ refused: ask for a better one, a few times;
//!               └── another one ──┴── after a pause ┴ failure                       then a server for hard questions
//! ```
//! With `nl_query.samples` several requests are sent at once, and of the statements that are proven the one is taken whose result most
//! others share (`core::ballot`). With `nl_query.verify_results` a statement that finds nothing counts as refused once.
//!
//! A [`Conversation`] is one question on this way. It is stepped: a step does what can be done now and says what to wait for, so that one
//! session can hold one conversation ([`finish`]), many at once ([`batch`]), or leave one and come back ([`submitted`]).
//!
//! Whoever waits holds no lock of a relation, no snapshot of its own and nothing of the queue's but its request and its place in a flight,
//! which come back however the session leaves. Nothing here writes rows or takes a transaction id, so a standby asks as well.

mod batch;
mod briefing;
mod choices;
mod conversation;
mod exchange;
mod flight;
mod outcome;
mod preview;
mod submitted;
mod trial;

pub use batch::batch;
pub use conversation::{Conversation, Manner, Step};
pub use preview::{Preview, preview};
pub use submitted::{Status, cancel, fetch, status, submit};

use nl_query_core::error::Error;

use crate::queue;
use crate::stats::Call;

use super::Answered;
use super::proof::Proof;

/// Holds a conversation to its end.
pub fn finish<P: Proof>(mut conversation: Conversation, call: &mut Call) -> Result<Answered<P>, Error> {
    loop {
        match conversation.step(call) {
            Step::Done(outcome) => return *outcome,
            Step::Wait { until, event } => queue::wait(until, event),
        }
    }
}
