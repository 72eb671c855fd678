//! What the catalog query (`sql/catalog.sql`) returns, and how it becomes a [`Schema`].
//!
//! The query speaks OIDs and attribute numbers; the schema model speaks positions. A key whose relation or columns are out of sight
//! is dropped whole: half a key would join wrongly.
//!
//! [`Whole`] is what the query told, of a whole database or of what one role may read; a [`Sight`] says what of it somebody may see,
//! and [`Whole::seen_by`] makes the [`Catalog`] of that. What is out of sight leaves no trace in it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::array_literal::elements;
use crate::schema::{Column, ColumnStats, ForeignKey, Relation, RelationId, RelationKind, Schema, TypeKind};

/// The answer of the catalog query.
#[derive(Debug, Deserialize)]
struct Introspection {
    /// How many relations the query found, those beyond its limit included.
    total: usize,
    relations: Option<Vec<RawRelation>>,
    types: Option<Vec<RawType>>,
    foreign_keys: Option<Vec<RawForeignKey>>,
}

#[derive(Debug, Deserialize)]
struct RawRelation {
    oid: u32,
    namespace: u32,
    schema: String,
    name: String,
    kind: String,
    visible: bool,
    row_security: bool,
    comment: Option<String>,
    rows: f64,
    /// Since statistics were last reset; of the table and of its indexes.
    #[serde(default)]
    scans: u64,
    columns: RawColumns,
    primary_key: Option<Vec<Vec<i16>>>,
    unique_keys: Option<Vec<Vec<i16>>>,
    /// First columns of indexes that find a value.
    leading: Option<Vec<i16>>,
}

/// One array a property, all of the same length.
#[derive(Debug, Deserialize)]
struct RawColumns {
    number: Vec<i16>,
    name: Vec<String>,
    type_name: Vec<String>,
    #[serde(rename = "type")]
    type_oid: Vec<u32>,
    not_null: Vec<bool>,
    comment: Option<Vec<Option<String>>>,
    stats: Option<RawStats>,
}

/// The same for statistics; null where a column has none.
#[derive(Debug, Deserialize)]
struct RawStats {
    n_distinct: Vec<Option<f64>>,
    null_frac: Vec<Option<f64>>,
    /// Array literals.
    common_values: Vec<Option<String>>,
    bounds: Vec<Option<String>>,
}

/// A column's place in [`RawColumns`].
struct RawColumn<'a> {
    of: &'a RawColumns,
    at: usize,
}

#[derive(Debug, Deserialize)]
struct RawType {
    oid: u32,
    kind: TypeKind,
    fractional: bool,
    labels: Option<Vec<String>>,
}

#[derive(Debug, Hash, Deserialize)]
struct RawForeignKey {
    from: u32,
    from_columns: Vec<i16>,
    to: u32,
    to_columns: Vec<i16>,
}

/// Everything that the catalog query told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    pub relations: Vec<Described>,
    foreign_keys: Vec<ForeignKey>,
    /// Relations beyond the query's limit.
    beyond: usize,
}

/// A relation with what decides who sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Described {
    pub relation: Relation,
    /// OID of its schema.
    pub namespace: u32,
    /// Row security is switched on for it.
    pub row_security: bool,
    /// Positions of columns that an index finds by value.
    indexed: Vec<usize>,
    /// Of everything but row estimates and statistics: equal digests mean that nothing which an answer depends on has changed.
    pub digest: u64,
}

/// What somebody may see of a [`Whole`].
pub trait Sight {
    /// None where nothing of the relation may be seen.
    fn of(&mut self, described: &Described) -> Option<Seen>;
}

/// What somebody may see of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The unqualified name finds it.
    pub visible: bool,
    /// For each column whether it may be seen; none is all of them.
    pub columns: Option<Vec<bool>>,
    /// No row security hides some of its rows; else its statistics, which hold values of rows, are not seen either.
    pub all_rows: bool,
}

/// What one role may see, ready for use.
#[derive(Debug, Default, PartialEq)]
pub struct Catalog {
    pub schema: Schema,
    /// Relations that may be seen but lie beyond the limit.
    pub left_out: usize,
    /// Columns that an index finds by value.
    pub indexed: BTreeSet<(RelationId, usize)>,
    /// Relations some of whose rows are hidden by row security: what their data say depends on more than the role.
    pub partly_hidden: BTreeSet<RelationId>,
}

