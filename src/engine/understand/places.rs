//! The first of each: "the two longest tracks of each genre", "the most rented film in every category", "date of the latest order
//! of each customer".

use super::draft::{Draft, Want};
use crate::ir::{Aggregate, Comparison, Expr, Literal, Predicate, WindowFunction};

/// Rows are ranked within groups: there are so many of each, and no figure of the groups is asked for.
pub fn are_asked(draft: &Draft) -> bool {
    draft.each
        && draft.limit.is_some()
        && !draft.order.is_empty()
        && !draft.groups.is_empty()
        && !draft.wants.iter().any(|want| matches!(want, Want::Expr(expr) if crate::walk::has_aggregate(expr)))
        && draft.context.subject.is_none_or(|subject| {
            !draft.groups.iter().any(|want| matches!(want, Want::Entity(source) if source.relation == subject))
        })
}

/// Turns order and limit into a place within the group.
pub fn of_each(draft: &mut Draft) {
    let ranked = draft.wants.iter().any(|want| !draft.groups.contains(want));
    if !are_asked(draft) || !ranked {
        return;
    }
    let (limit, skipped) = (draft.limit.take().unwrap_or(1), draft.offset.take().unwrap_or(0));
    let order = std::mem::take(&mut draft.order);
    let shown: Vec<Want> = draft.wants.iter().filter(|want| !draft.groups.contains(want)).cloned().collect();
    // "date of the latest order of each customer": the figure itself.
    if let ([Want::Column(column)], [key], 1, 0) = (shown.as_slice(), order.as_slice(), limit, skipped)
        && key.expr == Expr::Column(*column)
    {
        let function = if key.descending { Aggregate::Max } else { Aggregate::Min };
        draft.wants = vec![Want::Expr(Draft::aggregate(function, *column))];
        return;
    }
    // A row without a name is known by its key, and by what it is ranked by.
    for at in 0..draft.wants.len() {
        if let Want::Entity(source) = draft.wants[at]
            && !draft.groups.contains(&draft.wants[at])
            && draft.label(source).is_empty()
        {
            let keys = draft.identity(&draft.wants[at]).into_iter();
            let ranked = order.iter().map(|key| key.expr.clone());
            let shown = keys.chain(ranked).filter(|expr| matches!(expr, Expr::Column(_))).map(Want::Expr).collect::<Vec<_>>();
            draft.wants.splice(at..=at, shown);
            break;
        }
    }
    let partition: Vec<Expr> = draft.groups.iter().flat_map(|want| draft.identity(want)).collect();
    let place = Expr::Window { function: WindowFunction::Rank, arg: None, partition, order };
    let whole = |number: u64| Expr::Literal(Literal::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    draft.place = Some(match (skipped, limit) {
        (0, limit) => Predicate::Compare { op: Comparison::LessOrEqual, left: place, right: whole(limit) },
        (skipped, 1) => Predicate::Compare { op: Comparison::Equal, left: place, right: whole(skipped + 1) },
        (skipped, limit) => {
            Predicate::Between { expr: place, low: whole(skipped + 1), high: whole(skipped + limit), negated: false }
        }
    });
}
