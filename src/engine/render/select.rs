//! A query as PostgreSQL text: one clause a line.

use std::collections::BTreeSet;

use nl_query_core::schema::RelationKind;

use super::{RenderError, expr, fold, from, output, predicate, quote, ranked, scope::Scope, types};
use crate::{
    ir::{Aggregate, Expr, Item, Order, Predicate, Query, Select, SetOp, Source},
    joins::{self, JoinPlan},
    walk,
};

/// Longest SELECT or GROUP BY line before it is broken.
const LINE: usize = 100;

pub(super) fn query(query: &Query, scope: &Scope<'_>) -> Result<String, RenderError> {
    match query {
        Query::Select(select) => match ranked::split(select) {
            Some(split) => ranked::select(select, split, scope),
            None => self::select(select, scope),
        },
        Query::Set { op, left, right } => {
            let word = match op {
                SetOp::Union => "UNION",
                SetOp::Intersect => "INTERSECT",
                SetOp::Except => "EXCEPT",
            };
            Ok(format!("{}\n{word}\n{}", side(left, *op, true, scope)?, side(right, *op, false, scope)?))
        }
    }
}

/// A side of a set operation; in parentheses where its own ORDER BY, LIMIT or operator would be taken for the whole's.
fn side(side: &Query, around: SetOp, is_left: bool, scope: &Scope<'_>) -> Result<String, RenderError> {
    let text = query(side, scope)?;
    let closed = match side {
        Query::Select(select) => !select.order.is_empty() || select.limit.is_some() || select.offset.is_some(),
        Query::Set { op, .. } => !(is_left && *op == around),
    };
    Ok(if closed { format!("(\n{}\n)", quote::indent(&text, 2)) } else { text })
}

pub(super) fn select(written: &Select, scope: &Scope<'_>) -> Result<String, RenderError> {
    let plan = joins::plan(written, scope.schema, scope.graph)?;
    let qualified = plan.nodes.len() > 1 || asks_related(written);
    let mut scope = scope.enter(&plan, 0, qualified);
    let branches = fold::join_branches(written, &plan, &mut scope)?;
    let scope = scope;
    let select = complete(written, &scope);
    if select.items.is_empty() {
        return Err(RenderError::Invalid("the query shows nothing".to_string()));
    }
    let names = output::names(&select.items, &scope);
    let grouped = walk::is_grouped(&select);

    let mut lines = vec![items(&select, &names, &scope)?];
    let (on, filter) = share_filter(&select, &plan);
    let joined: Vec<usize> = plan.joined().collect();
    lines.extend(from::clause_on(&plan, &joined, &scope, &mut |at| {
        let parts: Vec<&Predicate> = on.iter().filter(|(node, _)| *node == at).map(|(_, part)| *part).collect();
        predicate::conditions(&parts, &scope)
    })?);
    lines.extend(branches);
    lines.extend(predicate::clause("WHERE", predicate::conditions_also(&filter, &select.also, &scope)?));
    if !select.group.is_empty() {
        let group =
            select.group.iter().map(|part| expr::expr(part, &scope).map(|part| part.text)).collect::<Result<Vec<_>, _>>()?;
        lines.push(list("GROUP BY", &group));
    }
    if let Some(having) = &select.having {
        lines.extend(predicate::clause("HAVING", predicate::conditions(&[having], &scope)?));
    }
    if !select.order.is_empty() {
        let keys = select.order.iter().map(|order| sort_key(order, &select, &names, grouped, &scope));
        lines.push(list("ORDER BY", &keys.collect::<Result<Vec<_>, _>>()?));
    }
    lines.extend(select.limit.map(|limit| format!("LIMIT {limit}")));
    lines.extend(select.offset.filter(|offset| *offset > 0).map(|offset| format!("OFFSET {offset}")));
    Ok(lines.join("\n"))
}

