//! What an answer means for a conversation: the same server again, another one, a better answer, or the end.

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::error::{Error, Reading};
use nl_query_core::gateway::retry::Decision;
use nl_query_core::gateway::route::{self, Standing};
use nl_query_core::gateway::unsent;
use nl_query_core::provider::failure::{Failure, FailureClass, Meaning};
use nl_query_core::provider::reply::Reply;
use nl_query_core::queue::Outcome;
use nl_query_core::refusal::Refusal;
use nl_query_core::reply_sql;
use nl_query_core::wire::Answer;

use crate::cache::{self, Statement};
use crate::queue::{self, progress::Stage as At};
use crate::service::Answered;
use crate::service::proof::Proof;
use crate::settings;
use crate::stats::{self, Call, Stage};

use super::super::choices::Turn;
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
    fn give_up<P>(&mut self, place: usize, failure: Box<Failure>) -> Moved<P> {
        if !route::goes_on(&failure, queue::now(), self.time.deadline, LEAST_TIME) {
            return Err(route::failed(self.choices.name(place), &failure).into());
        }
        self.choices.rule_out(place, Standing::Failed(failure));
        Ok(Move::To(State::Choosing))
    }

    fn read<P: Proof>(&mut self, call: &mut Call, origin: &Origin, reply: &Reply) -> Moved<P> {
        let name = origin.place.map_or("", |place| self.choices.name(place)).to_owned();
        let sql = match reply_sql::from_reply(reply) {
            Ok(sql) => sql,
            Err(none) => match (none.complaint(&name), origin.place) {
                (Some(complaint), _) => return Err(Error::Declined { complaint: Box::new(complaint) }),
                (None, Some(place)) => return self.give_up(place, none.failure()),
                (None, None) => return Ok(Move::To(State::Choosing)),
            },
        };
        self.at(At::Proving);
        let proving = Instant::now();
        let proof = P::prove(&sql, &self.limits);
        call.spent(Stage::Prove, proving.elapsed());
        match proof {
            Ok(proof) => Ok(Move::Found(Box::new(self.found(call, sql, name, proof)))),
            Err(refusal) => self.repair(origin.place, sql, refusal),
        }
    }

    /// Proven: remembered before anybody hears of it.
    fn found<P: Proof>(&mut self, call: &mut Call, sql: String, server: String, proof: P) -> Answered<P> {
        call.identify(proof.query_id());
        let statement = Statement::of_model(sql, Some(server).filter(|server| !server.is_empty()));
        if !self.remembers {
            return Answered { statement: Rc::new(statement), proof, limits: Rc::clone(&self.limits) };
        }
        let statement = cache::remember(&self.asking, &self.question, statement);
        cache::note_proof(&self.asking, &self.limits, proof.query_id());
        Answered { statement, proof, limits: Rc::clone(&self.limits) }
    }

    /// The model hears what is wrong with its SQL, as often as it may.
    fn repair<P>(&mut self, place: Option<usize>, sql: String, refusal: Refusal) -> Moved<P> {
        stats::count_refusal(refusal.reason);
        let may = (self.choices.turns().len() as u32) < settings::max_repairs() && !self.is_over();
        if may {
            self.choices.add_turn(Turn { sql: sql.clone(), refusal: refusal.clone() });
            match place.map(|place| (place, self.choices.request(place))) {
                Some((place, Some(asked))) => return Ok(Move::To(State::Sending(Attempt { place, number: 1, asked }))),
                None => return Ok(Move::To(State::Choosing)),
                // There is no room for another turn.
                Some((_, None)) => {}
            }
        }
        let reading = Reading { sql, paraphrase: String::new(), confidence: cache::OF_A_MODEL };
        Err(Error::NotProven { reading: Box::new(reading), refusal: Box::new(refusal) })
    }
}
