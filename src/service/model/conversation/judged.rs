//! What a reply means: the answer, something to be mended by the server that gave it, a question for a better server, or the end.
//!
//! Each statement is proven once, and sent back at most once. What a server has to mend is bounded by `nl_query.max_repairs`, and no
//! server is asked after a better one was: a conversation ends.

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::ballot::{Trial, Vote};
use nl_query_core::error::{Error, Reading};
use nl_query_core::prompt::repair::{self, Wrong, is_same};
use nl_query_core::provider::reply::Reply;
use nl_query_core::refusal::Refusal;
use nl_query_core::reply_sql::{self, NoSql};

use crate::cache::{self, Statement};
use crate::queue::progress::Stage as At;
use crate::service::Answered;
use crate::service::proof::Proof;
use crate::settings;
use crate::stats::{self, Call, Stage};

use super::super::choices::Turn;
use super::super::exchange::Attempt;
use super::super::trial;
use super::{Conversation, Fallback, Move, Moved, Origin, State};

/// Characters of a reply that are kept to be told back.
const SAID: usize = 2_000;

/// Why a reply is no answer.
pub enum Trouble {
    NotProven {
        place: Option<usize>,
        sql: String,
        refusal: Refusal,
    },
    NoStatement {
        place: Option<usize>,
        /// The reply, cut short.
        said: String,
        none: NoSql,
    },
}

impl Conversation {
    pub(super) fn read<P: Proof>(&mut self, call: &mut Call, origin: &Origin, reply: &Reply) -> Moved<P> {
        let place = origin.place;
        match reply_sql::from_reply(reply) {
            Err(none) => {
                let said = reply.text.chars().take(SAID).collect();
                self.in_trouble(call, Trouble::NoStatement { place, said, none })
            }
            Ok(sql) => self.written(call, place, sql),
        }
    }

    /// The model wrote a statement.
    fn written<P: Proof>(&mut self, call: &mut Call, place: Option<usize>, sql: String) -> Moved<P> {
        if let Some(before) = self.choices.turns().iter().find(|before| is_same(&before.turn.said, &sql)) {
            match before.turn.wrong.clone() {
                Wrong::Refused(refusal) => return self.refused(call, place, sql, refusal),
                // The model stands by it.
                _ => return self.answer(call, place, sql),
            }
        }
        self.at(At::Proving);
        if !self.is_comparing() && !settings::verify_results() {
            return self.answer(call, place, sql);
        }
        let proving = Instant::now();
        let known = self.ballot.known(&sql).cloned();
        let tried = known.map_or_else(|| trial::of(&sql, &self.limits, self.time.end), Ok);
        call.spent(Stage::Prove, proving.elapsed());
        let server = self.name_of(place);
        match tried {
            Err(refusal) => self.refused(call, place, sql, refusal),
            Ok(trial) if self.is_comparing() => {
                self.ballot.add(Vote { sql, server, trial });
                self.next_sample(call)
            }
            Ok(trial) => self.verify(call, Vote { sql, server, trial }),
        }
    }

    /// A statement that is to be the answer.
    fn answer<P: Proof>(&mut self, call: &mut Call, place: Option<usize>, sql: String) -> Moved<P> {
        let proving = Instant::now();
        let proof = P::prove(&sql, &self.limits);
        call.spent(Stage::Prove, proving.elapsed());
        match proof {
            Ok(proof) => {
                let server = self.name_of(place);
                Ok(Move::Found(Box::new(self.found(call, sql, server, proof))))
            }
            Err(refusal) => self.refused(call, place, sql, refusal),
        }
    }

    fn refused<P: Proof>(&mut self, call: &mut Call, place: Option<usize>, sql: String, refusal: Refusal) -> Moved<P> {
        stats::count_refusal(refusal.reason);
        self.in_trouble(call, Trouble::NotProven { place, sql, refusal })
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

    /// The answer of before, where what was to be better is none.
    pub(super) fn best_so_far<P: Proof>(&mut self, call: &mut Call) -> Option<Answered<P>> {
        if self.fallback.is_none() {
            self.keep_winner();
        }
        let Fallback { sql, server } = self.fallback.take()?;
        let proof = P::prove(&sql, &self.limits).ok()?;
        Some(self.found(call, sql, server, proof))
    }
}

/// Several answers, and what comes of running them.
impl Conversation {
    /// Whether several answers are collected before one is taken.
    pub(super) fn is_comparing(&self) -> bool {
        self.ballot.is_open() && (!self.samples.is_empty() || !self.ballot.is_empty() || self.trouble.is_some())
    }

    /// The next of several answers, or the one that is taken.
    pub(super) fn next_sample<P: Proof>(&mut self, call: &mut Call) -> Moved<P> {
        if self.ballot.is_decided() || self.is_over() {
            self.samples.clear();
        }
        if let Some(exchange) = self.samples.pop() {
            return Ok(Move::To(State::Waiting(exchange)));
        }
        let is_in_doubt = self.ballot.is_in_doubt();
        if is_in_doubt && let Some(state) = self.another_vote() {
            if !matches!(state, State::Sending(_)) {
                // A better server is not one voice among others.
                self.keep_winner();
            }
            return Ok(Move::To(state));
        }
        self.ballot.close();
        match (self.ballot.winner().map(|(vote, _)| vote.clone()), self.trouble.take()) {
            (Some(vote), _) if is_in_doubt && self.choices.go_on_to_stronger(self.choices.place_of(&vote.server)) => {
                self.keep_winner();
                Ok(Move::To(State::Choosing))
            }
            (Some(vote), _) => self.verify(call, vote),
            (None, Some(trouble)) => self.in_trouble(call, trouble),
            (None, None) => Ok(Move::To(State::Choosing)),
        }
    }

