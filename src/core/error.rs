//! Errors as values. The extension turns them into an ErrorReport (SQLSTATE, message, DETAIL, HINT) in one place, `src/pg/report.rs`.

use serde::{Deserialize, Serialize};

use crate::complaint::Complaint;
use crate::refusal::Refusal;

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Error {
    /// The library is not in `shared_preload_libraries`.
    NotPreloaded,
    /// The database's encoding is not UTF8.
    Encoding { encoding: String },
    /// No letter and no digit in it.
    EmptyQuestion,
    /// In characters (in bytes where it is longer than any text of `limit` characters).
    QuestionTooLong { length: usize, limit: usize },
    /// An argument that the function does not take.
    Argument { message: String, hint: String },
    /// `nl_query.engine` is `model` and no model server is set up.
    NoModelServer,
    /// The caller may read nothing that a question could be about.
    NothingReadable,
    /// No word of the question names anything in the schema.
    NothingRecognised { known: Known },
    /// Words that the answer needs name nothing in the schema.
    UnknownWords { words: Vec<String>, known: Known },
    /// No SELECT could answer it.
    OutOfScope { what: String },
    /// It names a day that is in no calendar.
    NoSuchDay { day: String },
    /// There is a reading, but it is not certain enough to act on.
    Unsure { reading: Box<Reading>, minimum: f64 },
    /// Every reading was refused by the guard; the best one's refusal.
    NotProven { reading: Box<Reading>, refusal: Box<Refusal> },
    /// The guard's refusal, or the server's error, while an answer ran.
    Failed { refusal: Box<Refusal> },
    /// No reading has the columns of a column definition list; the best one's columns.
    Shape { wanted: String, found: String, sql: String },
    /// The catalog query returned what cannot be read.
    Catalog { message: String },
    /// No model server gave an answer: none may be asked, none could be, or each one failed.
    Model { complaint: Box<Complaint> },
    /// A model was asked and says that there is no answer.
    Declined { complaint: Box<Complaint> },
    /// The embedded engine has no answer, and a model that was asked then has none either.
    Neither { embedded: Box<Error>, model: Box<Error> },
    /// No question with this number was submitted by this role in this database.
    NoSubmission { id: i64 },
    /// The question with this number was cancelled.
    Withdrawn { id: i64 },
}

/// What could be asked about instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Names of a few relations.
    pub names: Vec<String>,
    /// Relations that were not looked at, because a setting bounds how many are.
    pub left_out: usize,
}

/// A way to understand a question, for showing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub sql: String,
    pub paraphrase: String,
    pub confidence: f64,
}

impl From<Complaint> for Error {
    fn from(complaint: Complaint) -> Error {
        Error::Model { complaint: Box::new(complaint) }
    }
}

impl Error {
    /// Whether a model may have an answer where the embedded engine has none: there is no reading, none that is certain enough, or none
    /// that is valid SQL. What was understood and is not allowed stays refused, and no model finds tables that nobody may read.
    pub fn is_for_a_model(&self, least_confidence: f64) -> bool {
        match self {
            Error::NothingRecognised { .. } | Error::UnknownWords { .. } | Error::OutOfScope { .. } | Error::Unsure { .. } => {
                true
            }
            Error::NotProven { reading, refusal } => refusal.reason.is_mistake() || reading.confidence < least_confidence,
            _ => false,
        }
    }

    /// A short name that stays the same between versions, for counting and for programs.
    pub fn class(&self) -> &'static str {
        match self {
            Error::NotPreloaded => "not_preloaded",
            Error::Encoding { .. } => "encoding",
            Error::EmptyQuestion => "empty_question",
            Error::QuestionTooLong { .. } => "question_too_long",
            Error::Argument { .. } => "argument",
            Error::NoModelServer => "no_model_server",
            Error::NothingReadable => "nothing_readable",
            Error::NothingRecognised { .. } => "nothing_recognised",
            Error::UnknownWords { .. } => "unknown_words",
            Error::OutOfScope { .. } => "out_of_scope",
            Error::NoSuchDay { .. } => "no_such_day",
            Error::Unsure { .. } => "unsure",
            Error::NotProven { .. } => "not_proven",
            Error::Failed { .. } => "failed",
            Error::Shape { .. } => "shape",
            Error::Catalog { .. } => "catalog",
            Error::Model { .. } => "model",
            Error::Declined { .. } => "declined",
            Error::Neither { embedded, .. } => embedded.class(),
            Error::NoSubmission { .. } => "no_submission",
            Error::Withdrawn { .. } => "withdrawn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Reason;

    #[test]
    fn a_model_is_for_what_was_not_understood_and_not_for_what_is_not_allowed() {
        let reading = |confidence| Box::new(Reading { sql: String::new(), paraphrase: String::new(), confidence });
        let refused =
            |reason, confidence| Error::NotProven { reading: reading(confidence), refusal: Box::new(Refusal::new(reason, "no")) };
        let known = Known::default();
        for error in [
            Error::NothingRecognised { known: known.clone() },
            Error::UnknownWords { words: Vec::new(), known },
            Error::Unsure { reading: reading(0.2), minimum: 0.5 },
            refused(Reason::UnknownName, 0.9),
            refused(Reason::PlanCost, 0.4),
        ] {
            assert!(error.is_for_a_model(0.5), "{error:?}");
        }
        for error in [Error::EmptyQuestion, Error::NothingReadable, refused(Reason::PlanCost, 0.9), refused(Reason::Private, 0.5)]
        {
            assert!(!error.is_for_a_model(0.5), "{error:?}");
        }
    }
}
