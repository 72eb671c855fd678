//! What is remembered of a question: its statement, or why it has none. Plain data, written and read by the same library only.

use nl_query_core::error::Error;
use nl_query_core::template::Slot;
use nl_query_engine::ir::Day;
use nl_query_engine::slots::Carriage;
use serde::{Deserialize, Serialize};

/// An answer: SQL, never rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub sql: String,
    pub paraphrase: String,
    /// Probability that the reading is right, 0 to 1.
    pub confidence: f64,
    pub engine: Engine,
    /// The model server that wrote it.
    pub server: Option<String>,
    /// The day it is good for, as year, month and day; none is every day.
    day: Option<(i32, u8, u8)>,
    /// For which other slots it is the answer too.
    carriage: Option<Carriage>,
    /// What [`super::generation::writes`] was before rows were found missing; none where it does not depend on that.
    pub writes: Option<u64>,
}

/// The confidence that is shown for what a model wrote. PostgreSQL has proven it, but nobody has measured how often a model
/// understands a question rightly: as likely as not. `nl_query.min_confidence` is about measured ones and does not apply.
pub const OF_A_MODEL: f64 = 0.5;

/// Who wrote a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Engine {
    Embedded,
    Model,
}

impl Engine {
    /// The name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Embedded => "embedded",
            Engine::Model => "model",
        }
    }
}

impl Statement {
    pub fn new(sql: String, paraphrase: String, confidence: f64, engine: Engine) -> Statement {
        Statement { sql, paraphrase, confidence, engine, server: None, day: None, carriage: None, writes: None }
    }

    /// What a model wrote.
    pub fn of_model(sql: String, server: Option<String>) -> Statement {
        Statement { server, ..Statement::new(sql, String::new(), OF_A_MODEL, Engine::Model) }
    }

    /// Whether it may be acted upon where so much confidence is asked for.
    pub fn is_certain(&self, minimum: f64) -> bool {
        self.engine == Engine::Model || self.confidence >= minimum
    }

    /// The current day was looked at when it was written.
    pub fn only_on(mut self, day: Day) -> Statement {
        self.day = Some((day.year, day.month, day.day));
        self
    }

    /// It serves other slots as well.
    pub fn carrying(mut self, carriage: Option<Carriage>) -> Statement {
        self.carriage = carriage;
        self
    }

    /// It was written because rows were not there.
    pub fn without_rows(mut self, writes: Option<u64>) -> Statement {
        self.writes = writes;
        self
    }

    pub fn carries(&self) -> bool {
        self.carriage.is_some()
    }

    /// Whether it holds today.
    pub fn holds(&self, today: impl FnOnce() -> Day) -> bool {
        self.day.is_none_or(|day| {
            let today = today();
            day == (today.year, today.month, today.day)
        })
    }

    /// The statement for these slots of its template; none where it is not known to answer them.
    pub fn with_slots(&self, slots: &[Slot]) -> Option<Statement> {
        let carriage = self.carriage.as_ref()?;
        let sql = carriage.sql(&self.sql, slots)?;
        let paraphrase = carriage.paraphrase(&self.paraphrase, slots)?;
        Some(Statement { sql, paraphrase, carriage: None, ..self.clone() })
    }
}

/// Why a question was refused, remembered for a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    pub error: Error,
    /// What [`super::generation::writes`] was when the data were looked at; none where they were not.
    pub writes: Option<u64>,
}

impl Refused {
    /// Whether an error is worth remembering: it says something of the question, not of the moment.
    pub fn is_memorable(error: &Error) -> bool {
        match error {
            Error::NothingReadable
            | Error::NothingRecognised { .. }
            | Error::UnknownWords { .. }
            | Error::OutOfScope { .. }
            | Error::NoSuchDay { .. }
            | Error::Declined { .. } => true,
            Error::Neither { model, .. } => Refused::is_memorable(model),
            // Classes of errors in what was asked; not those of a busy, full or ending server.
            Error::NotProven { refusal, .. } => {
                [b"0A", b"22", b"42", b"54"].iter().any(|class| refusal.sqlstate.starts_with(*class))
            }
            _ => false,
        }
    }
}
