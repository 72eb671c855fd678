//! Whole statements over small schemas.

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

#[test]
fn filter_one_table() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["customers.name"]),
            filter: Some(equal(col(&s, "customers.country_code"), text("DE"))),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT name
FROM customers
WHERE country_code = 'DE'"#
    );
    assert_eq!(sentence, r#"The name of customers whose country code is 'DE'"#);
}

#[test]
fn order_limit_join() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["customers.name", "countries.name"]),
            subject: Some(source(&s, "customers")),
            order: vec![down(col(&s, "customers.credit_limit"))],
            limit: Some(5),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name AS customer_name, co.name AS country_name
FROM customers c
JOIN countries co ON co.code = c.country_code
ORDER BY c.credit_limit DESC NULLS LAST
LIMIT 5"#
    );
    assert_eq!(sentence, r#"The name of customers and name of countries, the 5 with the highest credit limit"#);
}

#[test]
fn conditions_share_one_exists() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["customers.name"]),
            subject: Some(source(&s, "customers")),
            filter: Predicate::all(vec![
                equal(col(&s, "orders.status"), text("open")),
                more(col(&s, "orders.freight"), number(10)),
                equal(col(&s, "products.name"), text("it's")),
            ]),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name
FROM customers c
WHERE EXISTS (
    SELECT 1
    FROM orders o
    JOIN order_items oi ON oi.order_id = o.id
    JOIN products p ON p.id = oi.product_id
    WHERE o.customer_id = c.id
      AND o.status = 'open'
      AND o.freight > 10
      AND p.name = 'it''s'
  )"#
    );
    assert_eq!(
        sentence,
        r#"The name of customers where status of orders is 'open' and freight of orders is more than 10 and name of products is 'it's'"#
    );
}

#[test]
fn one_row_cannot_equal_both() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["customers.name"]),
            subject: Some(source(&s, "customers")),
            filter: Predicate::all(vec![
                equal(col(&s, "products.name"), text("Tea")),
                equal(col(&s, "products.name"), text("Jam")),
            ]),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name
FROM customers c
WHERE EXISTS (
    SELECT 1
    FROM reviews r
    JOIN products p ON p.id = r.product_id
    WHERE r.customer_id = c.id
      AND p.name = 'Tea'
  )
  AND EXISTS (
    SELECT 1
    FROM reviews r
    JOIN products p ON p.id = r.product_id
    WHERE r.customer_id = c.id
      AND p.name = 'Jam'
  )"#
    );
    assert_eq!(sentence, r#"The name of customers where name of products is 'Tea' and name of products is 'Jam'"#);
}

#[test]
fn count_in_groups() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(col(&s, "customers.name")), item(Expr::CountRows(source(&s, "orders")))],
            subject: Some(source(&s, "customers")),
            having: Some(more(Expr::CountRows(source(&s, "orders")), number(3))),
            order: vec![down(Expr::CountRows(source(&s, "orders")))],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name, count(*) AS count
FROM customers c
JOIN orders o ON o.customer_id = c.id
GROUP BY c.name
HAVING count(*) > 3
ORDER BY count DESC"#
    );
    assert_eq!(
        sentence,
        r#"The number of orders for each name of customers, only where number of orders is more than 3, sorted by number of orders (highest first)"#
    );
}

#[test]
fn outer_with_condition() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(col(&s, "customers.name")), item(Expr::CountRows(source(&s, "orders")))],
            subject: Some(source(&s, "customers")),
            outer: vec![source(&s, "orders")],
            filter: Some(equal(col(&s, "orders.status"), text("open"))),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name, count(o.id) AS count
FROM customers c
LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'open'
GROUP BY c.name"#
    );
    assert_eq!(
        sentence,
        r#"The number of orders for each name of customers where status of orders is 'open', including those without orders"#
    );
}

#[test]
fn outer_test_for_null() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["customers.name"]),
            subject: Some(source(&s, "customers")),
            outer: vec![source(&s, "orders")],
            filter: Some(Predicate::IsNull { expr: col(&s, "orders.id"), negated: false }),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name
FROM customers c
LEFT JOIN orders o ON o.customer_id = c.id
WHERE o.id IS NULL"#
    );
    assert_eq!(sentence, r#"The name of customers where id of orders is missing, including those without orders"#);
}

#[test]
fn count_distinct_keys() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(col(&s, "products.name")), item(Expr::CountRows(source(&s, "orders")))],
            subject: Some(source(&s, "products")),
            filter: Some(more(col(&s, "orders.freight"), number(5))),
            also: vec![source(&s, "customers")],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT p.name, count(DISTINCT o.id) AS count
