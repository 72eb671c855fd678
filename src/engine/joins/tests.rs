//! Trees of keys over small schemas: which keys, which direction, what is refused.

use nl_query_core::schema::Schema;

use super::*;
use crate::{
    fixtures::{col, schema, shop, source},
    ir::{Aggregate, Expr, Item, Select, Source},
};

/// The plan of a SELECT that shows these columns, the first one's source as the subject.
fn planned(schema: &Schema, columns: &[&str], via: Vec<(usize, Source)>) -> Result<JoinPlan, JoinError> {
    let items: Vec<Item> = columns.iter().map(|name| Item { expr: col(schema, name), alias: None }).collect();
    let subject = columns.first().map(|name| crate::fixtures::used(schema, name).source);
    let graph = Graph::new(schema, infer_foreign_keys(schema));
    plan(&Select { items, subject, via, ..Select::default() }, schema, &graph)
}

/// The names of the joined relations, parents first, with the columns that join them.
fn path(schema: &Schema, plan: &JoinPlan) -> Vec<String> {
    let graph = Graph::new(schema, infer_foreign_keys(schema));
    let name = |at: usize| {
        let source = plan.nodes[at].source;
        let name = &schema.relations[source.relation].name;
        if source.role == 0 { name.clone() } else { format!("{name}#{}", source.role) }
    };
    let describe = |at: usize| match &plan.nodes[at].link {
        None => name(at),
        Some(link) => {
            let key = &graph.keys()[link.key];
            let column = &schema.relations[key.from].columns[key.from_columns[0]].name;
            let arrow = if link.parent_refers { "->" } else { "<-" };
            format!("{} {arrow}{column} {}", name(link.parent), name(at))
        }
    };
    (0..plan.nodes.len()).map(describe).collect()
}

fn key(schema: &Schema, relation: &str, column: &str) -> usize {
    let from = source(schema, relation).relation;
    let column = schema.relations[from].column_position(column).expect("a known column");
    schema.foreign_keys.iter().position(|key| key.from == from && key.from_columns == [column]).expect("a declared key")
}

#[test]
fn bridges_are_passed_through() {
    let s = shop();
    let plan = planned(&s, &["categories.name", "orders.status"], vec![]).expect("a plan");
    assert_eq!(
        path(&s, &plan),
        ["categories", "categories <-category_id products", "products <-product_id order_items", "order_items ->order_id orders"]
    );
    assert!(plan.nodes[1].link.as_ref().is_some_and(|link| link.to_many && !link.from_many));
    assert!(plan.nodes[3].link.as_ref().is_some_and(|link| !link.to_many && link.from_many));
}

#[test]
fn a_hub_that_nobody_named_is_avoided() {
    // Both paths have two joins; two rows that share a store have nothing to do with each other.
    let s = schema(
        "stores\n  id int pk\nstaff\n  id int pk\n  store_id int -> stores.id\n  name text
customers\n  id int pk\n  store_id int -> stores.id\n  name text
rentals\n  id int pk\n  customer_id int -> customers.id\n  staff_id int -> staff.id",
    );
    let plan = planned(&s, &["customers.name", "staff.name"], vec![]).expect("a plan");
    assert_eq!(path(&s, &plan), ["customers", "customers <-customer_id rentals", "rentals ->staff_id staff"]);
}

#[test]
fn parallel_keys_are_reported_and_preferences_obeyed() {
    let s = shop();
    let (bill, ship) = (key(&s, "orders", "bill_country"), key(&s, "orders", "ship_country"));
    let countries = source(&s, "countries");
    let plain = planned(&s, &["orders.id", "countries.name"], vec![]).expect("a plan");
    assert_eq!(path(&s, &plain), ["orders", "orders ->bill_country countries"]);
    assert_eq!(plain.ambiguous, [Ambiguous { source: countries, chosen: bill, others: vec![ship] }]);

    let preferred = planned(&s, &["orders.id", "countries.name"], vec![(ship, countries)]).expect("a plan");
    assert_eq!(path(&s, &preferred), ["orders", "orders ->ship_country countries"]);
    assert!(preferred.ambiguous.is_empty());

    let columns = ["orders.id", "countries.name", "countries#1.name"];
    let both = planned(&s, &columns, vec![(ship, countries)]).expect("a plan");
    assert_eq!(path(&s, &both), ["orders", "orders ->bill_country countries#1", "orders ->ship_country countries"]);
}

#[test]
fn roles_of_a_self_reference() {
    let s = shop();
    let up = planned(&s, &["employees.last_name", "employees#1.last_name"], vec![]).expect("a plan");
    assert_eq!(path(&s, &up), ["employees", "employees ->manager_id employees#1"]);
    let friends =
        schema("people\n  id int pk\n  name text\nfriends\n  person_id int pk -> people.id\n  friend_id int pk -> people.id");
    let plan = planned(&friends, &["people.name", "people#1.name"], vec![]).expect("a plan");
    assert_eq!(path(&friends, &plan), ["people", "people <-person_id friends", "friends ->friend_id people#1"]);
}

