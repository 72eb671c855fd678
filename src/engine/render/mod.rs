//! From the intermediate representation to PostgreSQL text and to words.

use std::fmt;

use nl_query_core::schema::{RelationId, Schema};

use crate::{
    ir::Query,
    joins::{Graph, JoinError},
};

/// Why a query has no SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    Join(JoinError),
    /// The query says something that SQL cannot (an aggregate in a condition on rows, a list without columns).
    Invalid(String),
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
    let _ = (query, schema, graph);
    Err(RenderError::Join(JoinError::NoSource))
}

/// One plain English sentence that says what the SQL returns.
pub fn paraphrase(query: &Query, schema: &Schema) -> String {
    let _ = (query, schema);
    String::new()
}

/// `table customers`, `view open orders`.
pub fn describe_relation(schema: &Schema, relation: RelationId) -> String {
    let _ = (schema, relation);
    String::new()
}

/// `column orders.total`, names as in the catalog.
pub fn describe_column(schema: &Schema, relation: RelationId, column: usize) -> String {
    let _ = (schema, relation, column);
    String::new()
}
