//! What comes back from a server, or does not: the same server again, another one, or the end. What a reply says is for `judged`.

use nl_query_core::gateway::retry::Decision;
use nl_query_core::gateway::route::{self, Standing};
use nl_query_core::gateway::unsent;
use nl_query_core::provider::failure::{Failure, FailureClass, Meaning};
use nl_query_core::queue::Outcome;
use nl_query_core::wire::Answer;

use crate::queue;
use crate::service::proof::Proof;
use crate::stats::Call;

use super::super::exchange::Attempt;
use super::{Conversation, LEAST_TIME, MOST_ATTEMPTS, Move, Moved, Origin, State};

impl Conversation {
    pub(super) fn receive<P: Proof>(
        &mut self,
        call: &mut Call,
        origin: Origin,
        received: Result<Box<Answer>, Outcome>,
    ) -> Moved<P> {
        match received.map(|answer| answer.result) {
            Ok(Ok(reply)) => self.read(call, &origin, &reply),
            // Other answers to the same question are there or under way.
            Ok(Err(_)) | Err(_) if self.is_comparing() => self.next_sample(call),
            Ok(Err(failure)) => self.failed(origin, failure),
            Err(Outcome::NoWorker) => Err(unsent::no_worker().into()),
            Err(Outcome::Expired) => self.late(origin.place),
            Err(_) => self.failed(origin, Failure::transport(FailureClass::Worker, "the worker ended")),
        }
    }

    /// The same server again, another one, or the end.
    fn failed<P>(&mut self, origin: Origin, failure: Box<Failure>) -> Moved<P> {
        let now = queue::now();
        let deadline = self.time.deadline;
        let is_about_time = matches!(failure.class, FailureClass::Timeout | FailureClass::Abandoned);
        if is_about_time && now + LEAST_TIME >= deadline {
            return self.late(origin.place);
        }
        let Some(place) = origin.place else { return Ok(Move::To(State::Choosing)) };
        let number = origin.attempt + 1;
        let asked = origin.asked.or_else(|| self.choices.request(place));
        let simpler = asked.as_ref().and_then(|asked| asked.without_refused(&failure));
        if let Some(asked) = simpler.filter(|_| number <= MOST_ATTEMPTS) {
            return Ok(Move::To(State::Sending(Attempt { place, number, asked })));
        }
        // A server that asks for patience gets it at once where another one can be asked.
        let asks_another = failure.class.meaning() == Meaning::Patience && self.choices.has_other_than(place);
        if let (Some((server, terms)), Some(asked), false) = (self.choices.terms(place), asked, asks_another)
            && let Decision::Retry { wait } = queue::retry(&server, &terms.retry, &failure, origin.attempt, deadline)
        {
            return Ok(Move::To(State::Pausing { until: now + wait, then: Some(Attempt { place, number, asked }) }));
        }
        self.give_up(place, failure)
    }

    /// Another server, if one may know better.
    pub(super) fn give_up<P>(&mut self, place: usize, failure: Box<Failure>) -> Moved<P> {
        if !route::goes_on(&failure, queue::now(), self.time.deadline, LEAST_TIME) {
            return Err(route::failed(self.choices.name(place), &failure).into());
        }
        self.choices.rule_out(place, Standing::Failed(failure));
        Ok(Move::To(State::Choosing))
    }
}
