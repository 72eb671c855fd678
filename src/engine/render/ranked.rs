//! Conditions on window functions: "the three dearest products of each category".
//!
//! PostgreSQL computes window functions after WHERE, so the query is written as a subquery with the rank as a column, and the
//! condition around it.

use super::{
    RenderError,
    expr::{Sql, direction},
    output, predicate, quote,
    scope::Scope,
    select,
};
use crate::{
    ir::{Expr, Item, Predicate, Query, Select},
    joins, walk,
};

/// The conditions on rows and the conditions on window functions.
pub(super) struct Split {
    rows: Vec<Predicate>,
    windows: Vec<Predicate>,
}

/// None where no condition of the filter (or of HAVING) is about a window function.
pub(super) fn split(select: &Select) -> Option<Split> {
    let mut flat = Vec::new();
    select.filter.iter().for_each(|filter| predicate::conjuncts(filter, &mut flat));
    let (windows, rows): (Vec<&Predicate>, Vec<&Predicate>) = flat.into_iter().partition(|part| has_window(part));
    let owned = |parts: Vec<&Predicate>| parts.into_iter().cloned().collect();
    (!windows.is_empty()).then(|| Split { rows: owned(rows), windows: owned(windows) })
}

fn has_window(part: &Predicate) -> bool {
    let mut found = false;
    walk::predicate(part, &mut |part| found |= matches!(part, Expr::Window { .. }));
    found
}

pub(super) fn select(written: &Select, split: Split, scope: &Scope<'_>) -> Result<String, RenderError> {
    let mut inner = Select {
        filter: Predicate::all(split.rows),
        distinct: false,
        order: Vec::new(),
        limit: None,
        offset: None,
        ..written.clone()
    };
    let plan = joins::plan(&inner, scope.schema, scope.graph)?;
    let seen = scope.enter(&plan, 0, plan.nodes.len() > 1);
    inner.items = inner.items.into_iter().flat_map(|item| select::opened(item, &seen)).collect();
    let shown = inner.items.len();
    let mut add = |expr: &Expr| {
        if !inner.items.iter().any(|item| item.expr == *expr) {
            inner.items.push(Item { expr: expr.clone(), alias: None });
        }
    };
    for part in &split.windows {
        walk::predicate(part, &mut |part| {
            if matches!(part, Expr::Window { .. }) {
                add(part);
            }
        });
        // "dearer than the average of its category": the other side of the comparison too.
        if let Predicate::Compare { left, right, .. } = part {
            let plain = |side: &&Expr| !matches!(side, Expr::Window { .. } | Expr::Literal(_) | Expr::Moment(_));
            [left, right].into_iter().filter(plain).for_each(&mut add);
        }
    }
    written.order.iter().for_each(|order| add(&order.expr));

    let names: Vec<String> = output::names(&inner.items, &seen).iter().map(|name| quote::ident(name)).collect();
    let mut open = scope.clone();
    open.nested = false; // the query around it needs the names
    let text = select::query(&Query::Select(Box::new(named(&inner, &names, &seen))), &open)?;
    let mut outer = scope.apart();
    outer.replaced = inner.items.iter().map(|item| item.expr.clone()).zip(names.iter().map(Sql::atom)).collect();
    let mut lines = vec![
        select::list(if written.distinct { "SELECT DISTINCT" } else { "SELECT" }, &names[..shown]),
        format!("FROM (\n{}\n) ranked", quote::indent(&text, 2)),
    ];
    let conditions: Vec<&Predicate> = split.windows.iter().collect();
    lines.extend(predicate::clause("WHERE", predicate::conditions(&conditions, &outer)?));
    let sorted = if written.distinct { shown } else { names.len() }; // DISTINCT sorts by what it shows only
    let keys = written.order.iter().filter_map(|order| {
        let at = inner.items[..sorted].iter().position(|item| item.expr == order.expr)?;
        Some(format!("{}{}", names[at], direction(order, &seen)))
    });
    let keys: Vec<String> = keys.collect();
    if !keys.is_empty() {
        lines.push(select::list("ORDER BY", &keys));
    }
    lines.extend(written.limit.map(|limit| format!("LIMIT {limit}")));
    lines.extend(written.offset.filter(|offset| *offset > 0).map(|offset| format!("OFFSET {offset}")));
    Ok(lines.join("\n"))
}

/// The names are fixed inside, so that the query around them can rely on them.
fn named(inner: &Select, names: &[String], seen: &Scope<'_>) -> Select {
    let plain = output::names(&inner.items, seen);
    let items = inner.items.iter().zip(plain).map(|(item, name)| Item { expr: item.expr.clone(), alias: Some(name) });
    debug_assert_eq!(inner.items.len(), names.len());
    Select { items: items.collect(), ..inner.clone() }
}