impl Whole {
    /// Reads the catalog query's answer.
    pub fn from_json(text: &str) -> Result<Whole, serde_json::Error> {
        Ok(Introspection::into_whole(serde_json::from_str(text)?))
    }

    /// What `sight` leaves, at most `limit` relations: those that need no schema name first, then by schema and name.
    pub fn seen_by(&self, sight: &mut dyn Sight, limit: usize) -> Catalog {
        let mut seen = self.sighted(sight);
        let left_out = seen.len().saturating_sub(limit);
        seen.truncate(limit);
        self.catalog(&seen, left_out)
    }

    /// The positions of the relations that `sight` leaves, with what may be seen of them, in that order.
    pub fn sighted(&self, sight: &mut dyn Sight) -> Vec<(RelationId, Seen)> {
        let places = self.relations.iter().enumerate();
        let mut seen: Vec<(RelationId, Seen)> =
            places.filter_map(|(place, described)| Some((place, sight.of(described)?))).collect();
        let key = |entry: &(RelationId, Seen)| (!entry.1.visible, entry.0);
        // The query's order is by schema and name within each half.
        if !seen.is_sorted_by_key(key) {
            seen.sort_by_key(key);
        }
        seen
    }

    /// Keys between the relations.
    pub fn foreign_keys(&self) -> &[ForeignKey] {
        &self.foreign_keys
    }

    /// How many relations the query found beyond its limit and told nothing about.
    pub fn beyond(&self) -> usize {
        self.beyond
    }

    /// What may be seen of these relations, in this order; so many others that may be seen are left out.
    pub fn catalog(&self, seen: &[(RelationId, Seen)], left_out: usize) -> Catalog {
        let left_out = self.beyond + left_out;
        let mut ids = vec![None; self.relations.len()];
        let mut moves = Vec::with_capacity(seen.len());
        let mut catalog = Catalog { left_out, ..Catalog::default() };
        for (id, (place, sees)) in seen.iter().enumerate() {
            let described = &self.relations[*place];
            ids[*place] = Some(id);
            let moved = Move::of(sees.columns.as_deref());
            catalog.indexed.extend(described.indexed.iter().filter_map(|column| Some((id, moved.place(*column)?))));
            catalog.schema.relations.push(moved.relation(&described.relation, sees.visible, sees.all_rows));
            if !sees.all_rows {
                catalog.partly_hidden.insert(id);
            }
            moves.push(moved);
        }
        let key = |key: &ForeignKey| {
            let (from, to) = (ids[key.from]?, ids[key.to]?);
            let (from_columns, to_columns) = (moves[from].key(&key.from_columns)?, moves[to].key(&key.to_columns)?);
            Some(ForeignKey { from, from_columns, to, to_columns, declared: key.declared })
        };
        catalog.schema.foreign_keys = self.foreign_keys.iter().filter_map(key).collect();
        catalog
    }
}

impl Catalog {
    /// What `own` holds, and behind it the rest, of which a relation with the name of one in `own` is no longer found by its name
    /// alone. At most `limit` relations.
    pub fn before(mut self, rest: Catalog, limit: usize) -> Catalog {
        let shift = self.schema.relations.len();
        let names: HashSet<String> = self.schema.relations.iter().map(|relation| relation.name.clone()).collect();
        let room = limit.saturating_sub(shift);
        let beyond = rest.schema.relations.len().saturating_sub(room);
        self.left_out += rest.left_out + beyond;
        let relations = rest.schema.relations.into_iter().take(room);
        self.schema.relations.extend(relations.map(|relation| {
            let visible = relation.visible && !names.contains(&relation.name);
            Relation { visible, ..relation }
        }));
        let keys = rest.schema.foreign_keys.into_iter().filter(|key| key.from < room && key.to < room);
        self.schema.foreign_keys.extend(keys.map(|key| ForeignKey { from: key.from + shift, to: key.to + shift, ..key }));
        self.indexed.extend(rest.indexed.into_iter().filter(|(id, _)| *id < room).map(|(id, column)| (id + shift, column)));
        self.partly_hidden.extend(rest.partly_hidden.into_iter().filter(|id| *id < room).map(|id| id + shift));
        self
    }
}

