//! What a careful reader would not write, though all of it is said: a common word taken for a stored value that looks like it ("tracks that
//! belong to" for the track 'Belong'), rows counted against an amount ("grants of more than 6000 dollars"), groups that do not show what they
//! are made by. Each was among the surest wrong answers on Spider's training part.

use std::collections::BTreeMap;

use super::anatomy::Anatomy;
use crate::ir::Query;
use crate::parser::features::{Candidate, CandidateKind, Features};
use crate::question::{NumberKind, Question};
use crate::walk::first_select;

/// Names of the traits, in the order of [`Slips::traits`].
pub const SLIPS: [&str; 3] = ["values said small", "counts of amounts", "groups unshown"];

/// What a question gives occasion to.
#[derive(Debug, Clone)]
pub struct Slips {
    /// Values in lower case, each with whether it is said like a common word wherever it is said.
    small: BTreeMap<String, bool>,
    /// Digits of the numbers that have a currency or a share behind them.
    amounts: Vec<String>,
}

impl Slips {
    pub fn new(question: &Question, features: &Features) -> Self {
        let amounts = question.numbers.iter().filter(|number| matches!(number.kind, NumberKind::Money | NumberKind::Percent));
        Slips { small: said_small(question, features), amounts: amounts.map(|amount| amount.value.digits()).collect() }
    }

    /// Of one candidate.
    pub fn traits(&self, query: &Query, anatomy: &Anatomy) -> [f32; SLIPS.len()] {
        let small = anatomy.compared.iter().filter(|(_, text)| self.small.get(text) == Some(&true)).count();
        let amounts = self.amounts.iter().filter(|amount| anatomy.counted.contains(amount)).count();
        [small, amounts, groups_unshown(query)].map(|count| count as f32)
    }
}

/// Values that are stored with a capital and said without one, by somebody who writes capitals.
fn said_small(question: &Question, features: &Features) -> BTreeMap<String, bool> {
    let mut small = BTreeMap::new();
    if !question.text.chars().any(char::is_uppercase) {
        return small;
    }
    for candidate in &features.candidates {
        let CandidateKind::Stored(value) = &candidate.kind else { continue };
        let is_common = value.text.chars().next().is_some_and(char::is_uppercase) && is_small(question, candidate);
        *small.entry(value.text.to_lowercase()).or_insert(true) &= is_common;
    }
    small
}

fn is_small(question: &Question, candidate: &Candidate) -> bool {
    let words = question.tokens.get(candidate.words.clone()).unwrap_or_default();
    words.iter().all(|token| question.text.get(token.span.clone()).is_some_and(|said| !said.contains(char::is_uppercase)))
}

fn groups_unshown(query: &Query) -> usize {
    let select = first_select(query);
    select.group.iter().filter(|key| !select.items.iter().any(|item| item.expr == **key)).count()
}
