//! Whole statements over small schemas.

use nl_query_core::schema::Schema;

use super::*;
use crate::{
    fixtures::{col, schema, shop, source},
    ir::*,
    joins::{JoinError, infer_foreign_keys},
};

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

#[test]
fn show() {
    let s = shop();
    let on = |name: &str| source(&s, name);
    let cases: Vec<Select> = vec![
        Select {
            items: items(&s, &["customers.name"]),
            filter: Some(equal(col(&s, "customers.country_code"), text("DE"))),
            ..Select::default()
        },
        Select {
            items: items(&s, &["customers.name", "countries.name"]),
            subject: Some(on("customers")),
            order: vec![Order { expr: col(&s, "customers.credit_limit"), descending: true }],
            limit: Some(5),
            ..Select::default()
        },
        Select {
            items: items(&s, &["customers.name"]),
            subject: Some(on("customers")),
            filter: Predicate::all(vec![
                equal(col(&s, "orders.status"), text("open")),
                more(col(&s, "orders.freight"), number(10)),
                equal(col(&s, "products.name"), text("it's")),
            ]),
            ..Select::default()
        },
        Select {
            items: vec![item(col(&s, "customers.name")), item(Expr::CountRows(on("orders")))],
            subject: Some(on("customers")),
            having: Some(more(Expr::CountRows(on("orders")), number(3))),
            order: vec![Order { expr: Expr::CountRows(on("orders")), descending: true }],
            ..Select::default()
        },
        Select {
            items: vec![item(col(&s, "customers.name")), item(Expr::CountRows(on("orders")))],
            subject: Some(on("customers")),
            outer: vec![on("orders")],
            filter: Some(equal(col(&s, "orders.status"), text("open"))),
            ..Select::default()
        },
        Select {
            items: vec![item(col(&s, "products.name")), item(Expr::CountRows(on("customers")))],
            subject: Some(on("products")),
            ..Select::default()
        },
        Select {
            items: vec![
                item(col(&s, "customers.name")),
                item(aggregate(Aggregate::Sum, col(&s, "payments.amount"))),
                item(aggregate(Aggregate::Sum, col(&s, "orders.freight"))),
            ],
            subject: Some(on("customers")),
            ..Select::default()
        },
        Select {
            items: vec![item(col(&s, "employees.last_name")), item(col(&s, "employees#1.last_name"))],
            subject: Some(on("employees")),
            ..Select::default()
        },
        Select {
            items: vec![item(Expr::CountRows(on("customers")))],
            subject: Some(on("customers")),
            also: vec![on("reviews")],
            filter: Some(Predicate::Or(vec![
                equal(col(&s, "countries.name"), text("France")),
                more(col(&s, "payments.amount"), number(100)),
            ])),
            ..Select::default()
        },
        Select {
            items: vec![
                item(Expr::Truncate { unit: DateUnit::Month, arg: Box::new(col(&s, "orders.ordered_at")) }),
                item(aggregate(Aggregate::Average, col(&s, "orders.freight"))),
            ],
            order: vec![Order {
                expr: Expr::Truncate { unit: DateUnit::Month, arg: Box::new(col(&s, "orders.ordered_at")) },
                descending: false,
            }],
            ..Select::default()
        },
        Select {
            items: items(&s, &["products.name"]),
            filter: Some(Predicate::Related {
                anchor: on("products"),
                target: on("orders"),
                filter: Some(Box::new(equal(col(&s, "orders.status"), text("open")))),
                negated: true,
            }),
            ..Select::default()
        },
        Select {
            items: items(&s, &["products.name"]),
            filter: Some(Predicate::RelatedCount {
                anchor: on("products"),
                target: on("orders"),
                filter: None,
                op: Comparison::Greater,
                count: 3,
            }),
            ..Select::default()
        },
        Select {
            distinct: true,
            items: items(&s, &["customers.name"]),
            order: vec![Order { expr: col(&s, "customers.joined_on"), descending: true }],
            ..Select::default()
        },
    ];
    for select in cases {
        println!("-- {}", paraphrase(&Query::Select(Box::new(select.clone())), &s));
        println!("{:?}", crate::check::types(&Query::Select(Box::new(select.clone())), &s));
        println!("{}\n", written(select, &s));
    }
    let _ = (schema("a\n  b int"), JoinError::NoSource);
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
