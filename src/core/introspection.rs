//! What the catalog query (`sql/catalog.sql`) returns, and how it becomes a [`Schema`].
//!
//! The query speaks OIDs and attribute numbers; the schema model speaks positions. A key whose relation or columns are not among
//! what the query returned (because the caller may not read them) is dropped whole: half a key would join wrongly.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use serde::Deserialize;

use crate::array_literal::elements;
use crate::schema::{Column, ColumnStats, ForeignKey, Relation, RelationId, RelationKind, Schema, TypeKind};

/// The answer of the catalog query.
#[derive(Debug, Deserialize)]
pub struct Introspection {
    /// How many relations the caller may read, those beyond the limit included.
    pub total: usize,
    search_path: Vec<String>,
    relations: Option<Vec<RawRelation>>,
    types: Option<Vec<RawType>>,
    foreign_keys: Option<Vec<RawForeignKey>>,
}

#[derive(Debug, Deserialize)]
struct RawRelation {
    oid: u32,
    schema: String,
    name: String,
    kind: String,
    visible: bool,
    comment: Option<String>,
    rows: f64,
    columns: Vec<RawColumn>,
    primary_key: Option<Vec<Vec<i16>>>,
    unique_keys: Option<Vec<Vec<i16>>>,
    /// First columns of indexes that find a value.
    leading: Option<Vec<i16>>,
}

#[derive(Debug, Deserialize)]
struct RawColumn {
    number: i16,
    name: String,
    type_name: String,
    #[serde(rename = "type")]
    type_oid: u32,
    not_null: bool,
    comment: Option<String>,
    stats: Option<RawStats>,
}

