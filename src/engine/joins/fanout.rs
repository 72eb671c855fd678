//! Does an aggregate count a row more than once? The join of two branches that both have many rows for one row of the subject
//! repeats each of one for each of the other: sums and averages over it are wrong, however plausible they look.

use std::collections::BTreeSet;

use nl_query_core::schema::Schema;

use super::{JoinError, plan::JoinPlan};
use crate::{
    ir::{Aggregate, Expr, Predicate, Select, Source},
    walk,
};

/// Sees to it that no aggregate counts a row twice: first by folding the branches in question, else by refusing.
pub(super) fn settle(select: &Select, plan: &mut JoinPlan, schema: &Schema) -> Result<(), JoinError> {
    let Err(error) = check(select, plan, schema) else { return Ok(()) };
    let mut folded = plan.clone();
    match fold(select, &mut folded) {
        true if check(select, &folded, schema).is_ok() => {
            *plan = folded;
            Ok(())
        }
        _ => Err(error),
    }
}

/// Refuses aggregates that the joins would falsify and that counting distinct keys cannot put right.
fn check(select: &Select, plan: &JoinPlan, schema: &Schema) -> Result<(), JoinError> {
    for aggregate in aggregates(select).into_iter().filter(|aggregate| is_sensitive(aggregate)) {
        if let Some(source) = repeated(aggregate, plan)
            && !is_countable(aggregate, source, schema)
            && !is_grouped_along(select, plan, source)
        {
            let name = schema.relations.get(source.relation).map(|relation| relation.name.as_str()).unwrap_or_default();
            let message = format!("the joins would count rows of \"{name}\" more than once");
            return Err(JoinError::FanOut { source, message });
        }
    }
    Ok(())
}

/// Marks every branch that only aggregates use, and that hangs on the rest by an edge to many, to be aggregated before it is
/// joined. False where a condition or an aggregate mixes branches in a way that this would change.
fn fold(select: &Select, plan: &mut JoinPlan) -> bool {
    let mut core = vec![false; plan.nodes.len()];
    core[0] = true;
    for source in plain_sources(select) {
        let mut here = plan.position(source);
        while let Some(at) = here {
            core[at] = true;
            here = plan.nodes[at].link.as_ref().map(|link| link.parent);
        }
    }
    for at in 1..plan.nodes.len() {
        let Some(link) = plan.nodes[at].link.as_mut() else { continue };
        core[at] |= core[link.parent] && (link.asked || !link.to_many);
        link.folded = !core[at];
    }
    for at in 1..plan.nodes.len() {
        let Some(link) = plan.nodes[at].link.as_ref().filter(|link| link.folded) else { continue };
        // A subquery in the branch's own WHERE would need the branch's names: rare, and refused rather than written wrongly.
        let parts: BTreeSet<usize> = plan.joined().collect();
        if link.asked || (!plan.is_folded(link.parent) && !plan.is_single_among(link.parent, &parts)) {
            return false;
        }
    }
    conditions_keep_apart(select, plan) && aggregates_whole(select).into_iter().all(|aggregate| can_fold(aggregate, plan))
}

/// Sources that are used outside of aggregates.
fn plain_sources(select: &Select) -> BTreeSet<Source> {
    let mut found = BTreeSet::new();
    let mut inside = 0usize;
    let mut note = |part: &Expr| {
        if inside > 0 {
            inside -= 1;
        } else if is_aggregate(part) {
            walk::expr(part, &mut |_| inside += 1);
            inside -= 1;
        } else if let Expr::Column(used) = part {
            found.insert(used.source);
        } else if let Expr::All(source) = part {
            found.insert(*source);
        }
    };
    walk::output_exprs(select).for_each(|expr| walk::expr(expr, &mut note));
    if let Some(having) = &select.having {
        walk::predicate(having, &mut note);
    }
    found
}

fn is_aggregate(part: &Expr) -> bool {
    matches!(part, Expr::CountRows(_) | Expr::Aggregate { .. } | Expr::Filtered { .. })
}

