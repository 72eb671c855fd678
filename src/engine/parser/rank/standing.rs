//! How a candidate stands among the others: by its own score, and by what candidates that agree with it in a part think together. Where
//! the likeliest differ in one detail only, what they have in common is likely.

use super::anatomy::Anatomy;
use super::uses::Uses;
use crate::ir::{Query, Select};
use crate::parser::candidates::UNSAID;
use crate::walk::first_select;

/// Names of the numbers of a [`Standing`], in their order.
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
pub type Standing = [f32; STANDING.len()];

/// A candidate, what is known of it, and the logarithm of its probability where the network has words for it.
pub type Candidate<'a> = (&'a Query, &'a Anatomy, &'a Uses, Option<f32>);

/// The standing of each candidate.
pub fn standings(candidates: &[Candidate<'_>]) -> Vec<Standing> {
    let score = |at: usize| candidates[at].3.unwrap_or(UNSAID);
    let mut scores: Vec<f32> = (0..candidates.len()).map(score).filter(|score| *score > UNSAID).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let best = scores.first().copied().unwrap_or(UNSAID);
    let next = scores.get(1).copied().unwrap_or(UNSAID);
    let odds: Vec<f32> = (0..candidates.len()).map(|at| (score(at) - best).exp()).collect();
    let all = odds.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let standing = |at: usize| {
        let agreeing = |same: fn(&Candidate, &Candidate) -> bool| -> f32 {
            let agree = candidates.iter().zip(&odds).filter(|(other, _)| same(&candidates[at], other));
            agree.map(|(_, odds)| odds).sum::<f32>() / all
        };
        [
            score(at) - best,
            if score(at) >= best { best - next } else { 0.0 },
            candidates.len() as f32,
            odds[at] / all,
            agreeing(|one, other| one.1.relations == other.1.relations),
            agreeing(|one, other| show_the_same(first_select(one.0), first_select(other.0))),
            agreeing(|one, other| one.2.compared == other.2.compared),
            agreeing(|one, other| {
                let (one, other) = (first_select(one.0), first_select(other.0));
                one.order == other.order && one.limit == other.limit
            }),
        ]
    };
    (0..candidates.len()).map(standing).collect()
}

/// Whatever it is called.
fn show_the_same(one: &Select, other: &Select) -> bool {
    one.items.iter().map(|item| &item.expr).eq(other.items.iter().map(|item| &item.expr))
}
