//! What of a catalog somebody is shown, and what a digest sees.

use super::*;

const SAMPLE: &str = r#"{"total": 5, "relations": [
    {"oid": 100, "namespace": 7, "schema": "public", "name": "customers", "kind": "r", "visible": false, "row_security": true, "comment": " ", "rows": 10,
     "columns": {"number": [1, 3], "name": ["id", "state"], "type_name": ["integer", "mood"], "type": [23, 900], "not_null": [true, false],
                 "comment": [null, "how they feel"],
                 "stats": {"n_distinct": [null, 2], "null_frac": [null, 0.5], "common_values": [null, "{ok}"], "bounds": [null, null]}},
     "primary_key": [[1]], "unique_keys": [[1, 2], [3]], "leading": [1, 2]},
    {"oid": 200, "namespace": 7, "schema": "public", "name": "orders", "kind": "p", "visible": true, "row_security": false, "comment": null, "rows": -1,
     "columns": {"number": [2], "name": ["customer"], "type_name": ["integer"], "type": [23], "not_null": [true], "comment": null, "stats": null},
     "primary_key": null, "unique_keys": null, "leading": null}],
    "types": [{"oid": 23, "kind": "number", "fractional": false, "labels": null},
              {"oid": 900, "kind": "enum", "fractional": false, "labels": ["ok", "bad"]}],
    "foreign_keys": [{"from": 200, "from_columns": [2], "to": 100, "to_columns": [1]},
                     {"from": 200, "from_columns": [7], "to": 100, "to_columns": [1]},
                     {"from": 200, "from_columns": [2], "to": 999, "to_columns": [1]}]}"#;

/// Sees everything that is there.
struct Everything;

impl Sight for Everything {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        Some(Seen { visible: described.relation.visible, columns: None, all_rows: true })
    }
}

fn sample() -> Whole {
    Whole::from_json(SAMPLE).expect("sample parses")
}

#[test]
fn positions_replace_numbers_and_what_is_out_of_sight_is_dropped() {
    let catalog = sample().seen_by(&mut Everything, 10);
    let [orders, customers] = catalog.schema.relations.as_slice() else { panic!("two relations") };
    assert_eq!((orders.name.as_str(), orders.kind), ("orders", RelationKind::PartitionedTable), "visible ones come first");
    assert_eq!(customers.primary_key, [0]);
    assert_eq!(customers.unique_keys, [vec![1]]);
    assert_eq!(customers.comment, None);
    assert_eq!(customers.columns[1].enum_labels, ["ok", "bad"]);
    assert_eq!(catalog.schema.foreign_keys.len(), 1);
    assert_eq!((catalog.schema.foreign_keys[0].from, catalog.schema.foreign_keys[0].to), (0, 1));
    assert_eq!(catalog.indexed.iter().copied().collect::<Vec<_>>(), [(1, 0)]);
    assert_eq!(catalog.left_out, 3);
}

/// Sees the customers' second column only, unqualified.
struct Blinkered;

impl Sight for Blinkered {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        let customers = described.relation.name == "customers";
        customers.then(|| Seen { visible: true, columns: Some(vec![false, true]), all_rows: false })
    }
}

#[test]
fn what_may_not_be_seen_leaves_no_trace() {
    let catalog = sample().seen_by(&mut Blinkered, 10);
    let [customers] = catalog.schema.relations.as_slice() else { panic!("one relation") };
    assert!(customers.visible);
    assert_eq!(customers.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["state"]);
    assert_eq!(customers.columns[0].stats, None);
    assert_eq!(catalog.partly_hidden.into_iter().collect::<Vec<_>>(), [0]);
    assert!(customers.primary_key.is_empty());
    assert_eq!(customers.unique_keys, [vec![0]]);
    assert!(catalog.schema.foreign_keys.is_empty() && catalog.indexed.is_empty());
}

#[test]
fn the_limit_keeps_what_needs_no_schema_name() {
    let catalog = sample().seen_by(&mut Everything, 1);
    assert_eq!(catalog.schema.relations.len(), 1);
    assert_eq!(catalog.schema.relations[0].name, "orders");
    assert!(catalog.schema.foreign_keys.is_empty());
    assert_eq!(catalog.left_out, 4);
}

#[test]
fn a_sessions_own_relations_come_first_and_hide_their_namesakes() {
    let whole = sample();
    let own = Whole { relations: vec![whole.relations[1].clone()], ..Whole::default() }.seen_by(&mut Everything, 10);
    let merged = own.before(whole.seen_by(&mut Everything, 10), 10);
    let seen: Vec<_> = merged.schema.relations.iter().map(|relation| (relation.name.as_str(), relation.visible)).collect();
    assert_eq!(seen, [("orders", true), ("orders", false), ("customers", false)]);
    assert_eq!((merged.schema.foreign_keys[0].from, merged.schema.foreign_keys[0].to), (1, 2));
    assert_eq!(merged.indexed.into_iter().collect::<Vec<_>>(), [(2, 0)]);
    let own = Whole { relations: vec![whole.relations[1].clone()], ..Whole::default() }.seen_by(&mut Everything, 10);
    let cut = own.before(whole.seen_by(&mut Everything, 10), 2);
    assert_eq!((cut.schema.relations.len(), cut.left_out, cut.schema.foreign_keys.len()), (2, 4, 0));
}

#[test]
fn digests_see_structure_and_comments_but_no_statistics() {
    let digests = |text: &str| -> Vec<u64> {
        Whole::from_json(text).expect("parses").relations.iter().map(|described| described.digest).collect()
    };
    let before = digests(SAMPLE);
    let analysed =
        SAMPLE.replace("\"rows\": 10", "\"rows\": 99").replace("\"n_distinct\": [null, 2]", "\"n_distinct\": [null, 7]");
    assert_eq!(digests(&analysed), before);
    for (from, to) in [
        ("how they feel", "mood"),
        ("\"bad\"", "\"sad\""),
        ("\"state\"", "\"status\""),
        ("\"row_security\": true", "\"row_security\": false"),
    ] {
        let changed = digests(&SAMPLE.replace(from, to));
        assert_ne!(changed[0], before[0], "{from}");
        assert_eq!(changed[1], before[1]);
    }
    let key = SAMPLE
        .replace("{\"from\": 200, \"from_columns\": [2], \"to\": 100", "{\"from\": 200, \"from_columns\": [2], \"to\": 200");
    assert_ne!(digests(&key)[1], before[1]);
}

#[test]
fn statistics_keep_short_texts_and_the_ends_of_numbers() {
    let long = "x".repeat(101);
    let raw = RawStats {
        n_distinct: vec![Some(3.0), None],
        null_frac: vec![Some(0.0), None],
        common_values: vec![Some(format!("{{a,{long},\"b c\"}}")), None],
        bounds: vec![Some("{1,2,3}".to_owned()), None],
    };
    let found = |is_text| stats(&raw, 0, is_text).expect("the first column has statistics");
    assert_eq!(found(true).common_values, ["a", "b c"]);
    assert_eq!(found(true).bounds, ["1", "2", "3"]);
    assert_eq!(found(false).bounds, ["1", "3"]);
    assert_eq!(stats(&raw, 1, true), None);
}

#[test]
fn nothing_readable_is_an_empty_schema() {
    let empty = r#"{"total": 0, "relations": null, "types": null, "foreign_keys": null}"#;
    let whole = Whole::from_json(empty).expect("parses");
    assert!(whole.seen_by(&mut Everything, 10).schema.relations.is_empty());
}
