//! Joins, EXISTS and folded branches.

use super::*;

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
