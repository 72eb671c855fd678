//! Questions that are submitted without waiting, and what becomes of them.
//!
//! A submission is a conversation that nobody holds: its request goes on by itself, and whoever looks at it ([`status`], [`fetch`]) takes the
//! next step: finds out what the answer means, sends the next request if one is needed, and leaves it again. It belongs to the role that
//! submitted it, in its database; for everybody else it does not exist.

use std::time::Duration;

use nl_query_core::complaint::Complaint;
use nl_query_core::error::Error;
use nl_query_core::gateway::route::Standing;
use nl_query_core::gateway::unsent;
use nl_query_core::queue::Outcome as Lost;
use nl_query_core::wire::Answer;

use crate::cache::{Asking, Engine};
use crate::guard::RowSink;
use crate::pg::viewpoint;
use crate::queue::progress::{Progress, Stage as At};
use crate::queue::submissions::{self, Owner, State as Stored, Submission};
use crate::queue::{self, WaitEvent};
use crate::service::proof::Allowed;
use crate::service::{Begun, Unanswered, ask, begin, ready, run};
use crate::settings;
use crate::stats::Call;

use super::conversation::{Origin, State};
use super::exchange::{self, Attempt};
use super::outcome::{Note, Outcome};
use super::{Conversation, Manner, Step};

/// Milliseconds after which a fetch looks again although nobody woke it.
const LOOK_AGAIN: u64 = 1_000;

/// A row of `nl_status`.
pub struct Status {
    /// As users see it.
    pub state: &'static str,
    pub answer: Option<(String, Engine)>,
    pub error: Option<Error>,
    /// Milliseconds since it was submitted.
    pub elapsed: u64,
}

/// Where a submission stands once everything was done that could be done now.
enum Stand {
    Waiting { taken: bool },
    Pausing { until: u64 },
    Done(Outcome),
    Cancelled,
}

/// Submits a question; its number.
pub fn submit(text: &str) -> Result<i64, Error> {
    let mut call = Call::begin();
    let begun = begin::<Allowed>(&mut call, text, Manner::Nobody)?;
    let limits = settings::limits();
    let asking = Asking::begin(text, &limits)?;
    let mut note = Note::new(text.to_owned(), asking.view().to_vec(), asking.scope().to_vec());
    let answered = match begun {
        Begun::Answered(answered) => answered,
        Begun::Asking(mut conversation) => {
            note.embedded = conversation.embedded().cloned();
            match conversation.step::<Allowed>(&mut call) {
                Step::Done(outcome) => (*outcome)?,
                Step::Wait { .. } => {
                    // A conversation that nobody holds ends its first step with a request under way, or an error.
                    let State::Waiting(exchange) = leave(&mut note, *conversation) else {
                        return Err(unsent::no_memory().into());
                    };
                    let id = submissions::submit(owner(), &note.bytes(), exchange.request).map_err(exchange::not_sent)?;
                    call.leave_uncounted();
                    return Ok(id);
                }
            }
        }
    };
    let outcome = Outcome::of(Ok(&answered.statement));
    let id = submissions::submit_done(owner(), &note.bytes(), &outcome.bytes()).map_err(exchange::not_sent)?;
    call.answered(answered.statement.engine, 0);
    Ok(id)
}

/// Where a submission stands.
pub fn status(id: i64) -> Result<Status, Error> {
    ready()?;
    let submission = find(id)?;
    let elapsed = submission.elapsed;
    let status = |state| Status { state, answer: None, error: None, elapsed };
    Ok(match go_on(submission)? {
        Stand::Waiting { taken: false } => status("queued"),
        Stand::Waiting { taken: true } => status("running"),
        Stand::Pausing { .. } => status("pausing"),
        Stand::Cancelled => status("canceled"),
        Stand::Done(Outcome::Sql { sql, engine }) => Status { answer: Some((sql, engine)), ..status("done") },
        Stand::Done(Outcome::Failed(error)) => Status { error: Some(*error), ..status("failed") },
    })
}

/// Waits for the answer and runs it.
pub fn fetch(id: i64, sink: &mut dyn RowSink) -> Result<(), Error> {
    ready()?;
    let progress = Progress::begin(viewpoint::user());
    loop {
        // First, so that what happens between the look and the wait wakes us.
        submissions::watch(owner(), id);
        let submission = find(id)?;
        check_view(&submission)?;
        match go_on(submission)? {
            Stand::Waiting { taken } => {
                let (at, event) = if taken { (At::Provider, WaitEvent::Provider) } else { (At::Queued, WaitEvent::Queue) };
                progress.at(at, 1);
                queue::wait(queue::now() + LOOK_AGAIN, event);
            }
            Stand::Pausing { until } => {
                progress.at(At::Pausing, 1);
                queue::wait(until, WaitEvent::Retry);
            }
            Stand::Done(Outcome::Sql { sql, .. }) => {
                progress.at(At::Running, 1);
                return run(&sql, sink);
            }
            Stand::Done(Outcome::Failed(error)) => return Err(*error),
            Stand::Cancelled => return Err(Error::Withdrawn { id }),
        }
    }
}

/// Takes a submission back; false where it is over.
pub fn cancel(id: i64) -> Result<bool, Error> {
    ready()?;
    find(id).map(|_| submissions::cancel(owner(), id))
}

fn owner() -> Owner {
    Owner { role: viewpoint::user(), database: viewpoint::database() }
}

fn find(id: i64) -> Result<Submission, Error> {
    submissions::find(owner(), id).ok_or(Error::NoSubmission { id })
}

