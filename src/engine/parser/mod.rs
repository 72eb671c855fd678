//! The trained parser: a small network that writes a query for a question, step by step over a grammar.
//!
//! ```text
//! features      question x schema -> words, items, the relation between every two of them, what may be a value
//! grammar       the steps that a query is written in
//! weights       the file of trained weights
//! net           features x steps so far -> the probability of every next step
//! constraints   which steps a search may take
//! beam          the likeliest queries
//! build         steps -> ir::Query, and back
//! relabel       another way to show the rows of a query
//! sense         conditions once, none that exclude each other; no figures of what a group is made by
//! beside        what can only be of something else than what is asked for
//! rank          candidates -> how likely each is right
//! candidates    all of it together, with the readings by rules
//! ```

pub mod beam;
mod beside;
pub mod build;
pub mod candidates;
pub mod constraints;
pub mod features;
pub mod grammar;
pub mod net;
pub mod rank;
mod relabel;
mod sense;

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
pub mod weights;

pub use beam::{Mode, Parsed};
pub use constraints::{Constraints, Free};
pub use grammar::{Choice, Step};
pub use net::{Network, Panel};
