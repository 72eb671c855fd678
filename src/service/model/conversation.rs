//! One question on its way to a model and back, a step at a time.
//!
//! A step never waits. What it waits for between two steps is the latch, which workers and leaders of flights set. Where several answers
//! are asked for at once, one request is looked at after the other while all of them are under way.

mod asking;
mod judged;
mod received;
mod shared;

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::ballot::Ballot;
use nl_query_core::error::Error;
use nl_query_core::gateway::unsent;
use nl_query_core::provider::request::Request as Asked;
use nl_query_core::queue::{Outcome, Priority};
use nl_query_core::wire::Answer;
use serde::{Deserialize, Serialize};

use crate::cache::{self, Asking};
use crate::catalog::{self, Snapshot};
use crate::guard::{self, Limits};
use crate::pg::{attempt, timeout};
use crate::queue::progress::{Progress, Stage as At};
use crate::queue::{self, WaitEvent};
use crate::service::proof::Proof;
use crate::service::{Answered, Unanswered, failed};
use crate::settings;
use crate::stats::{Call, Stage};

use super::choices::Choices;
use super::exchange::{Attempt, Exchange};
use super::flight::Place;
use judged::Trouble;

/// Milliseconds that must be left for another attempt.
const LEAST_TIME: u64 = 200;
/// Milliseconds that a worker has after the deadline to say what happened.
const GRACE: u64 = 250;
/// Milliseconds that `statement_timeout` has to end the statement before we do.
const GRACE_OF_STATEMENT: u64 = 1_000;
/// Milliseconds until a batch looks again whether the queue has room.
const QUEUE_PAUSE: u64 = 100;
/// Attempts of one request at most, also where each one leaves out something that the server does not know.
const MOST_ATTEMPTS: u32 = 12;
/// Times that a conversation boards a flight: those who followed in vain ask alone then.
const BOARDINGS: u32 = 3;

/// Who waits for a conversation, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// A session, for this one.
    Session,
    /// A session, for many: it has patience with a full queue.
    Batch,
    /// Nobody. Asks alone, because whoever follows it would wait for a session that may never come.
    Nobody,
}

/// What a step came to.
pub enum Step<P> {
    /// Nothing more can be done before this process is woken, or that moment.
    Wait {
        until: u64,
        event: WaitEvent,
    },
    Done(Box<Result<Answered<P>, Error>>),
}

/// See the module.
pub struct Conversation {
    place: Place,
    state: State,
    asking: Asking,
    question: String,
    limits: Rc<Limits>,
    choices: Choices,
    /// What the embedded engine said, where it was asked.
    embedded: Option<Box<Error>>,
    manner: Manner,
    time: Time,
    /// Other requests for the same, where several answers are compared.
    samples: Vec<Exchange>,
    has_sampled: bool,
    ballot: Ballot,
    /// Why the first answer that was not proven is none, while several are compared.
    trouble: Option<Trouble>,
    /// What is answered if nothing better comes.
    fallback: Option<Fallback>,
    /// What was wrong with an answer before a better server was asked.
    doubt: Option<Error>,
    boardings: u32,
    /// The time was over: that is no failure of what others wait for.
    is_late: bool,
    /// What comes of it is remembered for those who ask the same.
    remembers: bool,
    progress: Option<Progress>,
}

/// A statement that was proven, and is not what one would wish for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fallback {
    pub sql: String,
    pub server: String,
}

/// Moments of the queue's clock.
struct Time {
    /// When nobody waits for a request any more.
    deadline: u64,
    /// When the conversation ends itself.
    end: u64,
    /// `nl_query.model_timeout`.
    limit: u64,
}

/// Where the conversation is.
pub enum State {
    Boarding,
    Following,
    Choosing,
    Sending(Attempt),
    /// What comes then: the same again, or a choice.
    Pausing {
        until: u64,
        then: Option<Attempt>,
    },
    Waiting(Exchange),
    Received(Origin, Result<Box<Answer>, Outcome>),
    Over,
}

/// Where an answer comes from.
pub struct Origin {
    pub place: Option<usize>,
    pub attempt: u32,
    pub asked: Option<Asked>,
}

enum Move<P> {
    To(State),
    Wait(State, u64, WaitEvent),
    Found(Box<Answered<P>>),
}

type Moved<P> = Result<Move<P>, Error>;

impl Conversation {
    /// Begins one. `embedded` is why the embedded engine has no answer, where it was asked.
    pub fn begin(
        call: &mut Call,
        asking: Asking,
        question: String,
        limits: Rc<Limits>,
        embedded: Option<Unanswered>,
        manner: Manner,
    ) -> Result<Conversation, Error> {
        let snapshot = snapshot(call, &question, &limits)?;
        let (embedded, drafts) = embedded.map_or((None, Vec::new()), |unanswered| (Some(unanswered.error), unanswered.drafts));
        let choices = Choices::new(snapshot, question.clone(), drafts);
        // Who did not ask for a model need not hear of servers that are not for them.
        let embedded = match embedded {
            Some(embedded) if choices.are_out_of_reach() => return Err(embedded),
            embedded => embedded.map(Box::new),
        };
        let time = Time::from_now(manner);
        let (place, state) = (Place::Alone, State::Boarding);
        Ok(Conversation {
            place,
            state,
            asking,
            question,
            limits,
            choices,
            embedded,
            manner,
            time,
            samples: Vec::new(),
            has_sampled: false,
            ballot: Ballot::default(),
            trouble: None,
            fallback: None,
            doubt: None,
            boardings: 0,
            is_late: false,
            remembers: true,
            progress: None,
        })
    }

