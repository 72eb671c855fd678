//! Whose a shown property is said to be. "The birthday of each customer" is not the birth date of the employee who looks after them; "the
//! country of each customer" may be that of the city they live in. How far the rows are from each other is what a candidate is told by.

use super::uses::Uses;
use crate::parser::features::{Features, Fit, Target};
use crate::prepared::Prepared;
use crate::question::Question;

/// Names of the traits, in the order of [`Owners::traits`].
pub const OWNED: [&str; 1] = ["joins to whose it is"];

/// Between "of" and whose it is.
const ARTICLES: [&str; 7] = ["the", "our", "all", "my", "each", "every", "these"];
/// Rows that no joins lead to, and those that many do.
const FAR: usize = 5;

/// By word: where it may end the name of what somebody has, the joins from each relation to the nearest rows that are said to have it. None
/// where the question says nobody, empty where who it says is called like no relation.
#[derive(Debug, Clone)]
pub struct Owners(Vec<Option<Vec<usize>>>);

impl Owners {
    pub fn new(question: &Question, features: &Features, prepared: &Prepared) -> Self {
        let behind = |word: usize| owner(question, word).map(|owner| joins_to(owner, features, prepared));
        Owners((0..features.words.len()).map(behind).collect())
    }

    /// Of one candidate.
    pub fn traits(&self, features: &Features, uses: &Uses) -> [f32; OWNED.len()] {
        let joins = uses.shown_or_measured().filter_map(|target| self.joins(features, *target)).max();
        [joins.unwrap_or(0) as f32]
    }

    /// From the relation of a column to the rows that the question says have it.
    fn joins(&self, features: &Features, target: Target) -> Option<usize> {
        let Target::Column((relation, _)) = target else { return None };
        let item = features.item(target)?;
        let mut owned = self.0.iter().enumerate().filter_map(|(word, joins)| Some((word, joins.as_ref()?)));
        let (_, joins) = owned.find(|(word, _)| features.says(*word, item) > Fit::Weak)?;
        joins.get(relation).copied()
    }
}

/// Where the word stands that says who has what `word` is the end of the name of.
fn owner(question: &Question, word: usize) -> Option<usize> {
    let article = ARTICLES.contains(&question.lower(word + 2));
    matches!(question.lower(word + 1), "of" | "for").then_some(word + 2 + usize::from(article))
}

/// By relation, to the nearest of those that the word names.
fn joins_to(owner: usize, features: &Features, prepared: &Prepared) -> Vec<usize> {
    let hops: Vec<_> = features.relations_named_by(owner).map(|relation| prepared.graph().distances(relation)).collect();
    let relations = hops.first().map_or(0, Vec::len);
    (0..relations).map(|at| hops.iter().filter_map(|hops| hops[at]).min().unwrap_or(FAR).min(FAR)).collect()
}
