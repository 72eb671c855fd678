//! Many questions at once, by one session: each in a conversation of its own, all of them stepped whenever one of them may have moved.
//!
//! No more conversations are open at a time than a batch should take of the queue, so that a batch of any length neither fills the queue
//! nor fails because it is full: the rest waits its turn.

use std::collections::HashMap;

use nl_query_core::error::Error;

use crate::cache::Engine;
use crate::queue::progress::Progress;
use crate::queue::{self, WaitEvent};
use crate::service::proof::Allowed;
use crate::service::{Answered, Begun, begin, ready};
use crate::settings;
use crate::stats::Call;

use super::conversation::stage_of;
use super::{Conversation, Manner, Step};

/// What became of one question.
pub type BatchRow = Result<(String, Engine), Error>;

/// A question under way.
struct Open {
    /// Its place in the batch.
    place: usize,
    key: Vec<u8>,
    call: Call,
    conversation: Box<Conversation>,
}

/// Answers questions, in their order.
pub fn batch(questions: &[&str]) -> Result<Vec<BatchRow>, Error> {
    ready()?;
    let progress = Progress::begin(crate::pg::viewpoint::user());
    let mut batch = Batch { rows: questions.iter().map(|_| None).collect(), open: Vec::new(), twins: HashMap::new() };
    let mut waiting = questions.iter().enumerate();
    // A quarter is kept for sessions that wait for one answer, so several batches share the rest.
    let most = (settings::queue_size() / 4).max(1);
    let mut is_all_begun = false;
    loop {
        while !is_all_begun && batch.open.len() < most {
            match waiting.next() {
                Some((place, question)) => batch.begin(place, question),
                None => is_all_begun = true,
            }
        }
        let (has_moved, until, event) = batch.step();
        if batch.open.is_empty() && is_all_begun {
            return Ok(batch.rows());
        }
        if !has_moved {
            progress.at(stage_of(event), 1);
            queue::wait(until, event);
        }
    }
}

struct Batch {
    rows: Vec<Option<BatchRow>>,
    open: Vec<Open>,
    /// Places of questions that ask the same as an open one, by its key: nobody follows a flight that this session leads.
    twins: HashMap<Vec<u8>, Vec<usize>>,
}

impl Batch {
    fn begin(&mut self, place: usize, question: &str) {
        let mut call = Call::begin();
        match begin::<Allowed>(&mut call, question, Manner::Batch) {
            Ok(Begun::Answered(answered)) => self.rows[place] = Some(Ok(taken(answered, call))),
            Err(error) => self.rows[place] = Some(Err(error)),
            Ok(Begun::Asking(conversation)) => {
                let key = conversation.key();
                if let Some(twins) = self.twins.get_mut(&key) {
                    twins.push(place);
                    call.leave_uncounted();
                    return;
                }
                self.twins.insert(key.clone(), Vec::new());
                self.open.push(Open { place, key, call, conversation });
            }
        }
    }

    /// Steps all; whether one is done, else until when to wait for what.
    fn step(&mut self) -> (bool, u64, WaitEvent) {
        let (mut has_moved, mut until, mut event) = (false, u64::MAX, WaitEvent::Provider);
        let mut still_open = Vec::with_capacity(self.open.len());
        for mut open in std::mem::take(&mut self.open) {
            match open.conversation.step::<Allowed>(&mut open.call) {
                Step::Wait { until: own, event: of_own } => {
                    if own < until {
                        (until, event) = (own, of_own);
                    }
                    still_open.push(open);
                }
                Step::Done(outcome) => {
                    has_moved = true;
                    self.done(open, *outcome);
                }
            }
        }
        self.open = still_open;
        (has_moved, until, event)
    }

    fn done(&mut self, open: Open, outcome: Result<Answered<Allowed>, Error>) {
        let Open { place, key, call, conversation } = open;
        drop(conversation);
        let row = outcome.map(|answered| taken(answered, call));
        for twin in self.twins.remove(&key).unwrap_or_default() {
            self.rows[twin] = Some(row.clone());
        }
        self.rows[place] = Some(row);
    }

    fn rows(self) -> Vec<BatchRow> {
        // Each one was begun, and each one that was begun is done.
        self.rows.into_iter().map(|row| row.unwrap_or(Err(Error::EmptyQuestion))).collect()
    }
}

fn taken(answered: Answered<Allowed>, call: Call) -> (String, Engine) {
    call.answered(answered.statement.engine, 0);
    (answered.statement.sql.clone(), answered.statement.engine)
}
