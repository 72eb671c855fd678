//! Branches that are aggregated before they are joined.
//!
//! Orders and payments of a customer joined side by side repeat each other; each summed in a subquery of its own, they do not.
//! The aggregates of the outer query then sum (or take the least, or the greatest) of what the subqueries give.

use std::collections::BTreeSet;

use super::{
    RenderError, expr,
    expr::{Level, Sql},
    from, predicate, quote,
    scope::Scope,
};
use crate::{
    ir::{Aggregate, Expr, Predicate, Select, Source},
    joins::{JoinPlan, aggregates_whole, folded_branch},
    walk,
};

/// The lines that join the folded branches; the scope learns what stands for their aggregates.
pub(super) fn join_branches(select: &Select, plan: &JoinPlan, scope: &mut Scope<'_>) -> Result<Vec<String>, RenderError> {
    let mut lines = Vec::new();
    for root in (1..plan.nodes.len()).filter(|&at| plan.folded_root(at) == Some(at)) {
        lines.push(branch(select, plan, root, scope)?);
    }
    Ok(lines)
}

/// Conditions of the filter that belong to a folded branch.
pub(super) fn is_inside(part: &Predicate, plan: &JoinPlan) -> Option<usize> {
    let mut sources = BTreeSet::new();
    walk::predicate_sources(part, &mut sources);
    folded_branch(&sources, plan).ok().flatten()
}

fn branch(select: &Select, plan: &JoinPlan, root: usize, scope: &mut Scope<'_>) -> Result<String, RenderError> {
    let link = plan.nodes[root].link.as_ref().ok_or_else(RenderError::unknown)?;
    let key = scope.graph.keys().get(link.key).ok_or_else(RenderError::unknown)?;
    let source = plan.nodes[root].source;
    let alias = scope.alias(source).flatten().map(str::to_string).ok_or_else(RenderError::unknown)?;
    let parent = plan.nodes[link.parent].source;

    let inner_plan = plan.branch(root);
    let inner = scope.apart().enter(&inner_plan, 0, inner_plan.nodes.len() > 1);
    let keys = key.from_columns.iter().map(|&column| inner.column(source.column(column))).collect::<Result<Vec<_>, _>>()?;
    let mut items = keys.clone();
    let mut replaced: Vec<(Expr, Sql)> = Vec::new();
    for aggregate in aggregates_whole(select) {
        let mut sources: BTreeSet<Source> = BTreeSet::new();
        walk::expr_sources(aggregate, &mut sources);
        if folded_branch(&sources, plan) == Ok(Some(root)) {
            let text = part(aggregate, &alias, &inner, &mut items)?;
            replaced.push((aggregate.clone(), text));
        }
    }
    let mut lines = vec![format!("SELECT {}", items.join(", "))];
    let nodes: Vec<usize> = (0..inner_plan.nodes.len()).collect();
    lines.extend(from::clause(&inner_plan, &nodes, &inner)?);
    let mut flat = Vec::new();
    select.filter.iter().for_each(|filter| predicate::conjuncts(filter, &mut flat));
    flat.retain(|part| is_inside(part, plan) == Some(root));
    lines.extend(predicate::clause("WHERE", predicate::conditions(&flat, &inner)?));
    lines.push(format!("GROUP BY {}", keys.join(", ")));

    let pairs = key.from_columns.iter().zip(&key.to_columns).map(|(&from, &to)| {
        let name = scope.schema.relations[key.from].columns.get(from).map(|column| quote::ident(&column.name));
        Ok(format!("{alias}.{} = {}", name.ok_or_else(RenderError::unknown)?, scope.column(parent.column(to))?))
    });
    let on = pairs.collect::<Result<Vec<String>, RenderError>>()?.join(" AND ");
    let wanted = select.also.iter().filter_map(|&source| plan.position(source)).any(|at| plan.is_below(at, root));
    let word = if wanted { "JOIN" } else { "LEFT JOIN" };
    scope.replaced.extend(replaced);
    Ok(format!("{word} (\n{}\n) {alias} ON {on}", quote::indent(&lines.join("\n"), 2)))
}

/// Adds what the aggregate needs to the subquery's items; gives what stands for it outside.
fn part(aggregate: &Expr, alias: &str, inner: &Scope<'_>, items: &mut Vec<String>) -> Result<Sql, RenderError> {
    let function = match aggregate {
        Expr::Filtered { aggregate, .. } => function_of(aggregate),
        other => function_of(other),
    };
    let mut add = |text: Sql, what: &str| {
        let mut name = what.to_string();
        let mut number = 2;
        while items.iter().any(|item| item.ends_with(&format!(" AS {name}"))) {
            name = format!("{what}_{number}");
            number += 1;
        }
        items.push(format!("{} AS {name}", text.text));
        format!("{alias}.{name}")
    };
    Ok(match function {
        Aggregate::Average => {
            let sum = add(expr::expr(&with_function(aggregate, Aggregate::Sum), inner)?, "total");
            let count = add(expr::expr(&with_function(aggregate, Aggregate::Count), inner)?, "known");
            Sql::new(format!("sum({sum})::numeric / nullif(sum({count}), 0)"), Level::Multiply)
        }
        Aggregate::Min => Sql::atom(format!("min({})", add(expr::expr(aggregate, inner)?, "lowest"))),
        Aggregate::Max => Sql::atom(format!("max({})", add(expr::expr(aggregate, inner)?, "highest"))),
        Aggregate::Count => Sql::atom(format!("coalesce(sum({}), 0)", add(expr::expr(aggregate, inner)?, "count"))),
        _ => Sql::atom(format!("sum({})", add(expr::expr(aggregate, inner)?, "total"))),
    })
}

fn function_of(aggregate: &Expr) -> Aggregate {
    match aggregate {
        Expr::Aggregate { function, .. } => *function,
        _ => Aggregate::Count,
    }
}

fn with_function(aggregate: &Expr, function: Aggregate) -> Expr {
    match aggregate {
        Expr::Filtered { aggregate, filter } => {
            Expr::Filtered { aggregate: Box::new(with_function(aggregate, function)), filter: filter.clone() }
        }
        Expr::Aggregate { distinct, arg, .. } => Expr::Aggregate { function, distinct: *distinct, arg: arg.clone() },
        other => other.clone(),
    }
}
