//! Join paths over the foreign-key graph.
//!
//! The intermediate representation has no FROM clause. [`plan`] takes the sources that a [`Select`] uses, connects them by the
//! cheapest tree of foreign keys, hangs the tree on the subject, and says of each source whether its rows are joined or only
//! asked about (`EXISTS`), and whether one row of it can meet several others. It writes no SQL and knows no words: which of two
//! parallel keys a question means is told to it through [`Select::via`].
//!
//! All costs are whole numbers and all ties fall to the lower position, so the same question always gets the same joins.

mod fanout;
mod graph;
mod infer;
mod plan;
mod steiner;
#[cfg(test)]
mod tests;

use std::fmt;

use nl_query_core::schema::{RelationId, Schema};

use crate::ir::{Select, Source};

pub(crate) use fanout::{aggregates_whole, folded_branch, row_key};
pub use graph::Graph;
pub use infer::infer_foreign_keys;
pub(crate) use infer::words;
pub(crate) use plan::plan_related;
pub use plan::{JoinPlan, Link, Node};

/// Chooses the joins of a SELECT.
pub fn plan(select: &Select, schema: &Schema, graph: &Graph) -> Result<JoinPlan, JoinError> {
    plan::plan(select, schema, graph)
}

/// Several keys lead the same way and nothing in the question preferred one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// The source that the chosen key leads to, the referenced one.
    pub source: Source,
    /// Position in [`Graph::keys`].
    pub chosen: usize,
    /// The other keys, in catalog order. A caller that prefers one puts `(key, source)` into [`Select::via`].
    pub others: Vec<usize>,
}

/// Why a SELECT has no joins that answer it rightly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinError {
    /// No column and no relation is named.
    NoSource,
    /// A source, a column or a key is not in the schema.
    Unknown,
    /// No chain of keys connects the two relations.
    Unreachable { from: RelationId, to: RelationId, message: String },
    /// The joins would repeat the rows of `source` before they are aggregated.
    FanOut { source: Source, message: String },
}

impl fmt::Display for JoinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::NoSource => out.write_str("the query names no relation"),
            JoinError::Unknown => out.write_str("the query names something that is not in the schema"),
            JoinError::Unreachable { message, .. } | JoinError::FanOut { message, .. } => out.write_str(message),
        }
    }
}

impl std::error::Error for JoinError {}