/// The rows of `source` are repeated for what the groups are: an average over films by category counts a film once in each of its
/// categories, which is what was asked. True when the way to the groups, with what hangs on it by single references, is all there is.
fn is_grouped_along(select: &Select, plan: &JoinPlan, source: Source) -> bool {
    let mut groups = BTreeSet::new();
    select.group.iter().for_each(|expr| walk::expr_sources(expr, &mut groups));
    let Some(start) = plan.position(source) else { return false };
    let mut covered = BTreeSet::from([start]);
    for group in groups {
        let Some(end) = plan.position(group) else { return false };
        covered.extend(plan.path(start, end));
    }
    let joined: BTreeSet<usize> = plan.joined().collect();
    loop {
        let before = covered.len();
        for &at in &joined {
            let Some(link) = &plan.nodes[at].link else { continue };
            if covered.contains(&link.parent) && !link.to_many {
                covered.insert(at);
            }
            if covered.contains(&at) && !link.from_many {
                covered.insert(link.parent);
            }
        }
        if covered.len() == before {
            return joined.is_subset(&covered);
        }
    }
}

/// The aggregates of a SELECT outside its filter, those with a condition of their own as a whole.
pub(crate) fn aggregates_whole(select: &Select) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = Vec::new();
    let mut inside = 0usize;
    let mut note = |part| collect(part, &mut inside, &mut found);
    walk::output_exprs(select).for_each(|expr| walk::expr(expr, &mut note));
    if let Some(having) = &select.having {
        walk::predicate(having, &mut note);
    }
    found
}

fn collect<'s>(part: &'s Expr, inside: &mut usize, found: &mut Vec<&'s Expr>) {
    if *inside > 0 {
        *inside -= 1;
    } else if is_aggregate(part) {
        walk::expr(part, &mut |_| *inside += 1);
        *inside -= 1;
        if !found.contains(&part) {
            found.push(part);
        }
    }
}

/// The root of the folded branch that holds all of these sources; `Err` where they are of several parts.
pub(crate) fn folded_branch(sources: &BTreeSet<Source>, plan: &JoinPlan) -> Result<Option<usize>, ()> {
    let mut roots = sources.iter().map(|&source| plan.position(source).and_then(|at| plan.folded_root(at)));
    let first = roots.next().flatten();
    if roots.all(|root| root == first) { Ok(first) } else { Err(()) }
}

fn can_fold(aggregate: &Expr, plan: &JoinPlan) -> bool {
    let mut sources = BTreeSet::new();
    walk::expr_sources(aggregate, &mut sources);
    let Ok(branch) = folded_branch(&sources, plan) else { return false };
    let Some(root) = branch else { return true };
    let inner = match aggregate {
        Expr::Filtered { aggregate, filter } if !walk::has_related(filter) => aggregate,
        other => other,
    };
    let kind = match inner {
        Expr::CountRows(_) => true,
        Expr::Aggregate { function: Aggregate::Min | Aggregate::Max, .. } => true,
        Expr::Aggregate { function: Aggregate::Count | Aggregate::Sum | Aggregate::Average, distinct, .. } => !distinct,
        _ => false,
    };
    kind && (!is_sensitive(inner) || repeated(inner, &plan.branch(root)).is_none())
}

/// Each condition of the filter is about one branch or about none.
fn conditions_keep_apart(select: &Select, plan: &JoinPlan) -> bool {
    fn each<'p>(part: &'p Predicate, found: &mut Vec<&'p Predicate>) {
        match part {
            Predicate::And(parts) => parts.iter().for_each(|part| each(part, found)),
            other => found.push(other),
        }
    }
    let mut flat = Vec::new();
    select.filter.iter().for_each(|filter| each(filter, &mut flat));
    flat.into_iter().all(|part| {
        let mut sources = BTreeSet::new();
        walk::predicate_sources(part, &mut sources);
        folded_branch(&sources, plan).is_ok_and(|branch| branch.is_none() || !walk::has_related(part))
    })
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
    if sources.iter().any(|&source| plan.is_single(source) || plan.position(source).is_some_and(|at| plan.is_folded(at))) {
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