    /// Shows it in `pg_stat_progress_nl_query`.
    pub fn shown_by(mut self, progress: Progress) -> Conversation {
        self.progress = Some(progress);
        self
    }

    /// What identifies what is asked.
    pub fn key(&self) -> Vec<u8> {
        self.asking.flight_key(&self.limits)
    }

    /// Does what can be done now. Not to be called again once it is done.
    pub fn step<P: Proof>(&mut self, call: &mut Call) -> Step<P> {
        loop {
            let state = std::mem::replace(&mut self.state, State::Over);
            match self.go_on(call, state) {
                Ok(Move::To(state)) => self.state = state,
                Ok(Move::Wait(state, until, event)) => {
                    self.show(event, &state);
                    self.state = state;
                    return Step::Wait { until, event };
                }
                Ok(Move::Found(answered)) => {
                    self.place.land(None);
                    return Step::Done(Box::new(Ok(*answered)));
                }
                Err(error) => {
                    return Step::Done(Box::new(match self.best_so_far(call) {
                        Some(answered) => {
                            self.place.land(None);
                            Ok(answered)
                        }
                        None => Err(self.fail(error)),
                    }));
                }
            }
        }
    }

    fn go_on<P: Proof>(&mut self, call: &mut Call, state: State) -> Moved<P> {
        match state {
            State::Boarding => self.board(call),
            State::Following => self.follow(call),
            State::Choosing => self.choose(),
            State::Sending(attempt) => self.send(attempt),
            State::Pausing { until, then } => self.pause(until, then),
            State::Waiting(exchange) => self.look(call, exchange),
            State::Received(origin, received) => self.receive(call, origin, received),
            // Nobody steps what is done.
            State::Over => Err(unsent::no_memory().into()),
        }
    }

    /// The error, told to those who follow, remembered for a moment if it says something of the question, and put behind what the embedded
    /// engine said.
    fn fail(&mut self, error: Error) -> Error {
        // That a better server failed as well says less of the question than what was wrong with the answer there is.
        let error = match self.doubt.take() {
            Some(doubt) if matches!(error, Error::Model { .. }) && !self.is_late => doubt,
            _ => error,
        };
        if self.is_late {
            self.place.leave();
        } else {
            self.place.land(Some(&error));
        }
        let error = match self.embedded.take() {
            Some(embedded) => Error::Neither { embedded, model: Box::new(error) },
            None => error,
        };
        if self.remembers {
            cache::remember_refusal(&self.asking, &self.limits, &error, None);
        }
        error
    }

    fn is_over(&self) -> bool {
        queue::now() >= self.time.end
    }

    fn late<P>(&mut self, place: Option<usize>) -> Moved<P> {
        self.is_late = true;
        let name = place.or_else(|| self.choices.first_usable()).map_or("", |place| self.choices.name(place));
        Err(unsent::late(name, self.time.limit).into())
    }

    fn priority(&self) -> Priority {
        if self.manner == Manner::Session { Priority::Interactive } else { Priority::Batch }
    }

    fn show(&self, event: WaitEvent, state: &State) {
        let attempt = match state {
            State::Waiting(exchange) => exchange.attempt,
            State::Pausing { then: Some(attempt), .. } => attempt.number,
            _ => 1,
        };
        if let Some(progress) = &self.progress {
            progress.at(stage_of(event), attempt);
        }
    }

    fn at(&self, stage: At) {
        if let Some(progress) = &self.progress {
            progress.at(stage, 1);
        }
    }
}

/// For conversations that are left and taken up again.
impl Conversation {
    pub fn choices(&mut self) -> &mut Choices {
        &mut self.choices
    }

    pub fn embedded(&self) -> Option<&Error> {
        self.embedded.as_deref()
    }

    pub fn fallback(&self) -> Option<&Fallback> {
        self.fallback.as_ref()
    }

    pub fn set_fallback(&mut self, fallback: Option<Fallback>) {
        self.fallback = fallback;
    }

    /// It was asked under other settings: what comes of it is nothing to remember under these.
    pub fn forget_outcome(&mut self) {
        self.remembers = false;
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes it up where it was left.
    pub fn resume(&mut self, state: State) {
        self.state = state;
    }

    /// Where it is, to leave it there.
    pub fn into_state(self) -> State {
        self.state
    }
}

impl Time {
    fn from_now(manner: Manner) -> Time {
        let (now, limit) = (queue::now(), settings::model_timeout());
        let of_statement = timeout::statement_time_left().filter(|left| *left < limit && manner != Manner::Nobody);
        match of_statement {
            // The statement's own error comes first.
            Some(left) => Time { deadline: now + left, end: now + left + GRACE_OF_STATEMENT, limit },
            None => Time { deadline: now + limit, end: now + limit + GRACE, limit },
        }
    }
}

/// How a wait is shown.
pub fn stage_of(event: WaitEvent) -> At {
    match event {
        WaitEvent::Queue => At::Queued,
        // What workers wait for is nothing that a session waits for.
        WaitEvent::Provider | WaitEvent::Worker => At::Provider,
        WaitEvent::Flight => At::Following,
        WaitEvent::Retry => At::Pausing,
    }
}

/// What the caller may read. Reading the catalog leaves no lock.
pub fn snapshot(call: &mut Call, question: &str, limits: &Limits) -> Result<Rc<Snapshot>, Error> {
    let reading = Instant::now();
    let read = attempt::keeping_locks_if(|_| false, || guard::as_answering_role(limits, || catalog::snapshot_for(question)));
    let (snapshot, _) = read.map_err(failed)??;
    call.spent(Stage::Catalog, reading.elapsed());
    if snapshot.schema().relations.is_empty() {
        return Err(Error::NothingReadable);
    }
    Ok(snapshot)
}