FROM products p
JOIN order_items oi ON oi.product_id = p.id
JOIN orders o ON o.id = oi.order_id
JOIN customers c ON c.id = o.customer_id
WHERE o.freight > 5
GROUP BY p.name"#
    );
    assert_eq!(
        sentence,
        r#"The number of orders for each name of products with any that have at least one customer and where freight of orders is more than 5"#
    );
}

#[test]
fn two_branches_are_folded() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(col(&s, "customers.name")),
                item(aggregate(Aggregate::Sum, col(&s, "payments.amount"))),
                item(Expr::CountRows(source(&s, "orders"))),
            ],
            subject: Some(source(&s, "customers")),
            filter: Some(equal(col(&s, "orders.status"), text("open"))),
            order: vec![down(Expr::CountRows(source(&s, "orders")))],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT c.name, sum(p.total) AS total_amount, coalesce(sum(o.count), 0) AS count
FROM customers c
LEFT JOIN (
  SELECT customer_id, count(*) AS count
  FROM orders
  WHERE status = 'open'
  GROUP BY customer_id
) o ON o.customer_id = c.id
LEFT JOIN (
  SELECT customer_id, sum(amount) AS total
  FROM payments
  GROUP BY customer_id
) p ON p.customer_id = c.id
GROUP BY c.name
ORDER BY count DESC"#
    );
    assert_eq!(
        sentence,
        r#"The total amount of payments and the number of orders for each name of customers with any where status of orders is 'open', sorted by number of orders (highest first)"#
    );
}

#[test]
fn sum_of_the_one_side() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(col(&s, "countries.name")),
                item(aggregate(Aggregate::Sum, col(&s, "customers.credit_limit"))),
                item(aggregate(Aggregate::Average, col(&s, "orders.freight"))),
            ],
            subject: Some(source(&s, "customers")),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT
  co.name,
  sum(c.credit_limit) AS total_credit_limit,
  round(sum(o.total)::numeric / nullif(sum(o.known), 0), 2) AS average_freight
FROM customers c
JOIN countries co ON co.code = c.country_code
LEFT JOIN (
  SELECT customer_id, sum(freight) AS total, count(freight) AS known
  FROM orders
  GROUP BY customer_id
) o ON o.customer_id = c.id
GROUP BY co.name"#
    );
    assert_eq!(sentence, r#"The total credit limit of customers and the average freight of orders for each name of countries"#);
}

#[test]
fn self_reference() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["employees.last_name", "employees#1.last_name"]),
            subject: Some(source(&s, "employees")),
            filter: Some(more(col(&s, "employees.salary"), col(&s, "employees#1.salary"))),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT e.last_name AS employee_last_name, m.last_name AS manager_last_name
FROM employees e
JOIN employees m ON m.id = e.manager_id
WHERE e.salary > m.salary"#
    );
    assert_eq!(
        sentence,
        r#"The last name of employees and last name of related employees where salary is more than salary of related employees"#
    );
}

#[test]
fn or_of_different_rows() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(Expr::CountRows(source(&s, "customers")))],
            subject: Some(source(&s, "customers")),
            also: vec![source(&s, "reviews")],
            filter: Some(Predicate::Or(vec![
                equal(col(&s, "countries.name"), text("France")),
                more(col(&s, "payments.amount"), number(100)),
            ])),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT count(*) AS count
FROM customers c
LEFT JOIN countries co ON co.code = c.country_code
WHERE (co.name = 'France' OR EXISTS (
    SELECT 1
    FROM payments p
    WHERE p.customer_id = c.id
      AND p.amount > 100
  ))
  AND EXISTS (
    SELECT 1
    FROM reviews r
    WHERE r.customer_id = c.id
  )"#
    );
    assert_eq!(
        sentence,
        r#"The number of customers that have at least one review and where (name of countries is 'France' or amount of payments is more than 100)"#
    );
}

#[test]
fn by_month() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(month(col(&s, "orders.ordered_at"))),
                item(aggregate(Aggregate::Average, col(&s, "orders.freight"))),
            ],
            order: vec![up(month(col(&s, "orders.ordered_at")))],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT date_trunc('month', ordered_at)::date AS month, round(avg(freight), 2) AS average_freight
FROM orders
GROUP BY date_trunc('month', ordered_at)::date
ORDER BY month"#
    );
    assert_eq!(
        sentence,
        r#"The average freight of orders for each month of ordered at, sorted by month of ordered at (earliest first)"#
    );
}

