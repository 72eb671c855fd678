//! How a candidate stands among the others: by its own score, and by what candidates that agree with it in a part think together. Where
//! the likeliest differ in one detail only, what they have in common is likely.

use crate::ir::{Expr, Query, Select};
use crate::parser::candidates::UNSAID;

use super::anatomy::Anatomy;
use super::uses::{Compared, Uses};

/// Names of the numbers of [`Standing::numbers`], in their order.
pub const STANDING: [&str; 8] = [
    "behind best",
    "ahead of next",
    "candidates",
    "belief",
    "belief in relations",
    "belief in what is shown",
    "belief in conditions",
    "belief in order",
];

/// Where a candidate stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Standing {
    pub numbers: [f32; STANDING.len()],
}

/// The parts of a query in which candidates agree or differ.
struct Parts<'q> {
    anatomy: &'q Anatomy,
    shown: Vec<&'q Expr>,
    compared: Vec<&'q Compared>,
    order: Vec<(&'q Expr, bool)>,
    limit: Option<u64>,
}

/// The standing of each candidate. Each comes with the logarithm of its probability, where the network has words for it.
pub fn standings(candidates: &[(&Query, &Anatomy, &Uses, Option<f32>)]) -> Vec<Standing> {
    let score = |at: usize| candidates[at].3.unwrap_or(UNSAID);
    let mut scores: Vec<f32> = (0..candidates.len()).map(score).filter(|score| *score > UNSAID).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let best = scores.first().copied().unwrap_or(UNSAID);
    let next = scores.get(1).copied().unwrap_or(UNSAID);
    let odds: Vec<f32> = (0..candidates.len()).map(|at| (score(at) - best).exp()).collect();
    let all = odds.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let parts: Vec<Parts> = candidates.iter().map(|(query, anatomy, uses, _)| Parts::of(query, anatomy, uses)).collect();
    let standing = |at: usize| {
        let agreeing = |same: fn(&Parts, &Parts) -> bool| -> f32 {
            let agree = parts.iter().zip(&odds).filter(|(other, _)| same(&parts[at], other));
            agree.map(|(_, odds)| odds).sum::<f32>() / all
        };
        Standing {
            numbers: [
                score(at) - best,
                if score(at) >= best { best - next } else { 0.0 },
                candidates.len() as f32,
                odds[at] / all,
                agreeing(|one, other| one.anatomy.relations == other.anatomy.relations),
                agreeing(|one, other| one.shown == other.shown),
                agreeing(|one, other| one.compared == other.compared),
                agreeing(|one, other| one.order == other.order && one.limit == other.limit),
            ],
        }
    };
    (0..candidates.len()).map(standing).collect()
}

impl<'q> Parts<'q> {
    fn of(query: &'q Query, anatomy: &'q Anatomy, uses: &'q Uses) -> Self {
        let select = first(query);
        let shown = select.items.iter().map(|item| &item.expr).collect();
        let order = select.order.iter().map(|order| (&order.expr, order.descending)).collect();
        Parts { anatomy, shown, compared: uses.compared.iter().collect(), order, limit: select.limit }
    }
}

/// The select that says what is shown.
pub fn first(query: &Query) -> &Select {
    match query {
        Query::Select(select) => select,
        Query::Set { left, .. } => first(left),
    }
}