/// Where a relation's columns are once those out of sight are gone.
enum Move {
    Stay,
    To(Vec<Option<usize>>),
}

impl Move {
    fn of(seen: Option<&[bool]>) -> Move {
        let Some(seen) = seen else { return Move::Stay };
        let mut next = 0..;
        Move::To(seen.iter().map(|seen| if *seen { next.next() } else { None }).collect())
    }

    fn place(&self, column: usize) -> Option<usize> {
        match self {
            Move::Stay => Some(column),
            Move::To(places) => places.get(column).copied().flatten(),
        }
    }

    /// All of the key's columns, or none where one is out of sight.
    fn key(&self, columns: &[usize]) -> Option<Vec<usize>> {
        columns.iter().map(|column| self.place(*column)).collect()
    }

    fn relation(&self, whole: &Relation, visible: bool, statistics: bool) -> Relation {
        let column = |(_, column): (usize, &Column)| {
            if statistics { column.clone() } else { Column { stats: None, ..column.clone() } }
        };
        Relation {
            visible,
            columns: whole.columns.iter().enumerate().filter(|(at, _)| self.place(*at).is_some()).map(column).collect(),
            primary_key: self.key(&whole.primary_key).unwrap_or_default(),
            unique_keys: whole.unique_keys.iter().filter_map(|key| self.key(key)).collect(),
            oid: whole.oid,
            schema: whole.schema.clone(),
            name: whole.name.clone(),
            kind: whole.kind,
            comment: whole.comment.clone(),
            rows: whole.rows,
            uses: whole.uses,
        }
    }
}

impl Introspection {
    fn into_whole(self) -> Whole {
        let types: HashMap<u32, RawType> = self.types.unwrap_or_default().into_iter().map(|kind| (kind.oid, kind)).collect();
        let raw = self.relations.unwrap_or_default();
        let keys = self.foreign_keys.unwrap_or_default();
        let beyond = self.total.saturating_sub(raw.len());
        let digests = digests(&raw, &types, &keys);
        let mut places = Places::default();
        let mut relations = Vec::with_capacity(raw.len());
        for (id, (raw, digest)) in raw.into_iter().zip(digests).enumerate() {
            places.add(id, &raw);
            let indexed = raw.leading.iter().flatten().filter_map(|number| places.column(id, *number)).collect();
            let (namespace, row_security) = (raw.namespace, raw.row_security);
            let relation = relation(raw, id, &places, &types);
            relations.push(Described { relation, namespace, row_security, indexed, digest });
        }
        let foreign_keys = keys.iter().filter_map(|key| places.foreign_key(key)).collect();
        Whole { relations, foreign_keys, beyond }
    }
}

/// From OIDs and attribute numbers to positions.
#[derive(Default)]
struct Places {
    relations: HashMap<u32, RelationId>,
    columns: HashMap<(RelationId, i16), usize>,
}

impl Places {
    fn add(&mut self, id: RelationId, raw: &RawRelation) {
        self.relations.insert(raw.oid, id);
        self.columns.extend(raw.columns.number.iter().enumerate().map(|(position, number)| ((id, *number), position)));
    }

    fn column(&self, relation: RelationId, number: i16) -> Option<usize> {
        self.columns.get(&(relation, number)).copied()
    }

    /// All of the key's columns, or none where one is out of sight.
    fn key(&self, relation: RelationId, numbers: &[i16]) -> Option<Vec<usize>> {
        numbers.iter().map(|number| self.column(relation, *number)).collect()
    }

    fn foreign_key(&self, raw: &RawForeignKey) -> Option<ForeignKey> {
        let (from, to) = (*self.relations.get(&raw.from)?, *self.relations.get(&raw.to)?);
        let (from_columns, to_columns) = (self.key(from, &raw.from_columns)?, self.key(to, &raw.to_columns)?);
        Some(ForeignKey { from, from_columns, to, to_columns, declared: true })
    }
}