#[test]
fn without_related() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["products.name"]),
            filter: Some(Predicate::Related {
                anchor: source(&s, "products"),
                target: source(&s, "orders"),
                filter: Some(Box::new(equal(col(&s, "orders.status"), text("open")))),
                negated: true,
            }),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT p.name
FROM products p
WHERE NOT EXISTS (
    SELECT 1
    FROM order_items oi
    JOIN orders o ON o.id = oi.order_id
    WHERE oi.product_id = p.id
      AND o.status = 'open'
  )"#
    );
    assert_eq!(sentence, r#"The name of products that have no orders whose status is 'open'"#);
}

#[test]
fn related_count() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["products.name"]),
            filter: Some(Predicate::RelatedCount {
                anchor: source(&s, "products"),
                target: source(&s, "orders"),
                filter: None,
                op: Comparison::Greater,
                count: 3,
            }),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT p.name
FROM products p
WHERE (
    SELECT count(DISTINCT o.id)
    FROM order_items oi
    JOIN orders o ON o.id = oi.order_id
    WHERE oi.product_id = p.id
  ) > 3"#
    );
    assert_eq!(sentence, r#"The name of products that have more than 3 orders"#);
}

#[test]
fn managers_of_many() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["employees.last_name"]),
            filter: Some(Predicate::RelatedCount {
                anchor: source(&s, "employees"),
                target: Source { role: 1, ..source(&s, "employees") },
                filter: None,
                op: Comparison::GreaterOrEqual,
                count: 2,
            }),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT e.last_name
FROM employees e
WHERE (
    SELECT count(*)
    FROM employees m
    WHERE m.manager_id = e.id
  ) >= 2"#
    );
    assert_eq!(sentence, r#"The last name of employees that have at least 2 related employees"#);
}

#[test]
fn distinct_by_something_hidden() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            distinct: true,
            items: items(&s, &["customers.name"]),
            order: vec![down(col(&s, "customers.joined_on"))],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT name
FROM customers
GROUP BY name
ORDER BY max(joined_on) DESC NULLS LAST"#
    );
    assert_eq!(sentence, r#"The different name of customers, sorted by joined on (latest first)"#);
}

#[test]
fn grouped_by_a_key() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(col(&s, "employees.id")),
                item(col(&s, "employees.last_name")),
                item(Expr::CountRows(source(&s, "orders"))),
            ],
            subject: Some(source(&s, "employees")),
            group: vec![col(&s, "employees.id")],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT e.id, e.last_name, count(*) AS count
FROM employees e
JOIN orders o ON o.employee_id = e.id
GROUP BY e.id"#
    );
    assert_eq!(sentence, r#"The number of orders for each id and last name of employees with any"#);
}

#[test]
fn more_than_average() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["products.name", "products.price"]),
            filter: Some(more(
                col(&s, "products.price"),
                Expr::Scalar(Box::new(Query::Select(Box::new(Select {
                    items: vec![item(aggregate(Aggregate::Average, col(&s, "products.price")))],
                    ..Select::default()
                })))),
            )),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT name, price
FROM products
WHERE price > (SELECT avg(price) FROM products)"#
    );
    assert_eq!(sentence, r#"The name and price of products whose price is more than the average price of products"#);
}

#[test]
fn not_in_a_query() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["employees.last_name"]),
            filter: Some(Predicate::InQuery {
                expr: col(&s, "employees.id"),
                query: Box::new(Query::Select(Box::new(Select {
                    items: items(&s, &["orders.employee_id"]),
                    filter: Some(equal(col(&s, "orders.status"), text("open"))),
                    ..Select::default()
                }))),
                negated: true,
            }),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT last_name
FROM employees
WHERE id NOT IN (
    SELECT employee_id
    FROM orders
    WHERE status = 'open'
      AND employee_id IS NOT NULL
  )"#
    );
    assert_eq!(sentence, r#"The last name of employees whose id is not among the employee id of orders whose status is 'open'"#);
}

#[test]
fn a_day_of_a_timestamp() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["orders.id"]),
            filter: Predicate::all(vec![
                equal(col(&s, "orders.ordered_at"), Expr::Moment(Moment::Today { shift: -1 })),
                Predicate::InRange {
                    expr: col(&s, "customers.joined_on"),
                    range: DateRange {
                        from: Some(Moment::StartOf { unit: DateUnit::Month, shift: -1 }),
                        to: Some(Moment::StartOf { unit: DateUnit::Month, shift: 0 }),
                    },
                    negated: false,
                },
            ]),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT o.id
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.ordered_at >= CURRENT_DATE - 1 AND o.ordered_at < CURRENT_DATE
  AND c.joined_on >= date_trunc('month', CURRENT_DATE) - INTERVAL '1 month' AND c.joined_on < date_trunc('month', CURRENT_DATE)"#
    );
    assert_eq!(sentence, r#"The id of orders whose ordered at is yesterday and where joined on of customers is in last month"#);
}

