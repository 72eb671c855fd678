//! Ranking: which of the candidates answers the question, and how sure that is.
//!
//! ```text
//! anatomy   what a query consists of, counted
//! cues      words that ask for an operation
//! traits    candidate x question -> numbers
//! trees     numbers -> probability, learned on databases that the network had not seen
//! ```

pub mod anatomy;
pub mod cues;
pub mod traits;
pub mod trees;