/// True when a correlated subquery will look at the sources from inside.
fn asks_related(select: &Select) -> bool {
    let mut found = [&select.filter, &select.having].into_iter().flatten().any(walk::has_related);
    let mut look = |part: &Expr| {
        if let Expr::Filtered { filter, .. } = part {
            found |= walk::has_related(filter);
        }
    };
    walk::output_exprs(select).for_each(|part| walk::expr(part, &mut look));
    found
}

/// Opens `All` beside other items, completes GROUP BY, and makes DISTINCT legal beside an ORDER BY of something else.
fn complete(written: &Select, scope: &Scope<'_>) -> Select {
    let mut select = written.clone();
    let grouped = walk::is_grouped(&select);
    if select.items.len() > 1 || grouped || select.distinct {
        select.items = select.items.into_iter().flat_map(|item| opened(item, scope)).collect();
    }
    if grouped {
        let shown = select.items.iter().map(|item| &item.expr).chain(select.order.iter().map(|order| &order.expr));
        let bare: Vec<Expr> = shown.flat_map(ungrouped).cloned().collect();
        for part in bare {
            if !select.group.contains(&part) && !is_determined(&part, &select.group, scope) {
                select.group.push(part);
            }
        }
    }
    let selected = |order: &Order| select.items.iter().any(|item| item.expr == order.expr);
    if select.distinct && !select.order.iter().all(selected) {
        select.distinct = false; // groups are distinct rows already
        if select.items.iter().any(|item| matches!(item.expr, Expr::Window { .. })) {
            // A window function cannot be grouped by: the rows stay distinct and lose the order that they do not show.
            select.distinct = true;
            let shown: Vec<Expr> = select.items.iter().map(|item| item.expr.clone()).collect();
            select.order.retain(|order| shown.contains(&order.expr));
        } else if !grouped {
            select.order.retain(|order| types::has_extremes(types::of(&order.expr, scope.schema).kind));
            select.group = select.items.iter().map(|item| item.expr.clone()).collect();
            for order in select.order.iter_mut().filter(|order| !select.group.contains(&order.expr)) {
                let function = if order.descending { Aggregate::Max } else { Aggregate::Min };
                order.expr = Expr::Aggregate { function, distinct: false, arg: Box::new(order.expr.clone()) };
            }
        }
    }
    select
}

pub(super) fn opened(item: Item, scope: &Scope<'_>) -> Vec<Item> {
    match item.expr {
        Expr::All(source) => {
            let width = scope.schema.relations.get(source.relation).map_or(0, |relation| relation.columns.len());
            (0..width).map(|column| Item { expr: Expr::Column(source.column(column)), alias: None }).collect()
        }
        _ => vec![item],
    }
}

/// The largest parts of an expression that hold columns and no aggregate: what GROUP BY must know.
fn ungrouped(root: &Expr) -> Vec<&Expr> {
    let mut sources = BTreeSet::new();
    walk::expr_sources(root, &mut sources);
    let window = matches!(root, Expr::Window { .. });
    if sources.is_empty() {
        return Vec::new();
    }
    if !walk::has_aggregate(root) && !window {
        return vec![root];
    }
    match root {
        Expr::Arithmetic { left, right, .. } => ungrouped(left).into_iter().chain(ungrouped(right)).collect(),
        Expr::Function { args, .. } | Expr::Words(args) => args.iter().flat_map(ungrouped).collect(),
        Expr::Truncate { arg, .. } | Expr::Extract { arg, .. } => ungrouped(arg),
        Expr::Window { arg, partition, order, .. } => {
            let parts = arg.iter().map(|arg| &**arg).chain(partition).chain(order.iter().map(|order| &order.expr));
            parts.flat_map(ungrouped).collect()
        }
        _ => Vec::new(),
    }
}

