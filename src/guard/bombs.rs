//! Between step 3 and step 4: small statements that make something huge. Planning would already run into them.

use super::{Reason, Refusal};
use crate::pg::parse::Analysed;
use crate::pg::proc::Function;
use crate::pg::recursion;
use crate::pg::weigh;

/// The largest value that a call with constant arguments may make. A generous paragraph is some kB.
const MAX_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// Expression nodes after subqueries are flattened. A large report has thousands; planning takes about a microsecond for each.
const MAX_NODES: f64 = 500_000.0;

/// Refuses what would grow beyond reason.
pub fn check(analysed: &Analysed) -> Result<(), Refusal> {
    let weight = weigh::weigh(analysed);
    if weight.bytes > MAX_BYTES {
        let name = weight.function.and_then(Function::find).map(|function| function.display()).unwrap_or_default();
        return Err(Refusal::new(Reason::ResourceBomb, "statement would make a value that is too large")
            .with_detail(format!("A call of {name} could make more than {} MB.", MAX_BYTES / 1024.0 / 1024.0)));
    }
    if weight.nodes > MAX_NODES {
        return Err(Refusal::new(Reason::ResourceBomb, "statement would become too large")
            .with_detail("Its subqueries repeat each other's columns, which multiplies when they are put together."));
    }
    if weight.doubles {
        return Err(Refusal::new(Reason::ResourceBomb, "recursive query would make a value that is too large")
            .with_detail("A column takes up several copies of itself in every step."));
    }
    if recursion::is_endless(analysed) {
        return Err(Refusal::new(Reason::UnboundedRecursion, "recursive query never ends")
            .with_detail("Its recursive part has no condition, and everything it produces would be read.")
            .with_hint("Give it a WHERE, or read it with a LIMIT."));
    }
    Ok(())
}
