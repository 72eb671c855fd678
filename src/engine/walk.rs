//! Walks over the intermediate representation: which sources an expression uses, which aggregates stand in it.
//!
//! A subquery ([`Expr::Scalar`], [`Predicate::InQuery`]) is a scope of its own: no walk enters it, [`subqueries_mut`] hands it out. Of
//! [`Predicate::Related`] only the anchor belongs to the scope that it stands in.

use std::collections::BTreeSet;

use crate::ir::{Expr, Order, Predicate, Query, Select, Source};

/// Calls `visit` with the expression and everything below it, from the outside in.
pub fn expr<'a>(root: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(root);
    match root {
        Expr::Column(_) | Expr::All(_) | Expr::CountRows(_) | Expr::Literal(_) | Expr::Moment(_) | Expr::Scalar(_) => {}
        Expr::Aggregate { arg, .. } | Expr::Truncate { arg, .. } | Expr::Extract { arg, .. } => expr(arg, visit),
        Expr::Elapsed { since, until, .. } => {
            expr(since, visit);
            until.iter().for_each(|until| expr(until, visit));
        }
        Expr::Filtered { aggregate, filter } => {
            expr(aggregate, visit);
            predicate(filter, visit);
        }
        Expr::Arithmetic { left, right, .. } => {
            expr(left, visit);
            expr(right, visit);
        }
        Expr::Function { args, .. } | Expr::Words(args) => args.iter().for_each(|arg| expr(arg, visit)),
        Expr::Window { arg, partition, order, .. } => {
            arg.iter().for_each(|arg| expr(arg, visit));
            partition.iter().for_each(|part| expr(part, visit));
            order.iter().for_each(|order| expr(&order.expr, visit));
        }
    }
}

/// Calls `visit` with every expression of the condition that belongs to its own scope.
pub fn predicate<'a>(root: &'a Predicate, visit: &mut dyn FnMut(&'a Expr)) {
    match root {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| predicate(part, visit)),
        Predicate::Not(part) => predicate(part, visit),
        Predicate::Compare { left, right, .. } => {
            expr(left, visit);
            expr(right, visit);
        }
        Predicate::Between { expr: value, low, high, .. } => {
            for part in [value, low, high] {
                expr(part, visit);
            }
        }
        Predicate::In { expr: value, values, .. } => {
            expr(value, visit);
            values.iter().for_each(|value| expr(value, visit));
        }
        Predicate::InRange { expr: value, .. }
        | Predicate::InQuery { expr: value, .. }
        | Predicate::Like { expr: value, .. }
        | Predicate::IsNull { expr: value, .. }
        | Predicate::IsTrue { expr: value, .. } => expr(value, visit),
        Predicate::Contains { expr: array, value, .. } => {
            expr(array, visit);
            expr(value, visit);
        }
        Predicate::Related { .. } | Predicate::RelatedCount { .. } => {}
    }
}

/// Calls `visit` with the queries inside a condition, but not with those inside them.
pub fn subqueries_mut(root: &mut Predicate, visit: &mut dyn FnMut(&mut Query)) {
    match root {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter_mut().for_each(|part| subqueries_mut(part, visit)),
        Predicate::Compare { right: Expr::Scalar(query), .. } | Predicate::InQuery { query, .. } => visit(query),
        _ => {}
    }
}

/// The select that says what is shown.
pub fn first_select(query: &Query) -> &Select {
    match query {
        Query::Select(select) => select,
        Query::Set { left, .. } => first_select(left),
    }
}

fn note(part: &Expr, found: &mut BTreeSet<Source>) {
    match part {
        Expr::Column(column) => {
            found.insert(column.source);
        }
        Expr::All(source) | Expr::CountRows(source) => {
            found.insert(*source);
        }
        _ => {}
    }
}

/// Adds the sources that an expression uses.
pub fn expr_sources(root: &Expr, found: &mut BTreeSet<Source>) {
    expr(root, &mut |part| {
        note(part, found);
        if let Expr::Filtered { filter, .. } = part {
            anchors(filter, found);
        }
    });
}

/// Adds the sources that a condition uses in its own scope.
pub fn predicate_sources(root: &Predicate, found: &mut BTreeSet<Source>) {
    predicate(root, &mut |part| {
        note(part, found);
        if let Expr::Filtered { filter, .. } = part {
            anchors(filter, found);
        }
    });
    anchors(root, found);
}

fn anchors(root: &Predicate, found: &mut BTreeSet<Source>) {
    match root {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| anchors(part, found)),
        Predicate::Not(part) => anchors(part, found),
        Predicate::Related { anchor, .. } | Predicate::RelatedCount { anchor, .. } => {
            found.insert(*anchor);
        }
        _ => {}
    }
}

/// True when a condition of this scope holds [`Predicate::Related`] or [`Predicate::RelatedCount`].
pub fn has_related(root: &Predicate) -> bool {
    let mut found = BTreeSet::new();
    anchors(root, &mut found);
    !found.is_empty()
}

/// Every expression whose rows the answer shows, groups or sorts by: all but the filter.
pub fn output_exprs(select: &Select) -> impl Iterator<Item = &Expr> {
    let order = select.order.iter().map(|Order { expr, .. }| expr);
    select.items.iter().map(|item| &item.expr).chain(&select.group).chain(order)
}

/// Sources of everything but the filter.
pub fn output_sources(select: &Select) -> BTreeSet<Source> {
    let mut found = BTreeSet::new();
    output_exprs(select).for_each(|part| expr_sources(part, &mut found));
    if let Some(having) = &select.having {
        predicate_sources(having, &mut found);
    }
    found
}

/// True when the expression computes an aggregate of its own scope (a window function over rows is none).
pub fn has_aggregate(root: &Expr) -> bool {
    let mut found = false;
    expr(root, &mut |part| found |= matches!(part, Expr::CountRows(_) | Expr::Aggregate { .. }));
    found
}

/// Same for a condition.
pub fn predicate_has_aggregate(root: &Predicate) -> bool {
    let mut found = false;
    predicate(root, &mut |part| found |= matches!(part, Expr::CountRows(_) | Expr::Aggregate { .. }));
    found
}

/// True when the rows of the SELECT are groups: it has GROUP BY, HAVING or an aggregate.
pub fn is_grouped(select: &Select) -> bool {
    !select.group.is_empty() || select.having.is_some() || output_exprs(select).any(has_aggregate)
}
