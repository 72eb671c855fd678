//! The whole numbers of a query, in a fixed order. Every kind of node is named: a new one must say whether it holds a number.

use crate::ir::{Expr, Literal, Order, Predicate, Query, Select};

/// Numbers of the query that are none of `values`: another number that meets one of them could be taken for it.
pub(super) fn constants(root: &Query, values: &[i64]) -> Vec<i64> {
    integers(root).into_iter().filter(|number| !values.contains(number)).collect()
}

/// Whether every value is a number of the query.
pub(super) fn holds(root: &Query, values: &[i64]) -> bool {
    let numbers = integers(root);
    values.iter().all(|value| numbers.contains(value))
}

/// Whether the queries have the same numbers but for some that were `value` and are `other`.
pub(super) fn only_changed(known: &Query, changed: &Query, value: i64, other: i64) -> bool {
    let (known, changed) = (integers(known), integers(changed));
    let moved = known.iter().zip(&changed).filter(|(a, b)| a != b).count();
    let fits = known.iter().zip(&changed).all(|(a, b)| if *a == value { *b == other } else { a == b });
    known.len() == changed.len() && moved > 0 && fits
}

fn integers(root: &Query) -> Vec<i64> {
    let mut found = Vec::new();
    query(root, &mut found);
    found
}

fn query(root: &Query, found: &mut Vec<i64>) {
    match root {
        Query::Select(inner) => select(inner, found),
        Query::Set { op: _, left, right } => {
            query(left, found);
            query(right, found);
        }
    }
}

fn select(root: &Select, found: &mut Vec<i64>) {
    let Select {
        distinct: _,
        items,
        subject: _,
        also: _,
        outer: _,
        via: _,
        filter,
        group,
        having,
        order,
        limit,
        offset,
        repeats: _,
    } = root;
    items.iter().for_each(|item| expr(&item.expr, found));
    filter.iter().chain(having).for_each(|part| predicate(part, found));
    group.iter().for_each(|part| expr(part, found));
    orders(order, found);
    found.extend(limit.iter().chain(offset).map(|rows| i64::try_from(*rows).unwrap_or(i64::MAX)));
}

fn orders(order: &[Order], found: &mut Vec<i64>) {
    order.iter().for_each(|order| expr(&order.expr, found));
}

fn expr(root: &Expr, found: &mut Vec<i64>) {
    match root {
        Expr::Literal(Literal::Integer(value)) => found.push(*value),
        Expr::Literal(_) | Expr::Column(_) | Expr::All(_) | Expr::CountRows(_) | Expr::Moment(_) => {}
        Expr::Aggregate { function: _, distinct: _, arg } | Expr::Truncate { unit: _, arg } | Expr::Extract { field: _, arg } => {
            expr(arg, found)
        }
        Expr::Elapsed { unit: _, since, until } => {
            expr(since, found);
            until.iter().for_each(|until| expr(until, found));
        }
        Expr::Filtered { aggregate, filter } => {
            expr(aggregate, found);
            predicate(filter, found);
        }
        Expr::Arithmetic { op: _, left, right } => {
            expr(left, found);
            expr(right, found);
        }
        Expr::Function { name: _, args } | Expr::Words(args) => args.iter().for_each(|arg| expr(arg, found)),
        Expr::Scalar(inner) => query(inner, found),
        Expr::Window { function: _, arg, partition, order } => {
            arg.iter().for_each(|arg| expr(arg, found));
            partition.iter().for_each(|part| expr(part, found));
            orders(order, found);
        }
    }
}

fn predicate(root: &Predicate, found: &mut Vec<i64>) {
    match root {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| predicate(part, found)),
        Predicate::Not(part) => predicate(part, found),
        Predicate::Compare { op: _, left, right } => {
            expr(left, found);
            expr(right, found);
        }
        Predicate::Between { expr: value, low, high, negated: _ } => {
            [value, low, high].into_iter().for_each(|part| expr(part, found))
        }
        Predicate::In { expr: value, values, negated: _ } => {
            expr(value, found);
            values.iter().for_each(|value| expr(value, found));
        }
        Predicate::InQuery { expr: value, query: inner, negated: _ } => {
            expr(value, found);
            query(inner, found);
        }
        Predicate::InRange { expr: value, range: _, negated: _ }
        | Predicate::Like { expr: value, pattern: _, any_case: _, negated: _ }
        | Predicate::IsNull { expr: value, negated: _ }
        | Predicate::IsTrue { expr: value, negated: _ } => expr(value, found),
        Predicate::Contains { expr: holder, value, negated: _ } => {
            expr(holder, found);
            expr(value, found);
        }
        Predicate::Related { anchor: _, target: _, filter, negated: _ } => {
            filter.iter().for_each(|filter| predicate(filter, found));
        }
        Predicate::RelatedCount { anchor: _, target: _, filter, op: _, count } => {
            filter.iter().for_each(|filter| predicate(filter, found));
            found.push(*count);
        }
    }
}
