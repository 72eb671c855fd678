//! Literals, moments, subqueries and window functions.

use super::*;

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
fn averages_and_medians() {
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
  avg(weight) AS average_weight,
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
fn elements_of_arrays_like_a_text() {
    let s = shop();
    let like = |negated| Predicate::Like { expr: col(&s, "products.tags"), pattern: "new%".to_string(), any_case: true, negated };
    let (statement, _) = both(
        Select {
            items: items(&s, &["products.name"]),
            filter: Predicate::all(vec![like(false), like(true)]),
            ..Select::default()
        },
        &s,
    );
    assert_eq!(
        statement,
        r#"SELECT name
FROM products
WHERE EXISTS (SELECT FROM unnest(tags) AS element WHERE element::text ILIKE 'new%')
  AND NOT EXISTS (SELECT FROM unnest(tags) AS element WHERE element::text ILIKE 'new%')"#
    );
}

#[test]
fn time_between_two_columns() {
    let s = shop();
    let between = |unit, since: &str, until: &str| {
        item(Expr::Elapsed { unit, since: Box::new(col(&s, since)), until: Some(Box::new(col(&s, until))) })
    };
    let (statement, _) = both(
        Select {
            items: vec![
                between(DateUnit::Day, "customers.joined_on", "payments.paid_on"),
                between(DateUnit::Day, "customers.joined_on", "orders.ordered_at"),
                between(DateUnit::Year, "customers.joined_on", "payments.paid_on"),
            ],
            repeats: true,
            ..Select::default()
        },
        &s,
    );
    let said = [
        "p.paid_on - c.joined_on AS customer_days",
        "extract(epoch FROM o.ordered_at - c.joined_on) / 86400 AS customer_days_2",
        "extract(year FROM age(p.paid_on, c.joined_on))::int AS years",
    ];
    assert!(said.iter().all(|part| statement.contains(part)), "{statement}");
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