/// Does what can be done now.
fn go_on(submission: Submission) -> Result<Stand, Error> {
    let Submission { id, note, state, .. } = submission;
    let received = match state {
        Stored::Waiting { taken } => return Ok(Stand::Waiting { taken }),
        Stored::Cancelled => return Ok(Stand::Cancelled),
        Stored::Done(outcome) => return Ok(Stand::Done(Outcome::read(&outcome, id))),
        Stored::Answered(answer) => Ok(answer),
        Stored::Lost(outcome) => Err(outcome),
    };
    let note = Note::read(&note).ok_or(Error::NoSubmission { id })?;
    match note.pause {
        Some(until) if queue::now() < until => Ok(Stand::Pausing { until }),
        _ => step(id, note, received),
    }
}

/// The next step of a submission whose request is over.
fn step(id: i64, mut note: Note, received: Result<Box<Answer>, Lost>) -> Result<Stand, Error> {
    let mut call = Call::begin();
    let mut conversation = match resume(&mut call, &note, received) {
        Ok(conversation) => conversation,
        Err(error) => {
            call.leave_uncounted();
            return Err(error);
        }
    };
    let outcome = match conversation.step::<Allowed>(&mut call) {
        Step::Wait { .. } => {
            call.leave_uncounted();
            return Ok(match leave(&mut note, conversation) {
                State::Pausing { until, .. } => {
                    submissions::annotate(owner(), id, &note.bytes());
                    Stand::Pausing { until }
                }
                State::Waiting(exchange) => {
                    // If somebody else was faster, theirs goes on and this one is abandoned.
                    submissions::resubmit(owner(), id, &note.bytes(), exchange.request);
                    Stand::Waiting { taken: false }
                }
                _ => Stand::Waiting { taken: false },
            });
        }
        Step::Done(outcome) => *outcome,
    };
    let outcome = match outcome {
        Ok(answered) => {
            call.answered(answered.statement.engine, 0);
            Outcome::of(Ok(&answered.statement))
        }
        Err(error) => Outcome::of(Err(error)),
    };
    submissions::done(owner(), id, &outcome.bytes());
    Ok(Stand::Done(outcome))
}

/// The conversation as it was left.
fn resume(call: &mut Call, note: &Note, received: Result<Box<Answer>, Lost>) -> Result<Conversation, Error> {
    let limits = settings::shared_limits();
    let (asking, question) = ask(call, &note.text, &limits)?;
    same_view(note, &asking)?;
    let is_same_scope = asking.scope() == note.scope;
    let embedded = note.embedded.clone().map(|error| Unanswered { error, drafts: note.drafts.clone() });
    let mut conversation = Conversation::begin(call, asking, question, limits, embedded, Manner::Nobody)?;
    if !is_same_scope {
        conversation.forget_outcome();
    }
    conversation.set_fallback(note.fallback.clone());
    let choices = conversation.choices();
    note.turns.iter().for_each(|turn| choices.add_turn(turn.clone()));
    for (name, failure) in note.failures() {
        if let Some(place) = choices.place_of(name) {
            choices.rule_out(place, Standing::Failed(failure));
        }
    }
    for place in note.doubted.iter().filter_map(|name| choices.place_of(name)).collect::<Vec<_>>() {
        choices.rule_out(place, Standing::Doubted);
    }
    let place = note.server.as_deref().and_then(|name| choices.place_of(name));
    let state = match (note.pause, place) {
        (Some(_), Some(place)) => match choices.request(place) {
            Some(asked) => State::Sending(Attempt { place, number: note.attempt + 1, asked }),
            None => State::Choosing,
        },
        (Some(_), None) => State::Choosing,
        (None, place) => {
            if let Ok(answer) = &received {
                exchange::count(call, answer, Duration::ZERO);
            }
            State::Received(Origin { place, attempt: note.attempt, asked: None }, received)
        }
    };
    conversation.resume(state);
    Ok(conversation)
}

/// Writes down what is needed to go on.
fn leave(note: &mut Note, mut conversation: Conversation) -> State {
    note.fallback = conversation.fallback().cloned();
    let choices = conversation.choices();
    note.drafts = choices.drafts().to_vec();
    note.turns = choices.turns().to_vec();
    note.doubted = choices.doubted().map(str::to_owned).collect();
    note.keep_failures(choices.failures());
    let (server, attempt, pause) = match conversation.state() {
        State::Waiting(exchange) => (exchange.place, exchange.attempt, None),
        State::Pausing { until, then: Some(then) } => (Some(then.place), then.number - 1, Some(*until)),
        State::Pausing { until, then: None } => (None, 1, Some(*until)),
        _ => (None, 1, None),
    };
    note.server = server.map(|place| conversation.choices().name(place).to_owned());
    (note.attempt, note.pause) = (attempt, pause);
    conversation.into_state()
}

fn check_view(submission: &Submission) -> Result<(), Error> {
    let Some(note) = Note::read(&submission.note) else { return Err(Error::NoSubmission { id: submission.id }) };
    same_view(&note, &Asking::begin(&note.text, &settings::limits())?)
}

/// The same names must mean the same tables.
fn same_view(note: &Note, asking: &Asking) -> Result<(), Error> {
    if asking.view() == note.view {
        return Ok(());
    }
    let complaint = Complaint::new("55000", "the question was submitted under another search_path or row_security")
        .with_detail("The names in its answer could mean other tables here.")
        .with_hint("Set search_path and row_security as they were, or submit the question again.");
    Err(complaint.into())
}