/// True when all columns of the expression belong to sources whose whole primary key is grouped by: PostgreSQL knows that each
/// group has one value of them. It does so for tables only.
fn is_determined(part: &Expr, group: &[Expr], scope: &Scope<'_>) -> bool {
    let mut sources = BTreeSet::new();
    walk::expr_sources(part, &mut sources);
    sources.into_iter().all(|source| {
        scope.schema.relations.get(source.relation).is_some_and(|table| {
            matches!(table.kind, RelationKind::Table | RelationKind::PartitionedTable)
                && !table.primary_key.is_empty()
                && table.primary_key.iter().all(|&column| group.contains(&Expr::Column(source.column(column))))
        })
    })
}

fn items(select: &Select, names: &[String], scope: &Scope<'_>) -> Result<String, RenderError> {
    let mut texts = Vec::with_capacity(select.items.len());
    for (item, name) in select.items.iter().zip(names) {
        texts.push(match &item.expr {
            Expr::All(source) => match scope.alias(*source) {
                Some(Some(alias)) => format!("{alias}.*"),
                _ => "*".to_string(),
            },
            other if scope.nested => expr::expr(other, scope)?.text,
            other => output::named(&expr::expr(other, scope)?.text, other, name, scope),
        });
    }
    Ok(list(if select.distinct { "SELECT DISTINCT" } else { "SELECT" }, &texts))
}

pub(super) fn list(word: &str, parts: &[String]) -> String {
    let line = format!("{word} {}", parts.join(", "));
    if parts.len() < 2 || (line.len() <= LINE && !line.contains('\n')) {
        line
    } else {
        format!("{word}\n{}", quote::indent(&parts.join(",\n"), 2))
    }
}

/// An item that is sorted by is named, anything else is written out.
fn sort_key(order: &Order, select: &Select, names: &[String], grouped: bool, scope: &Scope<'_>) -> Result<String, RenderError> {
    let direction = expr::direction(order, scope);
    let named = select.items.iter().zip(names).find(|(item, _)| item.expr == order.expr);
    match named {
        Some((item, name)) if !scope.nested && !matches!(item.expr, Expr::Column(_)) => {
            Ok(format!("{}{direction}", quote::ident(name)))
        }
        _ => {
            let text = expr::expr(&order.expr, scope)?;
            // A bare name in ORDER BY is an output column before it is a column of the table.
            if let Expr::Column(used) = &order.expr
                && !grouped
                && scope.alias(used.source) == Some(None)
                && select.items.iter().zip(names).any(|(item, name)| quote::ident(name) == text.text && item.expr != order.expr)
            {
                return Ok(format!("{}.{}{direction}", scope.relation(used.source)?, text.text));
            }
            Ok(format!("{}{direction}", text.text))
        }
    }
}

/// Conditions on what is joined by a wanted LEFT JOIN go to its ON, or they would throw out the very rows without a match; a
/// test for NULL asks for those rows and stays in WHERE.
fn share_filter<'s>(select: &'s Select, plan: &JoinPlan) -> (Vec<(usize, &'s Predicate)>, Vec<&'s Predicate>) {
    let mut flat = Vec::new();
    select.filter.iter().for_each(|filter| predicate::conjuncts(filter, &mut flat));
    let mut on = Vec::new();
    let mut rest = Vec::new();
    for part in flat {
        let mut sources: BTreeSet<Source> = BTreeSet::new();
        walk::predicate_sources(part, &mut sources);
        if fold::is_inside(part, plan).is_some() {
            continue; // the branch's subquery has it
        }
        let wanted = |at: &usize| plan.nodes[*at].link.as_ref().is_some_and(|link| link.outer && !link.loose);
        let deepest = sources.iter().filter_map(|&source| plan.position(source)).filter(wanted).max();
        match deepest {
            Some(at) if !tests_null(part) && sources.iter().all(|&source| plan.position(source) <= Some(at)) => {
                on.push((at, part));
            }
            _ => rest.push(part),
        }
    }
    (on, rest)
}

fn tests_null(part: &Predicate) -> bool {
    match part {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().any(tests_null),
        Predicate::Not(part) => tests_null(part),
        Predicate::IsNull { negated, .. } => !negated,
        _ => false,
    }
}
