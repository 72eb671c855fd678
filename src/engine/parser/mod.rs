//! The trained parser: a small network that writes a query for a question, step by step over a grammar.
//!
//! ```text
//! features      question x schema -> words, items, the relation between every two of them, what may be a value
//! grammar       the steps that a query is written in
//! constraints   which steps a search may take
//! build         steps -> ir::Query, and back
//! rank          candidates -> the best, and how sure
//! ```

pub mod build;
pub mod constraints;
pub mod features;
pub mod grammar;
pub mod rank;
