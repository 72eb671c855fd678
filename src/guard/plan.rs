//! Step 4: the plan against the limits, over all its nodes.

use super::{Limits, Reason, Refusal};
use crate::pg::plan::Planned;

/// Refuses a plan with a node that is too dear or expects too many rows.
pub fn check(planned: &Planned, limits: &Limits) -> Result<(), Refusal> {
    if limits.max_plan_cost <= 0.0 && limits.max_plan_rows <= 0.0 {
        return Ok(());
    }
    for node in planned.nodes() {
        if limits.max_plan_cost > 0.0 && node.cost > limits.max_plan_cost {
            return Err(Refusal::new(Reason::PlanCost, "statement costs too much")
                .with_detail(format!(
                    "Plan node \"{}\" costs {:.0}, the limit is {:.0}.",
                    node.name, node.cost, limits.max_plan_cost
                ))
                .with_hint("Ask for less, or raise nl_query.max_plan_cost."));
        }
        if limits.max_plan_rows > 0.0 && node.rows > limits.max_plan_rows {
            return Err(Refusal::new(Reason::PlanRows, "statement would produce too many rows")
                .with_detail(format!(
                    "Plan node \"{}\" expects {:.0} rows, the limit is {:.0}.",
                    node.name, node.rows, limits.max_plan_rows
                ))
                .with_hint("Ask for less, or raise nl_query.max_plan_rows."));
        }
    }
    Ok(())
}
