//! FROM and JOIN lines.

use super::{
    RenderError,
    expr::{Level, Sql},
    predicate,
    scope::Scope,
};
use crate::joins::JoinPlan;

/// The FROM lines of a part of the plan; `nodes` in the plan's order. Sources whose parents are outside are cross-joined: what
/// ties them to their parents is a condition of the WHERE clause.
pub(super) fn clause(plan: &JoinPlan, nodes: &[usize], scope: &Scope<'_>) -> Result<Vec<String>, RenderError> {
    clause_on(plan, nodes, scope, &mut |_| Ok(Vec::new()))
}

/// The same with further ON conditions for each source.
pub(super) fn clause_on(
    plan: &JoinPlan,
    nodes: &[usize],
    scope: &Scope<'_>,
    more: &mut dyn FnMut(usize) -> Result<Vec<Sql>, RenderError>,
) -> Result<Vec<String>, RenderError> {
    let mut lines = Vec::new();
    for &at in nodes {
        let node = &plan.nodes[at];
        let item = scope.table_item(node.source)?;
        match node.link.as_ref().filter(|link| nodes.contains(&link.parent)) {
            _ if lines.is_empty() => lines.push(format!("FROM {item}")),
            None => lines.push(format!("CROSS JOIN {item}")),
            Some(link) => {
                let word = if link.outer { "LEFT JOIN" } else { "JOIN" };
                let mut on = vec![Sql::new(self::on(plan, at, scope)?, Level::And)];
                on.extend(more(at)?);
                lines.push(format!("{word} {item} ON {}", predicate::one_line(on)));
            }
        }
    }
    Ok(lines)
}

/// What ties a source to its parent, its own columns on the left.
pub(super) fn on(plan: &JoinPlan, at: usize, scope: &Scope<'_>) -> Result<String, RenderError> {
    let node = plan.nodes.get(at).ok_or_else(RenderError::unknown)?;
    let link = node.link.as_ref().ok_or_else(RenderError::unknown)?;
    let key = scope.graph.keys().get(link.key).ok_or_else(RenderError::unknown)?;
    let parent = plan.nodes[link.parent].source;
    let pairs = key.from_columns.iter().zip(&key.to_columns).map(|(&from, &to)| {
        let (own, other) = if link.parent_refers { (to, from) } else { (from, to) };
        Ok(format!("{} = {}", scope.column(node.source.column(own))?, scope.column(parent.column(other))?))
    });
    Ok(pairs.collect::<Result<Vec<String>, RenderError>>()?.join(" AND "))
}
