//! Linking: what each word of a question may mean in this schema. Collects evidence, decides nothing.
//!
//! [`names`] finds relations and columns by their names, synonyms and comments, [`values`] finds stored values by statistics and,
//! where those do not tell, by a bounded probe of the data. What comes out is a list of [`Mention`]s that may overlap.

use std::ops::Range;

use nl_query_core::schema::RelationId;

use crate::prepared::ColumnId;

pub mod elsewhere;
pub mod mentioned;
pub mod names;
pub(crate) mod phrases;
pub mod values;

/// A stretch of the question and something in the schema that it may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    pub tokens: Range<usize>,
    pub meaning: Meaning,
    /// 0 to 1: how well the words fit.
    pub strength: f32,
    pub how: How,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    Relation(RelationId),
    Column(ColumnId),
    Value(StoredValue),
}

/// By which evidence a mention was found, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The words are the name.
    Exact,
    /// Some words of the name, among them the last.
    Part,
    Synonym,
    Comment,
    Typo,
}

/// A value of a column, spelled as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredValue {
    pub column: ColumnId,
    pub text: String,
}
