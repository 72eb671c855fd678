use nl_query_core::schema::{ColumnStats, Schema};

use super::*;
use crate::fixtures::{schema, shop};

const TODAY: Day = Day { year: 2024, month: 6, day: 15 };

/// The names in the order of their relevance.
fn order(question: &str, schema: Schema) -> Vec<String> {
    let prepared = Prepared::new(schema);
    let order = relevance(question, &prepared, TODAY);
    order.into_iter().map(|id| prepared.schema().relations[id].name.clone()).collect()
}

fn place(order: &[String], name: &str) -> usize {
    order.iter().position(|known| known == name).expect("a known relation")
}

/// So many tables that have nothing but a key and a name.
fn named(count: usize) -> String {
    (0..count).map(|at| format!("thing{at}\n  id int pk\n  name text\n")).collect()
}

#[test]
fn every_relation_is_told_once_and_what_is_named_comes_first() {
    let names = order("total amount of the payments of each customer", shop());
    let mut all: Vec<String> = shop().relations.into_iter().map(|relation| relation.name).collect();
    assert_eq!(names.len(), all.len());
    all.sort();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(sorted, all);
    assert_eq!(names[0], "payments");
    assert!(place(&names, "customers") < 3, "{names:?}");
}

#[test]
fn synonyms_and_misspellings_are_understood() {
    for question in ["clients", "custommers", "buyers"] {
        assert_eq!(order(question, shop())[0], "customers", "{question}");
    }
}

#[test]
fn a_comment_tells_what_a_cryptic_name_does_not() {
    let mut schema = schema(&format!("{}zx7\n  a int\n", named(5)));
    assert_ne!(order("vineyards", schema.clone())[0], "zx7");
    schema.relations[5].comment = Some("Vineyards and their owners".to_owned());
    assert_eq!(order("vineyards", schema)[0], "zx7");
}

#[test]
fn a_stored_value_leads_to_its_table() {
    let mut schema = schema(&format!("{}zx7\n  a text\n", named(5)));
    assert_ne!(order("how many for Montepulciano?", schema.clone())[0], "zx7");
    schema.relations[5].columns[0].stats =
        Some(ColumnStats { n_distinct: 1.0, common_values: vec!["Montepulciano".to_owned()], ..ColumnStats::default() });
    assert_eq!(order("how many for Montepulciano?", schema)[0], "zx7");
}

#[test]
fn a_rare_word_weighs_more_than_one_that_every_table_has() {
    let schema = schema(&format!("{}peaks\n  id int pk\n  altitude int\n", named(8)));
    let names = order("what name and altitude?", schema);
    assert_eq!(names[0], "peaks");
}

#[test]
fn many_words_met_count_more_than_one_word_met_often() {
    let schema = schema(
        "often\n  colour text\n  first_colour text\n  last_colour text\n  top_colour text\nmany\n  colour text\n  altitude int\n",
    );
    assert_eq!(order("colour and altitude", schema)[0], "many");
}

#[test]
fn a_table_between_two_that_matter_comes_before_their_other_neighbours() {
    let mut schema = schema(
        "buildings
  id int pk
students
  id int pk
  b int -> buildings.id
courses
  id int pk
links
  s int -> students.id
  c int -> courses.id
",
    );
    schema.relations[0].rows = 1e6;
    let names = order("students of each course", schema);
    assert_eq!(names[3], "buildings", "{names:?}");
}

#[test]
fn a_neighbour_of_what_matters_comes_before_what_stands_alone() {
    let mut schema = schema("alone\n  x int\nstudents\n  id int pk\nmarks\n  s int -> students.id\n");
    schema.relations[0].rows = 1e6;
    assert_eq!(order("students", schema), ["students", "marks", "alone"]);
}

#[test]
fn the_schema_that_meets_more_of_the_question_lifts_its_tables() {
    let schema = schema(
        "hr.words
  x int
hr.salary
  x int
farm.silent
  x int
farm.tractors
  x int
farm.barns
  x int
",
    );
    let names = order("salary, tractors and barns", schema);
    assert!(place(&names, "silent") < place(&names, "words"), "{names:?}");
}

