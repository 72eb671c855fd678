//! The session's side of a request.

use nl_query_core::gateway::retry::{Decision, Policy, Why};
use nl_query_core::gateway::route::Standing;
use nl_query_core::provider::failure::Failure;
use nl_query_core::queue::Ticket;

use super::{Look, Order, ServerKey, Terms, Unsent};

/// How a server stands towards a request of this role and so many tokens. Changes nothing.
pub fn standing(_server: &ServerKey, _terms: &Terms, _role: u32, _tokens: u64) -> Standing {
    Standing::Ready
}

/// Sends a request: admits it, takes a slot, writes its bytes, queues it and wakes a worker.
pub fn send(_order: &Order<'_>) -> Result<Request, Unsent> {
    Err(Unsent::NoWorker)
}

/// Takes over a request that was left to its heirs, with at least the time until `deadline`. None if there is nothing to take over.
pub fn adopt(_ticket: Ticket, _deadline: u64) -> Option<Request> {
    None
}

/// Whether to ask the same server again after a failure; a retry is taken from the server's budget.
pub fn retry(_server: &ServerKey, _policy: &Policy, _failure: &Failure, _attempts: u32, _deadline: u64) -> Decision {
    Decision::Stop(Why::Budget)
}

/// A request of this session. Dropped, it is abandoned, unless it is the call of a flight that others follow: then it is theirs.
#[derive(Debug)]
pub struct Request {
    ticket: Ticket,
}

impl Request {
    /// Looks for the answer.
    pub fn look(&mut self) -> Look {
        Look::Gone
    }

    /// Its name, for [`adopt`].
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Leaves it to whoever adopts it; unadopted, it ends at its deadline.
    pub fn leave_to_heirs(self) -> Ticket {
        self.ticket
    }
}
