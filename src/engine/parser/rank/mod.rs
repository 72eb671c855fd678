//! Ranking: which of the candidates answers the question, and how sure that is.
//!
//! ```text
//! anatomy   what a query consists of, counted
//! uses      what it uses names and values for
//! alignment where in the question those are said
//! listed    names that are listed, and what is shown of them
//! missing   words that nothing here is called
//! owners    whose a shown property is said to be
//! slips     what a careful reader would not write
//! asked     what kind of thing is shown
//! cues      words that ask for an operation
//! standing  a candidate among the others
//! traits    candidate x question -> numbers
//! trees     numbers -> probability, learned on databases that the network had not seen
//! ```

pub mod alignment;
pub mod anatomy;
pub mod asked;
pub mod cues;
pub mod listed;
pub mod missing;
pub mod owners;
pub mod slips;
pub mod standing;
#[cfg(test)]
mod tests;
pub mod traits;
pub mod trees;
pub mod uses;
