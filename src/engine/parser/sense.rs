//! What nobody would ask for: conditions said twice or excluding each other, figures of what a group is made by. The network points at
//! the same words again where it knows of no others for a second condition, and takes everything away again where it knows of no
//! condition for what to leave out.

use crate::ir::{Aggregate, Comparison, Expr, Literal, Predicate, Query, Select, SetOp};
use crate::walk;

/// The query with each of its conditions once; none where two of them exclude each other or nothing can be left, so that no row could
/// be found, and none where it takes figures of what its groups are made by.
pub fn sensible(mut query: Query) -> Option<Query> {
    is_sensible(&mut query).then_some(query)
}

fn is_sensible(query: &mut Query) -> bool {
    match query {
        Query::Set { op, left, right } => {
            is_sensible(left) && is_sensible(right) && !(*op == SetOp::Except && takes_all(left, right))
        }
        Query::Select(select) => {
            let mut inside = true;
            for condition in [&mut select.filter, &mut select.having] {
                if let Some(condition) = condition {
                    walk::subqueries_mut(condition, &mut |query| inside &= is_sensible(query));
                }
                *condition = condition.take().and_then(once);
            }
            order_by_figures(select);
            inside && !figures_out_its_group(select) && !select.filter.iter().chain(&select.having).any(excludes_itself)
        }
    }
}

/// Whether the right side has whatever the left side can have: the same of all rows, or of all that the left side has.
fn takes_all(left: &Query, right: &Query) -> bool {
    let (Query::Select(left), Query::Select(right)) = (left, right) else { return false };
    fn shown(select: &Select) -> impl Iterator<Item = &Expr> {
        select.items.iter().map(|item| &item.expr)
    }
    let of_one = |expr: &Expr| match (expr, right.subject) {
        (Expr::Column(column), Some(subject)) => column.source == subject,
        _ => false,
    };
    let all = right.filter.is_none() || right.filter == left.filter;
    let whole = all && right.having.is_none() && right.limit.is_none() && right.also.is_empty();
    whole && shown(right).all(of_one) && shown(right).eq(shown(left))
}

/// Groups that show a figure of a column are in the order of that figure, not of the column, which would take the groups apart: the total
/// paid by each customer, greatest first.
fn order_by_figures(select: &mut Select) {
    if select.group.is_empty() {
        return;
    }
    let is_of = |expr: &Expr, column: &Expr| matches!(expr, Expr::Aggregate { arg, .. } if **arg == *column);
    for key in &mut select.order {
        let mut figures = select.items.iter().map(|item| &item.expr).filter(|expr| is_of(expr, &key.expr));
        if let (Some(figure), None, false) = (figures.next(), figures.next(), select.group.contains(&key.expr)) {
            key.expr = figure.clone();
        }
    }
}

/// How many different ones, which is the least, or the sum, of what is the same in all rows of a group: of what the group is made by, or
/// what is shown of it beside the figure, which then makes the group as well.
fn figures_out_its_group(select: &Select) -> bool {
    let mut found = false;
    let mut look = |part: &Expr| {
        if let Expr::Aggregate { function, distinct, arg } = part {
            let is_same = select.group.contains(arg) || select.items.iter().any(|item| item.expr == **arg);
            found |= is_same && (*function != Aggregate::Count || *distinct);
        }
    };
    walk::output_exprs(select).for_each(|expr| walk::expr(expr, &mut look));
    select.having.iter().for_each(|having| walk::predicate(having, &mut look));
    found
}

/// What is required all together, each once.
fn once(predicate: Predicate) -> Option<Predicate> {
    let Predicate::And(parts) = predicate else { return Some(predicate) };
    let mut kept: Vec<Predicate> = Vec::with_capacity(parts.len());
    for part in parts {
        if !kept.contains(&part) {
            kept.push(part);
        }
    }
    Predicate::all(kept)
}

/// One column is required to be two things at once, or one thing and less or more than it.
fn excludes_itself(predicate: &Predicate) -> bool {
    let Predicate::And(parts) = predicate else { return false };
    let equals: Vec<(&Expr, &Literal)> = parts.iter().filter_map(equal_to_literal).collect();
    let differs = |at: usize| equals[..at].iter().any(|other| other.0 == equals[at].0 && other.1 != equals[at].1);
    let beyond = |(column, value): &(&Expr, &Literal)| parts.iter().any(|part| is_beyond(part, column, value));
    (0..equals.len()).any(differs) || equals.iter().any(beyond)
}

fn equal_to_literal(predicate: &Predicate) -> Option<(&Expr, &Literal)> {
    match predicate {
        Predicate::Compare { op: Comparison::Equal, left: left @ Expr::Column(_), right: Expr::Literal(right) } => {
            Some((left, right))
        }
        Predicate::In { expr: expr @ Expr::Column(_), values, negated: false } => match values.as_slice() {
            [Expr::Literal(value)] => Some((expr, value)),
            _ => None,
        },
        _ => None,
    }
}

