//! What the passes ask of the intermediate representation, over the walks of [`crate::walk`].

use std::collections::BTreeSet;

use nl_query_core::schema::RelationId;

use crate::ir::{Expr, Predicate, Source};
use crate::walk;

/// The source that an expression names first.
pub fn first_source(expr: &Expr) -> Option<Source> {
    let mut first = None;
    walk::expr(expr, &mut |part| {
        let source = match part {
            Expr::Column(column) => Some(column.source),
            Expr::All(source) | Expr::CountRows(source) => Some(*source),
            _ => None,
        };
        first = first.or(source);
    });
    first
}

/// The expression has no column outside subqueries.
pub fn is_constant(expr: &Expr) -> bool {
    first_source(expr).is_none()
}

/// The condition is about the expression, among others.
pub fn mentions(predicate: &Predicate, wanted: &Expr) -> bool {
    let mut found = false;
    walk::predicate(predicate, &mut |part| found |= part == wanted);
    found
}

/// Relations that an expression reads, subqueries left out.
pub fn expr_relations(expr: &Expr, add: &mut dyn FnMut(RelationId)) {
    let mut sources = BTreeSet::new();
    walk::expr_sources(expr, &mut sources);
    sources.iter().for_each(|source| add(source.relation));
}

/// Relations that a condition joins: of what is asked about with EXISTS only the anchor.
pub fn predicate_relations(predicate: &Predicate, add: &mut dyn FnMut(RelationId)) {
    let mut sources = BTreeSet::new();
    walk::predicate_sources(predicate, &mut sources);
    sources.iter().for_each(|source| add(source.relation));
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
