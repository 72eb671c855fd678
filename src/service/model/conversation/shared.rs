//! One question of many sessions: who leads the flight, who follows, and what followers find.

use nl_query_core::error::Error;

use crate::cache::{Reach, Statement};
use crate::queue::{self, WaitEvent};
use crate::service::proof::Proof;
use crate::service::recall;
use crate::stats::Call;

use super::super::exchange::Exchange;
use super::super::flight::{Found, Place};
use super::{BOARDINGS, Conversation, Manner, Move, Moved, State};

impl Conversation {
    /// Joins those who ask the same, if there are any.
    pub(super) fn board<P: Proof>(&mut self, call: &mut Call) -> Moved<P> {
        self.boardings += 1;
        let may_share = self.asking.reach() == Reach::Cluster && self.manner != Manner::Nobody;
        if may_share && self.boardings <= BOARDINGS {
            self.place = Place::board(&self.key());
        }
        match self.place {
            Place::Follower(_) => Ok(Move::To(State::Following)),
            // The answer may have come between our look into the cache and now.
            Place::Leader(_) => self.recall(call).map(|found| found.unwrap_or(Move::To(State::Choosing))),
            Place::Alone => Ok(Move::To(State::Choosing)),
        }
    }

    pub(super) fn follow<P: Proof>(&mut self, call: &mut Call) -> Moved<P> {
        match self.place.look() {
            Found::Nothing if self.is_over() => self.late(None),
            Found::Nothing => Ok(Move::Wait(State::Following, self.time.end, WaitEvent::Flight)),
            Found::Failure(error) => Err(*error),
            Found::Over => Ok(Move::To(State::Boarding)),
            Found::Answer => {
                self.place.leave();
                let found = self.recall::<P>(call)?;
                if let Some(Move::Found(answered)) = &found {
                    self.count_coalesced(&answered.statement);
                }
                Ok(found.unwrap_or(Move::To(State::Boarding)))
            }
            Found::Lead(ticket) => {
                if let Some(found) = self.recall(call)? {
                    return Ok(found);
                }
                let request = ticket.and_then(|ticket| queue::adopt(ticket, self.time.deadline));
                Ok(Move::To(request.map_or(State::Choosing, |request| {
                    self.place.set_call(Some(request.ticket()));
                    State::Waiting(Exchange::adopted(&self.choices, request))
                })))
            }
        }
    }

    pub(super) fn count_coalesced(&self, statement: &Statement) {
        let place = statement.server.as_deref().and_then(|name| self.choices.place_of(name));
        if let Some((server, _)) = place.and_then(|place| self.choices.terms(place)) {
            queue::servers::coalesced(&server);
        }
    }

    /// The answer, if somebody found it meanwhile.
    pub(super) fn recall<P: Proof>(&mut self, call: &mut Call) -> Result<Option<Move<P>>, Error> {
        let known = recall(call, &self.asking, &self.question, &self.limits)?;
        Ok(known.map(|answered| Move::Found(Box::new(answered))))
    }
}
