//! Does an aggregate count a row more than once? The join of two branches that both have many rows for one row of the subject
//! repeats each of one for each of the other: sums and averages over it are wrong, however plausible they look.

use std::collections::BTreeSet;

use nl_query_core::schema::Schema;

use super::{JoinError, plan::JoinPlan};
use crate::{
    ir::{Aggregate, Expr, Select, Source},
    walk,
};

/// Refuses aggregates that the joins would falsify and that counting distinct keys cannot put right.
pub(super) fn check(select: &Select, plan: &JoinPlan, schema: &Schema) -> Result<(), JoinError> {
    for aggregate in aggregates(select).into_iter().filter(|aggregate| is_sensitive(aggregate)) {
        if let Some(source) = repeated(aggregate, plan)
            && !is_countable(aggregate, source, schema)
        {
            let name = schema.relations.get(source.relation).map(|relation| relation.name.as_str()).unwrap_or_default();
            let message = format!("the joins would count rows of \"{name}\" more than once");
            return Err(JoinError::FanOut { source, message });
        }
    }
    Ok(())
}

/// The aggregates of a SELECT outside its filter.
pub(crate) fn aggregates<'s>(select: &'s Select) -> Vec<&'s Expr> {
    let mut found: Vec<&'s Expr> = Vec::new();
    let mut note = |part: &'s Expr| {
        if matches!(part, Expr::CountRows(_) | Expr::Aggregate { .. }) {
            found.push(part);
        }
    };
    walk::output_exprs(select).for_each(|expr| walk::expr(expr, &mut note));
    if let Some(having) = &select.having {
        walk::predicate(having, &mut note);
    }
    found
}

/// True when an aggregate changes as its rows are repeated.
pub(crate) fn is_sensitive(aggregate: &Expr) -> bool {
    match aggregate {
        Expr::CountRows(_) => true,
        Expr::Aggregate { function, distinct, .. } => !distinct && !matches!(function, Aggregate::Min | Aggregate::Max),
        _ => false,
    }
}

/// The source whose rows the aggregate would see repeatedly; none where it sees each once.
pub(crate) fn repeated(aggregate: &Expr, plan: &JoinPlan) -> Option<Source> {
    let mut sources = BTreeSet::new();
    walk::expr_sources(aggregate, &mut sources);
    if sources.iter().any(|&source| plan.is_single(source)) {
        return None; // an amount of items times a price of products is as fine as its finest part
    }
    sources.first().copied()
}

/// True when `count(DISTINCT key)` says what the count means.
fn is_countable(aggregate: &Expr, source: Source, schema: &Schema) -> bool {
    match aggregate {
        Expr::CountRows(_) => row_key(source, schema).is_some(),
        Expr::Aggregate { function: Aggregate::Count, arg, .. } => match &**arg {
            Expr::Column(column) => {
                schema.relations.get(source.relation).is_some_and(|table| table.primary_key == [column.column])
            }
            _ => false,
        },
        _ => false,
    }
}

/// Columns that tell the rows of a source apart and are never NULL.
pub(crate) fn row_key(source: Source, schema: &Schema) -> Option<&[usize]> {
    let table = schema.relations.get(source.relation)?;
    if !table.primary_key.is_empty() {
        return Some(&table.primary_key);
    }
    let solid = |key: &&Vec<usize>| key.iter().all(|&column| table.columns.get(column).is_some_and(|column| column.not_null));
    table.unique_keys.iter().find(solid).map(Vec::as_slice)
}
