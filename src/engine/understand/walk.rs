//! Small walks over the intermediate representation.

use nl_query_core::schema::RelationId;

use crate::ir::{Expr, Predicate, Source};

/// Calls `found` for each column, row count or whole row in an expression, subqueries left out.
fn sources(expr: &Expr, found: &mut dyn FnMut(Source)) {
    match expr {
        Expr::Column(column) => found(column.source),
        Expr::All(source) | Expr::CountRows(source) => found(*source),
        Expr::Aggregate { arg, .. }
        | Expr::Truncate { arg, .. }
        | Expr::Extract { arg, .. }
        | Expr::Elapsed { since: arg, .. } => sources(arg, found),
        Expr::Filtered { aggregate, .. } => sources(aggregate, found),
        Expr::Arithmetic { left, right, .. } => {
            sources(left, found);
            sources(right, found);
        }
        Expr::Function { args, .. } | Expr::Words(args) => args.iter().for_each(|arg| sources(arg, found)),
        Expr::Window { arg, partition, order, .. } => {
            arg.iter().for_each(|arg| sources(arg, found));
            partition.iter().for_each(|arg| sources(arg, found));
            order.iter().for_each(|order| sources(&order.expr, found));
        }
        Expr::Literal(_) | Expr::Moment(_) | Expr::Scalar(_) => {}
    }
}

pub fn first_source(expr: &Expr) -> Option<Source> {
    let mut first = None;
    sources(expr, &mut |source| first = first.or(Some(source)));
    first
}

pub fn expr_relations(expr: &Expr, add: &mut dyn FnMut(RelationId)) {
    sources(expr, &mut |source| add(source.relation));
}

pub fn predicate_relations(predicate: &Predicate, add: &mut dyn FnMut(RelationId)) {
    match predicate {
        Predicate::And(all) | Predicate::Or(all) => all.iter().for_each(|one| predicate_relations(one, add)),
        Predicate::Not(inner) => predicate_relations(inner, add),
        Predicate::Compare { left, right, .. } => {
            expr_relations(left, add);
            expr_relations(right, add);
        }
        Predicate::Between { expr, .. }
        | Predicate::InRange { expr, .. }
        | Predicate::In { expr, .. }
        | Predicate::InQuery { expr, .. }
        | Predicate::Like { expr, .. }
        | Predicate::IsNull { expr, .. }
        | Predicate::IsTrue { expr, .. }
        | Predicate::Contains { expr, .. } => expr_relations(expr, add),
        // What is asked about with EXISTS does not join.
        Predicate::Related { anchor, .. } | Predicate::RelatedCount { anchor, .. } => add(anchor.relation),
    }
}

/// An aggregate stands somewhere in the expression, outside subqueries and windows.
pub fn is_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::CountRows(_) | Expr::Aggregate { .. } | Expr::Filtered { .. } => true,
        Expr::Arithmetic { left, right, .. } => is_aggregate(left) || is_aggregate(right),
        Expr::Function { args, .. } => args.iter().any(is_aggregate),
        _ => false,
    }
}

/// The expression has no column outside subqueries.
pub fn is_constant(expr: &Expr) -> bool {
    first_source(expr).is_none()
}

/// One of two conditions; equalities of one column become one IN.
pub fn either(left: Predicate, right: Predicate) -> Predicate {
    match (left, right) {
        (Predicate::In { expr, mut values, negated: false }, Predicate::In { expr: other, values: more, negated: false })
            if expr == other =>
        {
            for value in more {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            Predicate::In { expr, values, negated: false }
        }
        (Predicate::Or(mut any), right) => {
            any.push(right);
            Predicate::Or(any)
        }
        (left, right) => Predicate::Or(vec![left, right]),
    }
}
