//! Whole statements over small schemas.

mod grouping;
mod joining;
mod values;

use nl_query_core::schema::Schema;

use super::*;
use crate::{
    fixtures::{col, schema, shop, source},
    ir::*,
    joins::infer_foreign_keys,
};

/// The statement and the sentence of a query that must be well typed.
fn both(select: Select, schema: &Schema) -> (String, String) {
    let query = Query::Select(Box::new(select.clone()));
    assert_eq!(crate::check::types(&query, schema), Ok(()));
    (written(select, schema), paraphrase(&query, schema))
}

fn written(select: Select, schema: &Schema) -> String {
    let graph = Graph::new(schema, infer_foreign_keys(schema));
    sql(&Query::Select(Box::new(select)), schema, &graph).unwrap_or_else(|error| format!("error: {error}"))
}

fn item(expr: Expr) -> Item {
    Item { expr, alias: None }
}

fn items(schema: &Schema, names: &[&str]) -> Vec<Item> {
    names.iter().map(|name| item(col(schema, name))).collect()
}

fn text(value: &str) -> Expr {
    Expr::Literal(Literal::Text(value.to_string()))
}

fn number(value: i64) -> Expr {
    Expr::Literal(Literal::Integer(value))
}

fn equal(left: Expr, right: Expr) -> Predicate {
    Predicate::Compare { op: Comparison::Equal, left, right }
}

fn more(left: Expr, right: Expr) -> Predicate {
    Predicate::Compare { op: Comparison::Greater, left, right }
}

fn aggregate(function: Aggregate, arg: Expr) -> Expr {
    Expr::Aggregate { function, distinct: false, arg: Box::new(arg) }
}

fn up(expr: Expr) -> Order {
    Order { expr, descending: false }
}

fn down(expr: Expr) -> Order {
    Order { expr, descending: true }
}

fn month(expr: Expr) -> Expr {
    Expr::Truncate { unit: DateUnit::Month, arg: Box::new(expr) }
}

/// Products of a category from the dearest on.
fn rank(s: &Schema) -> Expr {
    let partition = vec![col(s, "products.category_id")];
    Expr::Window { function: WindowFunction::Rank, arg: None, partition, order: vec![down(col(s, "products.price"))] }
}

/// Whatever the query, there is a text or an error, and the paraphrase says something.
#[test]
fn random_queries_never_panic() {
    let schemas = [shop(), schema("lonely\n  id int pk\n  Odd~Name text\nother\n  lonely_id int\n  at timestamp")];
    let mut written = 0;
    for schema in &schemas {
        let graph = Graph::new(schema, infer_foreign_keys(schema));
        for seed in 0..3000 {
            let query = crate::random::Generator::new(schema, seed).query();
            let typed = crate::check::types(&query, schema).is_ok();
            if let Ok(text) = sql(&query, schema, &graph) {
                written += usize::from(typed);
                assert!(text.starts_with("SELECT ") || text.starts_with("SELECT\n") || text.starts_with('('), "{text}");
                assert_eq!(text.matches('(').count(), text.matches(')').count(), "{text}");
            }
            assert!(!paraphrase(&query, schema).is_empty());
        }
    }
    assert!(written > 3000, "only {written} well-typed queries were written");
}