fn relation(raw: RawRelation, id: RelationId, places: &Places, types: &HashMap<u32, RawType>) -> Relation {
    let primary_key = raw.primary_key.iter().flatten().find_map(|key| places.key(id, key)).unwrap_or_default();
    let unique_keys = raw.unique_keys.iter().flatten().filter_map(|key| places.key(id, key)).collect();
    let kind = match raw.kind.as_str() {
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "p" => RelationKind::PartitionedTable,
        "f" => RelationKind::ForeignTable,
        _ => RelationKind::Table,
    };
    Relation {
        oid: raw.oid,
        schema: raw.schema,
        name: raw.name,
        kind,
        visible: raw.visible,
        comment: raw.comment.filter(|text| !text.trim().is_empty()),
        rows: raw.rows,
        uses: uses(raw.scans),
        columns: (0..raw.columns.number.len()).filter_map(|at| column(&RawColumn { of: &raw.columns, at }, types)).collect(),
        primary_key,
        unique_keys,
    }
}

/// See [`Relation::uses`].
fn uses(scans: u64) -> u8 {
    (scans.saturating_add(1).ilog2() / 2) as u8
}

/// None where the arrays are not of one length, which the query does not do.
fn column(raw: &RawColumn<'_>, types: &HashMap<u32, RawType>) -> Option<Column> {
    let RawColumn { of, at } = raw;
    let known = types.get(of.type_oid.get(*at)?);
    let comment = of.comment.as_ref().and_then(|comments| comments.get(*at)?.clone());
    Some(Column {
        number: *of.number.get(*at)?,
        name: of.name.get(*at)?.clone(),
        type_name: of.type_name.get(*at)?.clone(),
        kind: known.map_or(TypeKind::Other, |kind| kind.kind),
        fractional: known.is_some_and(|kind| kind.fractional),
        enum_labels: known.and_then(|kind| kind.labels.clone()).unwrap_or_default(),
        comment: comment.filter(|text| !text.trim().is_empty()),
        not_null: *of.not_null.get(*at)?,
        stats: of.stats.as_ref().and_then(|raw| stats(raw, *at, known.is_some_and(|kind| kind.kind == TypeKind::Text))),
    })
}

/// Values that are kept of a text column at most, and how long they may be: names and labels, not documents.
const VALUES: usize = 200;
const VALUE_LENGTH: usize = 100;

fn stats(raw: &RawStats, at: usize, is_text: bool) -> Option<ColumnStats> {
    let literal = |of: &[Option<String>]| of.get(at).cloned().flatten();
    let values = |literal: Option<String>| literal.map(|literal| short_values(&literal)).unwrap_or_default();
    let bounds = literal(&raw.bounds);
    let bounds = if is_text { values(bounds) } else { bounds.map(|literal| ends(&literal)).unwrap_or_default() };
    let (n_distinct, null_frac) = ((*raw.n_distinct.get(at)?)?, (*raw.null_frac.get(at)?)?);
    Some(ColumnStats { n_distinct, null_frac, common_values: values(literal(&raw.common_values)), bounds })
}

fn short_values(literal: &str) -> Vec<String> {
    elements(literal).filter(|value| value.chars().nth(VALUE_LENGTH).is_none()).take(VALUES).collect()
}

/// The first and the last value.
fn ends(literal: &str) -> Vec<String> {
    let mut values = elements(literal);
    let first = values.next();
    let last = values.last();
    first.into_iter().chain(last).collect()
}

fn digests(relations: &[RawRelation], types: &HashMap<u32, RawType>, keys: &[RawForeignKey]) -> Vec<u64> {
    let mut keys_of: HashMap<u32, Vec<&RawForeignKey>> = HashMap::new();
    for key in keys {
        keys_of.entry(key.from).or_default().push(key);
    }
    relations.iter().map(|raw| digest(raw, types, keys_of.get(&raw.oid))).collect()
}

fn digest(raw: &RawRelation, types: &HashMap<u32, RawType>, keys: Option<&Vec<&RawForeignKey>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (raw.namespace, &raw.schema, &raw.name, &raw.kind, raw.row_security, &raw.comment).hash(&mut hasher);
    (&raw.primary_key, &raw.unique_keys, &raw.leading, keys).hash(&mut hasher);
    let columns = &raw.columns;
    (&columns.number, &columns.name, &columns.type_name, &columns.type_oid, &columns.not_null).hash(&mut hasher);
    columns.comment.hash(&mut hasher);
    for known in columns.type_oid.iter().filter_map(|oid| types.get(oid)) {
        (known.kind, &known.labels).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
#[path = "introspection_tests.rs"]
mod tests;
