//! The trained parser: a small network that writes a query for a question, step by step over a grammar.
//!
//! ```text
//! features   question x schema -> words, items, the relation between every two of them, what may be a value
//! grammar    the steps that a query is written in
//! weights    the file of trained weights
//! net        features x steps so far -> the probability of every next step
//! beam       the likeliest queries
//! ```

pub mod beam;
pub mod features;
pub mod grammar;
pub mod net;
#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
pub mod weights;

pub use beam::{Constraints, Free, Mode, Parsed};
pub use net::{Choice, Network, Step};
