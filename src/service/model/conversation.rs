//! One question on its way to a model and back, a step at a time.
//!
//! A step never waits. What it waits for between two steps is the latch, which workers and leaders of flights set.

mod received;

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::error::Error;
use nl_query_core::gateway::route::Standing;
use nl_query_core::gateway::unsent;
use nl_query_core::provider::request::Request as Asked;
use nl_query_core::queue::{Outcome, Priority};
use nl_query_core::wire::Answer;

use crate::cache::{self, Asking, Reach, Statement};
use crate::catalog::{self, Snapshot};
use crate::guard::{self, Limits};
use crate::pg::{attempt, timeout};
use crate::queue::progress::{Progress, Stage as At};
use crate::queue::{self, Look, Unsent, WaitEvent};
use crate::service::proof::Proof;
use crate::service::{Answered, failed, recall};
use crate::settings;
use crate::stats::{Call, Stage};

use super::choices::Choices;
use super::exchange::{self, Attempt, Exchange};
use super::flight::{Found, Place};

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
    boardings: u32,
    /// The time was over: that is no failure of what others wait for.
    is_late: bool,
    /// What comes of it is remembered for those who ask the same.
    remembers: bool,
    progress: Option<Progress>,
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
        embedded: Option<Error>,
        manner: Manner,
    ) -> Result<Conversation, Error> {
        let snapshot = snapshot(call, &question, &limits)?;
        let choices = Choices::new(snapshot, question.clone());
        // Who did not ask for a model need not hear of servers that are not for them.
        let embedded = match embedded {
            Some(embedded) if choices.are_out_of_reach() => return Err(embedded),
            embedded => embedded.map(Box::new),
        };
        let time = Time::from_now(manner);
        let (place, state) = (Place::Alone, State::Boarding);
        let (boardings, is_late, remembers, progress) = (0, false, true, None);
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
            boardings,
            is_late,
            remembers,
            progress,
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
                Err(error) => return Step::Done(Box::new(Err(self.fail(error)))),
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

    /// Joins those who ask the same, if there are any.
    fn board<P: Proof>(&mut self, call: &mut Call) -> Moved<P> {
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

    fn follow<P: Proof>(&mut self, call: &mut Call) -> Moved<P> {
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

    fn count_coalesced(&self, statement: &Statement) {
        let place = statement.server.as_deref().and_then(|name| self.choices.place_of(name));
        if let Some((server, _)) = place.and_then(|place| self.choices.terms(place)) {
            queue::servers::coalesced(&server);
        }
    }

    /// The answer, if somebody found it meanwhile.
    fn recall<P: Proof>(&mut self, call: &mut Call) -> Result<Option<Move<P>>, Error> {
        let known = recall(call, &self.asking, &self.question, &self.limits)?;
        Ok(known.map(|answered| Move::Found(Box::new(answered))))
    }

    fn choose<P>(&mut self) -> Moved<P> {
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

    fn send<P>(&mut self, attempt: Attempt) -> Moved<P> {
        let place = attempt.place;
        // What it asked for was a bit less than what it gets: those who wait together do not come back together.
        if attempt.number > 1
            && let Standing::Cooling { until } = self.choices.standing(place)
            && until + LEAST_TIME <= self.time.deadline
        {
            return Ok(Move::To(State::Pausing { until, then: Some(attempt) }));
        }
        let (priority, deadline) = (self.priority(), self.time.deadline);
        match Exchange::send(&mut self.choices, attempt, priority, deadline) {
            Ok(exchange) => {
                self.place.set_call(Some(exchange.request.ticket()));
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

    fn pause<P>(&mut self, until: u64, then: Option<Attempt>) -> Moved<P> {
        if queue::now() < until {
            return Ok(Move::Wait(State::Pausing { until, then }, until, WaitEvent::Retry));
        }
        Ok(Move::To(then.map_or(State::Choosing, State::Sending)))
    }

    fn look<P>(&mut self, call: &mut Call, mut exchange: Exchange) -> Moved<P> {
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

    /// The error, told to those who follow, remembered for a moment if it says something of the question, and put behind what the embedded
    /// engine said.
    fn fail(&mut self, error: Error) -> Error {
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
fn snapshot(call: &mut Call, question: &str, limits: &Limits) -> Result<Rc<Snapshot>, Error> {
    let reading = Instant::now();
    let read = attempt::keeping_locks_if(|_| false, || guard::as_answering_role(limits, || catalog::snapshot_for(question)));
    let (snapshot, _) = read.map_err(failed)??;
    call.spent(Stage::Catalog, reading.elapsed());
    if snapshot.prepared.schema().relations.is_empty() {
        return Err(Error::NothingReadable);
    }
    Ok(snapshot)
}
