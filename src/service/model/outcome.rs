//! What became of a submitted question, as it is kept: SQL or an error, and what is needed to go on while there is neither.
//!
//! Plain data, written and read by the same library only.

use nl_query_core::error::Error;
use nl_query_core::provider::failure::Failure;
use nl_query_core::wire::Answer;
use serde::{Deserialize, Serialize};

use crate::cache::{Engine, Statement};

use super::choices::Turn;
use super::conversation::Fallback;

/// The end of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    Sql { sql: String, engine: Engine },
    Failed(Box<Error>),
}

impl Outcome {
    pub fn of(result: Result<&Statement, Error>) -> Outcome {
        match result {
            Ok(statement) => Outcome::Sql { sql: statement.sql.clone(), engine: statement.engine },
            Err(error) => Outcome::Failed(Box::new(error)),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// What the submission with this number came to.
    pub fn read(bytes: &[u8], id: i64) -> Outcome {
        postcard::from_bytes(bytes).unwrap_or_else(|_| Outcome::Failed(Box::new(Error::NoSubmission { id })))
    }
}

/// What a submission needs to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// As it was typed.
    pub text: String,
    /// Who asked, with which search_path: SQL means something else under another one.
    pub view: Vec<u8>,
    /// Under which settings: an answer is remembered for those.
    pub scope: Vec<u8>,
    /// What the embedded engine said, where it was asked.
    pub embedded: Option<Error>,
    /// What it would have written.
    pub drafts: Vec<String>,
    /// What the models were told of their answers.
    pub turns: Vec<Turn>,
    /// Servers that are not asked again, because a better one is.
    pub doubted: Vec<String>,
    /// What is answered if nothing better comes.
    pub fallback: Option<Fallback>,
    /// Servers that failed, and how.
    failures: Vec<(String, Vec<u8>)>,
    /// Who was asked last, and the how-manieth time.
    pub server: Option<String>,
    pub attempt: u32,
    /// Until when it is left alone, on the queue's clock, before it is asked again.
    pub pause: Option<u64>,
}

impl Note {
    pub fn new(text: String, view: Vec<u8>, scope: Vec<u8>) -> Note {
        Note {
            text,
            view,
            scope,
            embedded: None,
            drafts: Vec::new(),
            turns: Vec::new(),
            doubted: Vec::new(),
            fallback: None,
            failures: Vec::new(),
            server: None,
            attempt: 1,
            pause: None,
        }
    }

    pub fn keep_failures<'a>(&mut self, failures: impl Iterator<Item = (&'a str, &'a Failure)>) {
        self.failures = failures.map(|(name, failure)| (name.to_owned(), written(failure))).collect();
    }

    pub fn failures(&self) -> impl Iterator<Item = (&str, Box<Failure>)> {
        self.failures.iter().filter_map(|(name, bytes)| Some((name.as_str(), read(bytes)?)))
    }

    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    pub fn read(bytes: &[u8]) -> Option<Note> {
        postcard::from_bytes(bytes).ok()
    }
}

/// Failures have a form for the queue already.
fn written(failure: &Failure) -> Vec<u8> {
    Answer { result: Err(Box::new(failure.clone())), attempts: 1, first_byte_us: 0, total_us: 0 }.encode()
}

fn read(bytes: &[u8]) -> Option<Box<Failure>> {
    Answer::decode(bytes).ok()?.result.err()
}
