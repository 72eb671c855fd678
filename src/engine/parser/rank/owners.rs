//! Whose a shown property is said to be. "The birthday of each customer" is not the birth date of the employee who looks after them; "the
//! country of each customer" may be that of the city they live in. How far the rows are from each other is what a candidate is told by.

use super::traits::Shared;
use super::uses::Uses;
use crate::parser::features::{Features, Fit, Target};
use crate::question::Question;

/// Names of the traits, in the order of [`owned`].
pub const OWNED: [&str; 1] = ["joins to whose it is"];

/// Between "of" and whose it is.
const ARTICLES: [&str; 7] = ["the", "our", "all", "my", "each", "every", "these"];
/// Rows that no joins lead to, and those that many do.
const FAR: usize = 5;

/// The traits of one candidate.
pub fn owned(shared: &Shared, uses: &Uses) -> [f32; OWNED.len()] {
    let measured = uses.measured.iter().map(|(_, target)| target);
    let joins = uses.shown.iter().chain(measured).filter_map(|target| joins(shared, *target)).max();
    [joins.unwrap_or(0) as f32]
}

/// From the relation of a column to the rows that the question says have it; none where it says nobody.
fn joins(shared: &Shared, target: Target) -> Option<usize> {
    let Target::Column((relation, _)) = target else { return None };
    let features = shared.features;
    let item = features.item(target)?;
    let said = (0..features.words.len()).filter(|word| features.says(*word, item) > Fit::Weak);
    let owner = said.filter_map(|word| owner(shared.question, word)).next()?;
    let hops = shared.prepared.graph().distances(relation);
    let far = |other: usize| hops.get(other).copied().flatten().unwrap_or(FAR).min(FAR);
    relations(features, owner).map(far).min()
}

/// Where the word stands that says who has what `word` is the end of the name of.
fn owner(question: &Question, word: usize) -> Option<usize> {
    let article = ARTICLES.contains(&question.lower(word + 2));
    matches!(question.lower(word + 1), "of" | "for").then_some(word + 2 + usize::from(article))
}

fn relations(features: &Features, word: usize) -> impl Iterator<Item = usize> + '_ {
    let named = move |at: &usize| word < features.words.len() && features.fit(word, *at) == Fit::Exact;
    (0..features.items.len()).filter(named).filter_map(|at| match features.items[at].target {
        Target::Relation(relation) => Some(relation),
        _ => None,
    })
}
