//! Join paths over the foreign-key graph.
//!
//! The intermediate representation has no FROM clause. [`plan`] takes the sources that a [`Select`] uses, connects them by the
//! cheapest tree of foreign keys, hangs the tree on the subject, and says of each source whether its rows are joined or only
//! asked about (`EXISTS`), and whether an aggregate would count a row more than once. It writes no SQL and knows no words:
//! which of two parallel keys a question means is told to it through [`Select::via`].
//!
//! All costs are whole numbers and all ties fall to the lower position, so the same question always gets the same joins.

use std::fmt;

use nl_query_core::schema::{ForeignKey, RelationId, Schema};

use crate::ir::{Select, Source};

/// Reads the keys that a schema does not declare from names and types. Columns that have a declared key are left alone.
pub fn infer_foreign_keys(schema: &Schema) -> Vec<ForeignKey> {
    let _ = schema;
    Vec::new()
}

/// The foreign-key graph of a schema, built once a schema generation.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    keys: Vec<ForeignKey>,
}

impl Graph {
    /// `inferred` is what [`infer_foreign_keys`] gave (or nothing).
    pub fn new(schema: &Schema, inferred: Vec<ForeignKey>) -> Self {
        Graph { keys: schema.foreign_keys.iter().cloned().chain(inferred).collect() }
    }

    /// The declared keys at their positions in the schema, then the inferred ones.
    pub fn keys(&self) -> &[ForeignKey] {
        &self.keys
    }

    /// Relations on the cheapest path between two relations, the number of joins; none where there is no path.
    pub fn distance(&self, from: RelationId, to: RelationId) -> Option<usize> {
        let _ = (from, to);
        None
    }
}

/// The tree of sources, the subject first, a parent always before its children.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JoinPlan {
    pub nodes: Vec<Node>,
    /// Keys that had an equal rival; a caller lowers its confidence or offers the other reading.
    pub ambiguous: Vec<Ambiguous>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub source: Source,
    /// None for the subject.
    pub link: Option<Link>,
}

/// How a source hangs on its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Position of the parent in [`JoinPlan::nodes`].
    pub parent: usize,
    /// Position in [`Graph::keys`].
    pub key: usize,
    /// True when the parent's row refers to the child's; false when the child's refers to the parent's.
    pub parent_refers: bool,
    /// True when one row of the parent may meet several of the child.
    pub to_many: bool,
    /// LEFT JOIN.
    pub outer: bool,
    /// True when the source serves conditions only and is asked about with EXISTS instead of being joined.
    pub asked: bool,
}

/// Chooses the joins of a SELECT.
pub fn plan(select: &Select, schema: &Schema, graph: &Graph) -> Result<JoinPlan, JoinError> {
    let _ = (select, schema, graph);
    Err(JoinError::NoSource)
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
