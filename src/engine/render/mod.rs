//! From the intermediate representation to PostgreSQL text and to words.
//!
//! [`sql`] writes one SELECT the way a careful person would: one clause a line, short aliases, no needless quotes. It decides
//! nothing about meaning; the joins come from [`crate::joins`]. [`paraphrase`] says in English what the statement returns.

pub(crate) mod describe;
mod expr;
mod fold;
mod from;
pub(crate) mod moment;
mod output;
mod paraphrase;
mod phrases;
mod predicate;
pub(crate) mod quote;
mod ranked;
mod scope;
mod select;
#[cfg(test)]
mod tests;
pub(crate) mod types;

use std::fmt;

use nl_query_core::schema::Schema;

use crate::{
    ir::Query,
    joins::{Graph, JoinError},
};

pub use describe::{describe_column, describe_expr, describe_relation, humanise};
pub use paraphrase::paraphrase;

/// Why a query has no SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    Join(JoinError),
    /// The query says something that SQL cannot (an aggregate in a condition on rows, a list without columns).
    Invalid(String),
}

impl RenderError {
    fn unknown() -> Self {
        RenderError::Join(JoinError::Unknown)
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderError::Join(error) => error.fmt(out),
            RenderError::Invalid(message) => out.write_str(message),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<JoinError> for RenderError {
    fn from(error: JoinError) -> Self {
        RenderError::Join(error)
    }
}

/// Writes PostgreSQL: one SELECT over several lines, no semicolon.
pub fn sql(query: &Query, schema: &Schema, graph: &Graph) -> Result<String, RenderError> {
    Ok(select::query(query, &scope::Scope::new(schema, graph))?.replace(quote::LINE_BREAK, "\n"))
}