/// The condition wants the column to be less or more than the very value. That is all that is compared: which of two numbers is the
/// larger must not matter, or an answer could not serve other numbers ([`crate::slots`]).
fn is_beyond(predicate: &Predicate, column: &Expr, value: &Literal) -> bool {
    let Predicate::Compare { op: Comparison::Less | Comparison::Greater, left, right: Expr::Literal(limit) } = predicate else {
        return false;
    };
    left == column && limit == value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{ColumnUse, Item, Order, Source};

    fn compared(column: usize, op: Comparison, value: i64) -> Predicate {
        let left = Expr::Column(ColumnUse { source: Source::first(0), column });
        Predicate::Compare { op, left, right: Expr::Literal(Literal::Integer(value)) }
    }

    fn equal(column: usize, value: i64) -> Predicate {
        compared(column, Comparison::Equal, value)
    }

    #[test]
    fn a_condition_stands_once() {
        assert_eq!(once(Predicate::And(vec![equal(1, 5), equal(1, 5)])), Some(equal(1, 5)));
        let both = Predicate::And(vec![equal(1, 5), equal(2, 5)]);
        assert_eq!(once(Predicate::And(vec![equal(1, 5), equal(2, 5), equal(1, 5)])), Some(both));
    }

    #[test]
    fn a_column_is_one_thing_at_a_time() {
        assert!(excludes_itself(&Predicate::And(vec![equal(1, 5), equal(1, 6)])));
        assert!(!excludes_itself(&Predicate::And(vec![equal(1, 5), equal(2, 6)])));
        assert!(!excludes_itself(&Predicate::Or(vec![equal(1, 5), equal(1, 6)])));
    }

    #[test]
    fn something_is_left_of_a_difference() {
        let select = |column: usize, filter: Option<Predicate>| {
            let expr = Expr::Column(ColumnUse { source: Source::first(0), column });
            let items = vec![Item { expr, alias: None }];
            Query::Select(Box::new(Select { items, subject: Some(Source::first(0)), filter, ..Select::default() }))
        };
        let except = |left, right| Query::Set { op: SetOp::Except, left: Box::new(left), right: Box::new(right) };
        assert_eq!(sensible(except(select(1, Some(equal(2, 5))), select(1, None))), None);
        assert_eq!(sensible(except(select(1, Some(equal(2, 5))), select(1, Some(equal(2, 5))))), None);
        for kept in [except(select(1, None), select(1, Some(equal(2, 5)))), except(select(1, None), select(2, None))] {
            assert_eq!(sensible(kept.clone()), Some(kept));
        }
    }

    #[test]
    fn groups_are_in_the_order_of_their_figure() {
        let column = |column| Expr::Column(ColumnUse { source: Source::first(0), column });
        let sum = || Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(column(2)) };
        let ordered = |group: Vec<Expr>, by: Expr| {
            let items = vec![Item { expr: column(1), alias: None }, Item { expr: sum(), alias: None }];
            let order = vec![Order { expr: by, descending: true }];
            let mut select = Select { items, group, order, ..Select::default() };
            order_by_figures(&mut select);
            select.order.remove(0).expr
        };
        assert_eq!(ordered(vec![column(1)], column(2)), sum());
        assert_eq!(ordered(vec![column(1)], column(1)), column(1));
        assert_eq!(ordered(vec![column(1)], column(3)), column(3));
        assert_eq!(ordered(Vec::new(), column(2)), column(2));
    }

    #[test]
    fn a_group_has_one_of_what_it_is_made_by() {
        let column = |column| Expr::Column(ColumnUse { source: Source::first(0), column });
        let shown = |shown: &[usize], function, distinct, arg| {
            let figure = Expr::Aggregate { function, distinct, arg: Box::new(column(arg)) };
            let items = shown.iter().map(|shown| column(*shown)).chain([figure]).map(|expr| Item { expr, alias: None }).collect();
            sensible(Query::Select(Box::new(Select { items, group: vec![column(1)], ..Select::default() }))).is_some()
        };
        let grouped = |function, distinct, arg| shown(&[1], function, distinct, arg);
        assert!(shown(&[1, 3], Aggregate::Sum, false, 2) && !shown(&[1, 2], Aggregate::Sum, false, 2));
        assert!(!grouped(Aggregate::Count, true, 1) && !grouped(Aggregate::Max, false, 1) && !grouped(Aggregate::Sum, false, 1));
        assert!(grouped(Aggregate::Count, false, 1) && grouped(Aggregate::Count, true, 2) && grouped(Aggregate::Max, false, 2));
    }

    #[test]
    fn nothing_is_less_than_itself() {
        for (op, limit, excluded) in [
            (Comparison::Less, 60, true),
            (Comparison::LessOrEqual, 60, false),
            (Comparison::Greater, 60, true),
            (Comparison::Greater, 70, false),
        ] {
            assert_eq!(excludes_itself(&Predicate::And(vec![compared(1, op, limit), equal(1, 60)])), excluded, "{op:?}");
            assert!(!excludes_itself(&Predicate::And(vec![compared(2, op, limit), equal(1, 60)])));
        }
    }
}