#[test]
fn tables_that_chains_of_keys_connect_lift_each_other() {
    let schema = schema(
        "words
  x int pk
far
  id int pk
between
  id int pk
  f int -> far.id
tractors
  b int -> between.id
",
    );
    let names = order("tractors", schema);
    assert_eq!(names, ["tractors", "between", "far", "words"]);
}

#[test]
fn where_nothing_is_met_the_larger_comes_first_then_the_order_of_the_catalog() {
    let mut schema = schema("a\n  x int\nb\n  x int\nc\n  x int\n");
    schema.relations[2].rows = 50.0;
    assert_eq!(order("?", schema.clone()), ["c", "a", "b"]);
    assert_eq!(order("", schema), ["c", "a", "b"]);
}

/// Sees all but one relation and one column.
struct Without {
    relation: RelationId,
    column: (RelationId, usize),
}

impl Sees for Without {
    fn relation(&self, relation: RelationId) -> bool {
        relation != self.relation
    }

    fn column(&self, relation: RelationId, column: usize) -> bool {
        (relation, column) != self.column
    }
}

const NOTHING: usize = usize::MAX;

fn first_by_index(question: &str, schema: &Schema, sees: &Without) -> Vec<RelationId> {
    let index = Index::new(schema.relations.iter());
    let scores = index.scores(question, schema.relations.iter(), &schema.foreign_keys, sees);
    let mut order: Vec<RelationId> = (0..scores.len()).filter(|id| sees.relation(*id)).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order
}

#[test]
fn an_index_finds_by_names_comments_synonyms_and_keys() {
    let mut schema = schema(&format!("{}customers\n  id int pk\norders\n  c int -> customers.id\n  freight int\n", named(5)));
    let all = Without { relation: NOTHING, column: (NOTHING, 0) };
    assert_eq!(first_by_index("clients", &schema, &all)[..2], [5, 6]);
    assert_eq!(first_by_index("frieght", &schema, &all)[..2], [6, 5]);
    schema.relations[3].columns[0].comment = Some("Registered vineyards".to_owned());
    assert_eq!(first_by_index("vineyard", &schema, &all)[0], 3);
}

#[test]
fn what_is_out_of_sight_leads_nowhere() {
    let schema = schema("a\n  x int\nb\n  id int pk\n  salary int\nc\n  b int -> b.id\nsalary\n  b int -> b.id\n");
    let without = |relation, column| first_by_index("salary", &schema, &Without { relation, column });
    assert_eq!(without(NOTHING, (NOTHING, 0)), [3, 1, 2, 0]);
    // The column leads to its table, and the table to its neighbour, only for those who see them.
    assert_eq!(without(3, (NOTHING, 0)), [1, 2, 0]);
    assert_eq!(without(3, (1, 1)), [0, 1, 2]);
    // A key of which a column is out of sight connects nothing.
    assert_eq!(without(NOTHING, (3, 0)), [3, 1, 2, 0]);
    assert_eq!(without(1, (NOTHING, 0)), [3, 0, 2]);
}

#[test]
fn who_sets_a_search_path_says_what_is_meant() {
    let mut schema = schema(&format!("{}vineyards\n  id int pk\n  hectares int\norders\n  id int pk\n", named(3)));
    for relation in &mut schema.relations {
        relation.visible = relation.name.starts_with("thing");
    }
    let names = order("how many hectares have vineyards", schema.clone());
    assert_eq!((names.len(), place(&names, "vineyards")), (4, 3), "behind those on the path, and others not at all: {names:?}");
    schema.relations.iter_mut().for_each(|relation| relation.visible = false);
    assert_eq!(order("how many hectares have vineyards", schema)[0], "vineyards");
}

#[test]
fn of_two_that_a_question_names_the_one_that_is_read_comes_first() {
    let mut schema = schema(&format!("{}orders_new\n  id int pk\norders_old\n  id int pk\n", named(3)));
    for uses in [[0, 5], [5, 0]] {
        (schema.relations[3].uses, schema.relations[4].uses) = (uses[0], uses[1]);
        let names = order("how many orders", schema.clone());
        assert_eq!(names[0], if uses[0] > 0 { "orders_new" } else { "orders_old" });
    }
}
