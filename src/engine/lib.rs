//! The embedded engine of nl_query: a question and a schema in, ranked SQL candidates out.
//!
//! No PostgreSQL, no network, no thread, no clock: the same question over the same schema, values and day gives the same answer.
//!
//! ```text
//! question::read   text -> tokens, numbers, dates, quoted values
//! link             tokens x schema -> what each word may mean (names, comments, synonyms, enum labels, values)
//! understand       meanings -> ir::Query candidates, scored
//! check            ir::Query -> is it well typed?
//! relevance        question + schema -> which relations matter most, where not all have room
//! joins            ir::Query -> join paths over the foreign-key graph
//! render           ir::Query + joins -> PostgreSQL text, and a paraphrase in words
//! ```
#![forbid(unsafe_code)]

pub mod answer;
pub mod check;
#[cfg(test)]
#[allow(clippy::expect_used)]
mod fixtures;
pub mod ir;
pub mod joins;
pub mod lexicon;
pub mod link;
pub mod parser;
pub mod prepared;
pub mod question;
#[cfg(test)]
mod random;
pub mod relevance;
pub mod render;
pub mod slots;
pub mod understand;
pub mod walk;

pub use answer::{Answer, Candidate, Lookup, NoProbe, Refusal, ValueHit, ValueProbe, WordAccount, answer};
pub use link::elsewhere::Elsewhere;
pub use link::mentioned::{Mentioned, mentioned};
pub use prepared::Prepared;
pub use relevance::relevance;
pub use slots::{Carriage, Carried, carriage};
