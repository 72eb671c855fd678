//! Roles, groups, related rows and order.

use super::*;

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
  sum(o.total)::numeric / nullif(sum(o.known), 0) AS average_freight
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
        r#"SELECT date_trunc('month', ordered_at)::date AS month, avg(freight) AS average_freight
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