    /// The comparison is over, and what won it is answered if nothing better comes.
    fn keep_winner(&mut self) {
        self.ballot.close();
        let winner = self.ballot.winner();
        self.fallback = winner.map(|(vote, _)| Fallback { sql: vote.sql.clone(), server: vote.server.clone() });
    }

    /// Where nobody agrees with anybody, an answer that was refused may be mended and have a vote.
    fn another_vote(&mut self) -> Option<State> {
        self.ballot.winner()?;
        match self.trouble.take()? {
            Trouble::NotProven { place: Some(place), sql, refusal } => {
                self.again(Some(place), repair::Turn { said: sql, wrong: Wrong::Refused(refusal) })
            }
            _ => None,
        }
    }

    /// A statement that was run. Where the model may hear of it, it gets another chance if nothing came of it.
    fn verify<P: Proof>(&mut self, call: &mut Call, vote: Vote) -> Moved<P> {
        let place = self.choices.place_of(&vote.server);
        let wrong = match vote.trial {
            Trial::Ran { implausible: Some(how), .. } => Wrong::Implausible(how),
            Trial::Failed(refusal) => Wrong::Refused(refusal),
            Trial::Ran { implausible: None, .. } => return self.answer(call, place, vote.sql),
        };
        let fallback = Fallback { sql: vote.sql.clone(), server: vote.server };
        let Fallback { sql, .. } = self.fallback.get_or_insert(fallback).clone();
        let may_tell = settings::verify_results();
        match may_tell.then(|| self.again(place, repair::Turn { said: vote.sql, wrong })).flatten() {
            Some(state) => Ok(Move::To(state)),
            None => self.answer(call, place, sql),
        }
    }
}

/// What is done about answers that are none.
impl Conversation {
    fn in_trouble<P: Proof>(&mut self, call: &mut Call, trouble: Trouble) -> Moved<P> {
        if self.is_comparing() {
            self.trouble.get_or_insert(trouble);
            return self.next_sample(call);
        }
        match trouble {
            Trouble::NotProven { place, sql, refusal } => self.not_proven(place, sql, refusal),
            Trouble::NoStatement { place, said, none } => self.without_statement(place, said, &none),
        }
    }

    fn not_proven<P>(&mut self, place: Option<usize>, sql: String, refusal: Refusal) -> Moved<P> {
        let reading = Reading { sql: sql.clone(), paraphrase: String::new(), confidence: cache::OF_A_MODEL };
        let error = Error::NotProven { reading: Box::new(reading), refusal: Box::new(refusal.clone()) };
        self.again_or(place, repair::Turn { said: sql, wrong: Wrong::Refused(refusal) }, error)
    }

    fn without_statement<P>(&mut self, place: Option<usize>, said: String, none: &NoSql) -> Moved<P> {
        let name = self.name_of(place);
        match (none.complaint(&name), place) {
            (Some(complaint), _) => {
                let error = Error::Declined { complaint: Box::new(complaint) };
                // What a model will not say, or a filter stops, is nothing to try on others.
                if !matches!(none, NoSql::Declined(_)) {
                    return Err(error);
                }
                self.again_or(place, repair::Turn { said, wrong: Wrong::Declined }, error)
            }
            (None, Some(known)) => {
                let failure = none.failure();
                let wrong = Wrong::Unreadable(failure.message.clone());
                match self.again(place, repair::Turn { said, wrong }) {
                    Some(state) => Ok(Move::To(state)),
                    None => self.give_up(known, failure),
                }
            }
            (None, None) => Ok(Move::To(State::Choosing)),
        }
    }

    fn again_or<P>(&mut self, place: Option<usize>, turn: repair::Turn, error: Error) -> Moved<P> {
        match self.again(place, turn) {
            Some(state) => {
                if matches!(state, State::Choosing) {
                    self.doubt = Some(error);
                }
                Ok(Move::To(state))
            }
            None => Err(error),
        }
    }

    /// The server hears what is wrong, as often as it may; then one for hard questions is asked, if there is one.
    fn again(&mut self, place: Option<usize>, turn: repair::Turn) -> Option<State> {
        if self.is_over() {
            return None;
        }
        let is_repeated = self.choices.turns().iter().any(|before| is_same(&before.turn.said, &turn.said));
        let is_its_own_to_mend = !is_repeated && turn.wrong != Wrong::Declined;
        let is_unreadable = matches!(turn.wrong, Wrong::Unreadable(_));
        let sent_back = place.map_or(self.choices.turns().len(), |place| self.choices.turns_of(place));
        if !is_repeated {
            self.choices.add_turn(Turn { server: self.name_of(place), turn });
        }
        if is_its_own_to_mend && (sent_back as u32) < settings::max_repairs() {
            match place.map(|place| (place, self.choices.request(place))) {
                Some((place, Some(asked))) => return Some(State::Sending(Attempt { place, number: 1, asked })),
                None => return Some(State::Choosing),
                // There is no room for another turn.
                Some((_, None)) => {}
            }
        }
        // A reply of no use is a failure of the server: whichever comes next in the list is asked.
        (!is_unreadable && self.choices.go_on_to_stronger(place)).then_some(State::Choosing)
    }

    fn name_of(&self, place: Option<usize>) -> String {
        place.map_or("", |place| self.choices.name(place)).to_owned()
    }
}
