//! From steps to a query, and back.
//!
//! ```text
//! tree         steps <-> what was chosen, by the grammar's names
//! blocks       a block of the tree -> ir::Select: terms, groups, order
//! conditions   conditions of the tree -> ir::Predicate
//! values       a word that was pointed at -> the value it spells for the column at hand
//! said         what the words beside a number say of a comparison with it
//! ways         which of several keys the words mean
//! unbuild      ir::Query -> a tree
//! track        where in the grammar some steps lead
//! typed        which steps can only lead to a query that is refused
//! ```
//!
//! Every block is a scope of its own; the grammar has no second role of a relation.

mod blocks;
mod conditions;
mod said;
#[cfg(test)]
mod tests;
mod track;
mod tree;
mod typed;
mod unbuild;
mod values;
mod ways;

use std::fmt;

pub use typed::{Typed, constraints};

use super::features::Features;
use super::grammar::{Choice, Symbol};
use crate::check;
use crate::ir::{Query, Select, Source};
use crate::prepared::{ColumnId, Prepared};
use crate::question::Question;
use crate::walk;

/// Why steps make no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unbuildable {
    /// They are not the steps of one whole query.
    Steps,
    /// A relation stands where a column must, or the other way round.
    Item,
    /// The word spells no value that the column could have.
    Value,
    /// The query is not well typed.
    Types(String),
}

impl fmt::Display for Unbuildable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unbuildable::Steps => out.write_str("these steps are no query"),
            Unbuildable::Item => out.write_str("a relation and a column were mixed up"),
            Unbuildable::Value => out.write_str("a word is no value of its column"),
            Unbuildable::Types(error) => out.write_str(error),
        }
    }
}

impl std::error::Error for Unbuildable {}

/// A query, and what had to be believed for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub query: Query,
    /// Texts that a column is compared with though no such value of it is known.
    pub unknown_values: Vec<UnknownValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    pub column: ColumnId,
    /// As the user wrote it.
    pub text: String,
}

/// What steps are about.
#[derive(Clone, Copy)]
struct Seen<'a> {
    features: &'a Features,
    question: &'a Question,
    prepared: &'a Prepared,
}

/// The query that the steps write.
pub fn query(
    steps: &[(Symbol, Choice)],
    features: &Features,
    question: &Question,
    prepared: &Prepared,
) -> Result<Query, Unbuildable> {
    built(steps, features, question, prepared).map(|built| built.query)
}

/// The steps that write a query; none for what the grammar cannot say.
pub fn steps(query: &Query, features: &Features, question: &Question, prepared: &Prepared) -> Option<Vec<(Symbol, Choice)>> {
    unbuild::tree(query, Seen { features, question, prepared }).and_then(|tree| tree::write(&tree))
}

/// The query of rows that a relation which it does without has something for as well.
pub fn with_extra(mut select: Select, extra: Source, prepared: &Prepared) -> Select {
    select.also.push(extra);
    select.repeats = ways::must_repeat(&select, prepared);
    select
}

/// The query with all its parts joined as they are named, so that a row is shown and counted as often as it is met.
pub fn repeating(mut query: Query) -> Query {
    repeat(&mut query);
    query
}

fn repeat(query: &mut Query) {
    match query {
        Query::Set { left, right, .. } => {
            repeat(left);
            repeat(right);
        }
        Query::Select(select) => {
            select.repeats = true;
            let conditions = select.filter.iter_mut().chain(&mut select.having);
            conditions.for_each(|condition| walk::subqueries_mut(condition, &mut repeat));
        }
    }
}

/// The same, with what is doubtful about it.
pub fn built(
    steps: &[(Symbol, Choice)],
    features: &Features,
    question: &Question,
    prepared: &Prepared,
) -> Result<Built, Unbuildable> {
    let tree = tree::read(steps)?;
    let mut builder = blocks::Builder::new(Seen { features, question, prepared });
    let query = builder.query(&tree)?;
    check::types(&query, prepared.schema()).map_err(|error| Unbuildable::Types(error.0))?;
    Ok(Built { query, unknown_values: builder.unknown })
}