#[test]
fn whole_numbers_are_not_cut() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(Expr::Arithmetic {
                op: Arithmetic::Divide,
                left: Box::new(Expr::CountRows(source(&s, "orders"))),
                right: Box::new(aggregate(Aggregate::Sum, col(&s, "orders.employee_id"))),
            })],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT count(*)::numeric / nullif(sum(employee_id), 0) AS ratio
FROM orders"#
    );
    assert_eq!(sentence, r#"The number of orders divided by total employee id of orders"#);
}

#[test]
fn rounding_a_double() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(aggregate(Aggregate::Average, col(&s, "products.weight"))),
                item(aggregate(Aggregate::Median, col(&s, "products.price"))),
            ],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT
  round(avg(weight)::numeric, 2) AS average_weight,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS median_price
FROM products"#
    );
    assert_eq!(sentence, r#"The average weight of products and the median price of products"#);
}

#[test]
fn texts_and_patterns() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(Expr::Words(vec![col(&s, "employees.first_name"), col(&s, "employees.last_name")]))],
            filter: Some(Predicate::Or(vec![
                Predicate::Like {
                    expr: col(&s, "employees.first_name"),
                    pattern: "%100\\%%".to_string(),
                    any_case: true,
                    negated: false,
                },
                equal(col(&s, "employees.last_name"), number(7)),
                equal(col(&s, "employees.last_name"), text("two\nlines")),
            ])),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT concat_ws(' ', first_name, last_name) AS name
FROM employees
WHERE (first_name ILIKE E'%100\\%%' OR last_name = '7' OR last_name = 'two
lines')"#
    );
    assert_eq!(
        sentence,
        r#"The first name and last name of employees whose first name is like '%100\%%' or last name is 7 or last name is 'two lines'"#
    );
}

#[test]
fn arrays_and_documents() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["products.name"]),
            filter: Predicate::all(vec![
                Predicate::Contains { expr: col(&s, "products.tags"), value: text("new"), negated: false },
                Predicate::Contains { expr: col(&s, "products.details"), value: text("size"), negated: true },
            ]),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT name
FROM products
WHERE 'new' = ANY (tags)
  AND (details -> 'size') IS NULL"#
    );
    assert_eq!(sentence, r#"The name of products whose tags contains 'new' and details does not contain 'size'"#);
}

#[test]
fn top_of_each_group() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: items(&s, &["categories.name", "products.name"]),
            subject: Some(source(&s, "products")),
            filter: Some(Predicate::Compare { op: Comparison::LessOrEqual, left: rank(&s), right: number(3) }),
            order: vec![up(col(&s, "categories.name")), up(rank(&s))],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT category_name, product_name
FROM (
  SELECT
    c.name AS category_name,
    p.name AS product_name,
    rank() OVER (PARTITION BY p.category_id ORDER BY p.price DESC NULLS LAST) AS rank
  FROM products p
  JOIN categories c ON c.id = p.category_id
) ranked
WHERE rank <= 3
ORDER BY category_name, rank"#
    );
    assert_eq!(
        sentence,
        r#"The name of categories and name of products whose rank by price (highest first) within each category id is at most 3, sorted by name of categories (in order first), then by rank by price (highest first) within each category id (lowest first)"#
    );
}

#[test]
fn filtered_aggregates() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![
                item(Expr::CountRows(source(&s, "orders"))),
                item(Expr::Filtered {
                    aggregate: Box::new(Expr::CountRows(source(&s, "orders"))),
                    filter: Box::new(equal(col(&s, "orders.status"), text("open"))),
                }),
            ],
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT count(*) AS count, count(*) FILTER (WHERE status = 'open') AS open_count
FROM orders"#
    );
    assert_eq!(sentence, r#"The number of orders and the number of orders counting only where status is 'open'"#);
}

#[test]
fn all_columns_of_one() {
    let s = shop();
    let (statement, sentence) = both(
        Select {
            items: vec![item(Expr::All(source(&s, "orders")))],
            subject: Some(source(&s, "orders")),
            filter: Some(equal(col(&s, "customers.name"), text("Ann"))),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT o.*
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE c.name = 'Ann'"#
    );
    assert_eq!(sentence, r#"All columns of orders where name of customers is 'Ann'"#);
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