#[derive(Debug, Deserialize)]
struct RawStats {
    n_distinct: f64,
    null_frac: f64,
    /// Array literals.
    common_values: Option<String>,
    bounds: Option<String>,
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

/// What the catalog query told, ready for use.
#[derive(Debug, Default)]
pub struct Catalog {
    pub schema: Schema,
    /// Readable relations beyond the limit.
    pub left_out: usize,
    /// Columns that an index finds by value.
    pub indexed: BTreeSet<(RelationId, usize)>,
    /// For each relation, by OID, a digest of everything but row estimates and statistics: equal digests mean that nothing
    /// which an answer depends on has changed.
    pub digests: BTreeMap<u32, u64>,
}

impl Catalog {
    /// Reads the catalog query's answer.
    pub fn from_json(text: &str) -> Result<Catalog, serde_json::Error> {
        Ok(Introspection::into_catalog(serde_json::from_str(text)?))
    }
}

impl Introspection {
    fn into_catalog(self) -> Catalog {
        let types: HashMap<u32, RawType> = self.types.unwrap_or_default().into_iter().map(|kind| (kind.oid, kind)).collect();
        let relations = self.relations.unwrap_or_default();
        let keys = self.foreign_keys.unwrap_or_default();
        let left_out = self.total.saturating_sub(relations.len());
        let digests = digests(&relations, &types, &keys);
        let mut indexed = BTreeSet::new();
        let mut places = Places::default();
        let mut built = Vec::with_capacity(relations.len());
        for raw in relations {
            let id = built.len();
            places.add(id, &raw);
            let position = |number: &i16| places.column(id, *number);
            indexed.extend(raw.leading.iter().flatten().filter_map(position).map(|column| (id, column)));
            built.push(relation(raw, id, &places, &types));
        }
        let foreign_keys = keys.iter().filter_map(|key| places.foreign_key(key)).collect();
        let schema = Schema { search_path: self.search_path, relations: built, foreign_keys };
        Catalog { schema, left_out, indexed, digests }
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
        self.columns.extend(raw.columns.iter().enumerate().map(|(position, column)| ((id, column.number), position)));
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
        columns: raw.columns.into_iter().map(|raw| column(raw, types)).collect(),
        primary_key,
        unique_keys,
    }
}

fn column(raw: RawColumn, types: &HashMap<u32, RawType>) -> Column {
    let known = types.get(&raw.type_oid);
    Column {
        number: raw.number,
        name: raw.name,
        type_name: raw.type_name,
        kind: known.map_or(TypeKind::Other, |kind| kind.kind),
        fractional: known.is_some_and(|kind| kind.fractional),
        enum_labels: known.and_then(|kind| kind.labels.clone()).unwrap_or_default(),
        comment: raw.comment.filter(|text| !text.trim().is_empty()),
        not_null: raw.not_null,
        stats: raw.stats.map(|raw| stats(raw, known.is_some_and(|kind| kind.kind == TypeKind::Text))),
    }
}

/// Values that are kept of a text column at most, and how long they may be: names and labels, not documents.
const VALUES: usize = 200;
const VALUE_LENGTH: usize = 100;

fn stats(raw: RawStats, is_text: bool) -> ColumnStats {
    let values = |literal: Option<String>| literal.map(|literal| short_values(&literal)).unwrap_or_default();
    let bounds = if is_text { values(raw.bounds) } else { raw.bounds.map(|literal| ends(&literal)).unwrap_or_default() };
    ColumnStats { n_distinct: raw.n_distinct, null_frac: raw.null_frac, common_values: values(raw.common_values), bounds }
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

fn digests(relations: &[RawRelation], types: &HashMap<u32, RawType>, keys: &[RawForeignKey]) -> BTreeMap<u32, u64> {
    let mut keys_of: HashMap<u32, Vec<&RawForeignKey>> = HashMap::new();
    for key in keys {
        keys_of.entry(key.from).or_default().push(key);
    }
    relations.iter().map(|raw| (raw.oid, digest(raw, types, keys_of.get(&raw.oid)))).collect()
}

fn digest(raw: &RawRelation, types: &HashMap<u32, RawType>, keys: Option<&Vec<&RawForeignKey>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&raw.schema, &raw.name, &raw.kind, raw.visible, &raw.comment).hash(&mut hasher);
    (&raw.primary_key, &raw.unique_keys, &raw.leading, keys).hash(&mut hasher);
    for column in &raw.columns {
        (column.number, &column.name, &column.type_name, column.type_oid, column.not_null, &column.comment).hash(&mut hasher);
        if let Some(known) = types.get(&column.type_oid) {
            (known.kind, &known.labels).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{"total": 5, "search_path": ["public"], "relations": [
        {"oid": 100, "schema": "public", "name": "customers", "kind": "r", "visible": true, "comment": " ", "rows": 10,
         "columns": [{"number": 1, "name": "id", "type_name": "integer", "type": 23, "not_null": true, "comment": null, "stats": null},
                     {"number": 3, "name": "state", "type_name": "mood", "type": 900, "not_null": false, "comment": "how they feel",
                      "stats": {"n_distinct": 2, "null_frac": 0.5, "common_values": "{ok}", "bounds": null}}],
         "primary_key": [[1]], "unique_keys": [[1, 2], [3]], "leading": [1, 2]},
        {"oid": 200, "schema": "public", "name": "orders", "kind": "p", "visible": true, "comment": null, "rows": -1,
         "columns": [{"number": 2, "name": "customer", "type_name": "integer", "type": 23, "not_null": true, "comment": null, "stats": null}],
         "primary_key": null, "unique_keys": null, "leading": null}],
        "types": [{"oid": 23, "kind": "number", "fractional": false, "labels": null},
                  {"oid": 900, "kind": "enum", "fractional": false, "labels": ["ok", "bad"]}],
        "foreign_keys": [{"from": 200, "from_columns": [2], "to": 100, "to_columns": [1]},
                         {"from": 200, "from_columns": [7], "to": 100, "to_columns": [1]},
                         {"from": 200, "from_columns": [2], "to": 999, "to_columns": [1]}]}"#;

    #[test]
    fn positions_replace_numbers_and_what_is_out_of_sight_is_dropped() {
        let catalog = Catalog::from_json(SAMPLE).expect("sample parses");
        let customers = &catalog.schema.relations[0];
        assert_eq!(customers.primary_key, [0]);
        assert_eq!(customers.unique_keys, [vec![1]]);
        assert_eq!(customers.comment, None);
        assert_eq!(customers.columns[1].enum_labels, ["ok", "bad"]);
        assert_eq!(catalog.schema.relations[1].kind, RelationKind::PartitionedTable);
        assert_eq!(catalog.schema.foreign_keys.len(), 1);
        assert_eq!(catalog.schema.foreign_keys[0].to_columns, [0]);
        assert_eq!(catalog.indexed.iter().copied().collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(catalog.left_out, 3);
    }

    #[test]
    fn digests_see_structure_and_comments_but_no_statistics() {
        let before = Catalog::from_json(SAMPLE).expect("sample parses").digests;
        let analysed = SAMPLE.replace("\"rows\": 10", "\"rows\": 99").replace("\"n_distinct\": 2", "\"n_distinct\": 7");
        assert_eq!(Catalog::from_json(&analysed).expect("parses").digests, before);
        for (from, to) in [("how they feel", "mood"), ("\"bad\"", "\"sad\""), ("\"name\": \"state\"", "\"name\": \"status\"")] {
            let changed = Catalog::from_json(&SAMPLE.replace(from, to)).expect("parses").digests;
            assert_ne!(changed[&100], before[&100], "{from}");
            assert_eq!(changed[&200], before[&200]);
        }
        let key = SAMPLE
            .replace("{\"from\": 200, \"from_columns\": [2], \"to\": 100", "{\"from\": 200, \"from_columns\": [2], \"to\": 200");
        assert_ne!(Catalog::from_json(&key).expect("parses").digests[&200], before[&200]);
    }

    #[test]
    fn statistics_keep_short_texts_and_the_ends_of_numbers() {
        let long = "x".repeat(101);
        let raw = || RawStats {
            n_distinct: 3.0,
            null_frac: 0.0,
            common_values: Some(format!("{{a,{long},\"b c\"}}")),
            bounds: Some("{1,2,3}".to_owned()),
        };
        assert_eq!(stats(raw(), true).common_values, ["a", "b c"]);
        assert_eq!(stats(raw(), true).bounds, ["1", "2", "3"]);
        assert_eq!(stats(raw(), false).bounds, ["1", "3"]);
    }

    #[test]
    fn nothing_readable_is_an_empty_schema() {
        let empty = r#"{"total": 0, "search_path": [], "relations": null, "types": null, "foreign_keys": null}"#;
        assert!(Catalog::from_json(empty).expect("parses").schema.relations.is_empty());
    }
}
