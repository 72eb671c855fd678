//! What a careful reader would not write, though all of it is said: a common word taken for a stored value that looks like it ("tracks that
//! belong to" for the track 'Belong'), rows counted against an amount ("grants of more than 6000 dollars"), groups that do not show what they
//! are made by. Each was among the surest wrong answers on Spider's training part.

use super::anatomy::Anatomy;
use super::traits::Shared;
use crate::ir::Query;
use crate::parser::features::{Candidate, CandidateKind};
use crate::question::{NumberKind, Question};
use crate::walk::first_select;

/// Names of the traits, in the order of [`slips`].
pub const SLIPS: [&str; 3] = ["values said small", "counts of amounts", "groups unshown"];

/// The traits of one candidate.
pub fn slips(shared: &Shared, query: &Query, anatomy: &Anatomy) -> [f32; SLIPS.len()] {
    [said_small(shared, anatomy), counts_of_amounts(shared.question, anatomy), groups_unshown(query)].map(|count| count as f32)
}

/// Values that are stored with a capital and said without one, by somebody who writes capitals.
fn said_small(shared: &Shared, anatomy: &Anatomy) -> usize {
    let writes_capitals = shared.question.text.chars().any(char::is_uppercase);
    let small = |text: &str| {
        let mut same = shared.features.candidates.iter().filter_map(|one| Some((one, stored(one, text)?))).peekable();
        same.peek().is_some() && same.all(|(one, value)| starts_large(value) && is_small(shared.question, one))
    };
    if writes_capitals { anatomy.compared.iter().filter(|(_, text)| small(text)).count() } else { 0 }
}

/// The text as it is stored.
fn stored<'a>(candidate: &'a Candidate, lower: &str) -> Option<&'a str> {
    match &candidate.kind {
        CandidateKind::Stored(value) if value.text.to_lowercase() == lower => Some(&value.text),
        _ => None,
    }
}

fn starts_large(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

fn is_small(question: &Question, candidate: &Candidate) -> bool {
    let words = question.tokens.get(candidate.words.clone()).unwrap_or_default();
    words.iter().all(|token| question.text.get(token.span.clone()).is_some_and(|said| !said.contains(char::is_uppercase)))
}

/// Counts compared with a number that has a currency or a share behind it.
fn counts_of_amounts(question: &Question, anatomy: &Anatomy) -> usize {
    let amounts = question.numbers.iter().filter(|number| matches!(number.kind, NumberKind::Money | NumberKind::Percent));
    amounts.filter(|amount| anatomy.counted.contains(&amount.value.digits())).count()
}

fn groups_unshown(query: &Query) -> usize {
    let select = first_select(query);
    select.group.iter().filter(|key| !select.items.iter().any(|item| item.expr == **key)).count()
}