#[test]
fn composite_keys_join_by_all_their_columns() {
    let s = schema(
        "flights\n  carrier text pk\n  number int pk\n  name text
bookings\n  id int pk\n  carrier text\n  number int\n  seat text\n  key (carrier, number) -> flights (carrier, number)",
    );
    let plan = planned(&s, &["bookings.seat", "flights.name"], vec![]).expect("a plan");
    assert_eq!(path(&s, &plan), ["bookings", "bookings ->carrier flights"]);
    let graph = Graph::new(&s, vec![]);
    let items = ["bookings.seat", "flights.name"].map(|name| Item { expr: col(&s, name), alias: None }).to_vec();
    let query = crate::ir::Query::Select(Box::new(Select { items, ..Select::default() }));
    let text = crate::render::sql(&query, &s, &graph).expect("a statement");
    assert!(text.contains("JOIN bookings b ON b.carrier = f.carrier AND b.number = f.number"), "{text}");
}

#[test]
fn unconnected_relations_are_an_error() {
    let s = schema("a\n  id int pk\n  x int\nb\n  id int pk\n  y int");
    let error = planned(&s, &["a.x", "b.y"], vec![]).expect_err("no path");
    assert_eq!(error.to_string(), "no key connects \"a\" with \"b\"");
    assert_eq!(planned(&s, &[], vec![]), Err(JoinError::NoSource));
    let beyond = Expr::CountRows(Source { relation: 7, role: 0 });
    let select = Select { items: vec![Item { expr: beyond, alias: None }], ..Select::default() };
    assert_eq!(plan(&select, &s, &Graph::new(&s, vec![])), Err(JoinError::Unknown));
}

#[test]
fn sums_that_cannot_be_put_right_are_refused() {
    let s = shop();
    let graph = Graph::new(&s, vec![]);
    // The credit limit of a customer once for each product that he reviewed: there is no right number.
    let sum = Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(col(&s, "customers.credit_limit")) };
    let items = vec![Item { expr: col(&s, "products.name"), alias: None }, Item { expr: sum, alias: None }];
    let select = Select { items, subject: Some(source(&s, "products")), ..Select::default() };
    let error = plan(&select, &s, &graph).expect_err("a fan-out");
    assert_eq!(error.to_string(), "the joins would count rows of \"customers\" more than once");
    // Rows without any key cannot be counted once each either.
    let items = vec![
        Item { expr: col(&s, "orders.id"), alias: None },
        Item { expr: Expr::CountRows(source(&s, "reviews")), alias: None },
    ];
    let select = Select { items, subject: Some(source(&s, "orders")), ..Select::default() };
    assert!(matches!(plan(&select, &s, &graph), Err(JoinError::FanOut { .. })));
}

#[test]
fn keys_are_inferred_from_names_and_types() {
    let s = schema(
        "countries\n  id int pk\n  name text
city\n  city_code text pk\n  countryId int
people\n  id int pk\n  home_country_id int\n  city_code text\n  parent_id int\n  phone_number text\n  country_id text
sales.order_lines\n  line int pk\n  fk_person int\n  country int
city_guides\n  city_code text pk\n  title text",
    );
    let found: Vec<String> = infer_foreign_keys(&s)
        .iter()
        .map(|key| {
            let name = |relation: usize, column: usize| {
                format!("{}.{}", s.relations[relation].name, s.relations[relation].columns[column].name)
            };
            assert!(!key.declared);
            format!("{} -> {}", name(key.from, key.from_columns[0]), name(key.to, key.to_columns[0]))
        })
        .collect();
    assert_eq!(
        found,
        [
            "city.countryId -> countries.id",
            "people.home_country_id -> countries.id",
            "people.city_code -> city.city_code",
            "people.parent_id -> people.id",
            "order_lines.fk_person -> people.id",
            "order_lines.country -> countries.id",
            "city_guides.city_code -> city.city_code",
        ]
    );
}

#[test]
fn declared_keys_are_left_alone() {
    let s = shop();
    assert_eq!(infer_foreign_keys(&s), []);
    assert_eq!(Graph::new(&s, vec![]).keys(), s.foreign_keys);
}

/// A thousand relations in chains around hubs; a plan of seven terminals stays within a few milliseconds even unoptimised.
#[test]
fn a_thousand_relations() {
    let mut text = String::from("hub\n  id int pk\n");
    for at in 0..1000 {
        let parent = if at % 10 == 0 { "hub".to_string() } else { format!("t{}", at - 1) };
        text.push_str(&format!("t{at}\n  id int pk\n  hub_id int -> hub.id\n  parent_id int -> {parent}.id\n  label text\n"));
    }
    let s = schema(&text);
    let graph = Graph::new(&s, vec![]);
    let names = ["t3.label", "t8.label", "t11.label", "t500.label", "t504.label", "t777.label", "t999.label"];
    let items: Vec<Item> = names.iter().map(|name| Item { expr: col(&s, name), alias: None }).collect();
    let select = Select { items, ..Select::default() };
    let start = std::time::Instant::now();
    let joined = plan(&select, &s, &graph).expect("a plan");
    let took = start.elapsed();
    assert!(joined.nodes.len() >= 8);
    assert_eq!(plan(&select, &s, &graph).as_ref(), Ok(&joined));
    assert!(took.as_millis() < 500, "{took:?}");
}
