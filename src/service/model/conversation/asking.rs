//! A request on its way: to which server, how many of them at once, after which pause, and whether it is back.

use nl_query_core::ballot::Ballot;
use nl_query_core::error::Error;
use nl_query_core::gateway::route::Standing;
use nl_query_core::provider::request::Request as Asked;
use nl_query_core::queue::Outcome;

use crate::queue::{self, Look, Unsent, WaitEvent};
use crate::settings;
use crate::stats::Call;

use super::super::choices::Choices;
use super::super::exchange::{self, Attempt, Exchange};
use super::{Conversation, LEAST_TIME, Manner, Move, Moved, Origin, QUEUE_PAUSE, State};

impl Conversation {
    pub(super) fn choose<P>(&mut self) -> Moved<P> {
        if self.is_over() {
            return self.late(None);
        }
        let place = self.choices.next(queue::now()).map_err(|none| Error::from(none.complaint))?;
        Ok(Move::To(match self.choices.request(place) {
            Some(asked) => State::Sending(Attempt { place, number: 1, asked }),
            None => {
                self.choices.rule_out(place, Standing::TooLong);
                State::Choosing
            }
        }))
    }

    pub(super) fn send<P>(&mut self, attempt: Attempt) -> Moved<P> {
        let place = attempt.place;
        // What it asked for was a bit less than what it gets: those who wait together do not come back together.
        if attempt.number > 1
            && let Standing::Cooling { until } = self.choices.standing(place)
            && until + LEAST_TIME <= self.time.deadline
        {
            return Ok(Move::To(State::Pausing { until, then: Some(attempt) }));
        }
        let asked = self.may_sample(&attempt).then(|| Choices::warmer(&attempt.asked));
        let (priority, deadline) = (self.priority(), self.time.deadline);
        match Exchange::send(&mut self.choices, attempt, priority, deadline) {
            Ok(exchange) => {
                if let Some(asked) = asked {
                    self.sample(place, &asked);
                }
                self.place.set_call(Some(exchange.request.ticket()));
                // Whoever asks after a submission looks first: what a quick answer is worth is not for the one who submits.
                if self.manner == Manner::Nobody {
                    return Ok(Move::Wait(State::Waiting(exchange), self.time.end, WaitEvent::Queue));
                }
                Ok(Move::To(State::Waiting(exchange)))
            }
            // Somebody else was faster, or it did not get well: another one.
            Err(Unsent::Standing(standing)) => {
                self.choices.rule_out(place, standing);
                Ok(Move::To(State::Choosing))
            }
            Err(Unsent::Full(_)) if self.manner == Manner::Batch => {
                Ok(Move::To(State::Pausing { until: queue::now() + QUEUE_PAUSE, then: None }))
            }
            Err(unsent) => Err(exchange::not_sent(unsent)),
        }
    }

    /// Several answers are compared where somebody waits for them, and not while one is mended.
    pub(super) fn may_sample(&self, attempt: &Attempt) -> bool {
        let is_first = attempt.number == 1 && self.choices.turns().is_empty() && !self.has_sampled;
        is_first && self.manner != Manner::Nobody && settings::samples() > 1
    }

    /// Asks the same for further answers, as far as limits allow.
    pub(super) fn sample(&mut self, place: usize, asked: &Asked) {
        self.has_sampled = true;
        let (priority, deadline) = (self.priority(), self.time.deadline);
        for _ in 1..settings::samples() {
            let attempt = Attempt { place, number: 1, asked: asked.clone() };
            match Exchange::send(&mut self.choices, attempt, priority, deadline) {
                Ok(exchange) => self.samples.push(exchange),
                Err(_) => break,
            }
        }
        self.ballot = Ballot::of(1 + self.samples.len());
    }

    pub(super) fn pause<P>(&mut self, until: u64, then: Option<Attempt>) -> Moved<P> {
        if queue::now() < until {
            return Ok(Move::Wait(State::Pausing { until, then }, until, WaitEvent::Retry));
        }
        Ok(Move::To(then.map_or(State::Choosing, State::Sending)))
    }

    pub(super) fn look<P>(&mut self, call: &mut Call, mut exchange: Exchange) -> Moved<P> {
        let received = match exchange.request.look() {
            Look::Waiting { .. } if self.is_over() => return self.late(exchange.place),
            Look::Waiting { taken, again } => {
                let event = if taken { WaitEvent::Provider } else { WaitEvent::Queue };
                let until = again.unwrap_or(u64::MAX).min(self.time.end);
                return Ok(Move::Wait(State::Waiting(exchange), until, event));
            }
            Look::Answer(answer) => {
                exchange.count(call, &answer);
                Ok(answer)
            }
            Look::Lost(outcome) => Err(outcome),
            Look::Gone => Err(Outcome::WorkerLost),
        };
        self.place.set_call(None);
        let Exchange { place, attempt, asked, .. } = exchange;
        Ok(Move::To(State::Received(Origin { place, attempt, asked }, received)))
    }
}
