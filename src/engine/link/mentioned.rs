//! Stored values that the words of a question may mean, as far as statistics and enum types tell: for those who are told of values.

use std::collections::BTreeSet;

use crate::ir::Day;
use crate::lexicon;
use crate::prepared::{ColumnId, Prepared};
use crate::question::{self, Token};

use super::values::normalise;

/// Words of a value at most.
const LONGEST: usize = 5;

/// A stored value and where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mentioned {
    pub column: ColumnId,
    /// As it is stored.
    pub text: String,
}

/// The values, longer stretches of the question first, then by column.
pub fn mentioned(question: &str, prepared: &Prepared, today: Day) -> Vec<Mentioned> {
    let question = question::read(question, today);
    let mut found: Vec<Mentioned> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut covered = vec![false; question.tokens.len()];
    for length in (1..=LONGEST.min(question.tokens.len())).rev() {
        for begin in 0..=question.tokens.len() - length {
            let stretch = begin..begin + length;
            // "New York" is no York.
            if stretch.clone().all(|at| covered[at]) || says_nothing(&question.tokens[stretch.clone()]) {
                continue;
            }
            let here = of_stretch(&question.tokens[stretch.clone()], prepared);
            if !here.is_empty() {
                stretch.for_each(|at| covered[at] = true);
                found.extend(here.into_iter().filter(|value| seen.insert(value.clone())));
            }
        }
    }
    found
}

fn of_stretch(tokens: &[Token], prepared: &Prepared) -> Vec<Mentioned> {
    let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
    let (values, _) = prepared.values.found(&normalise(&words.join(" ")));
    let mut values: Vec<Mentioned> =
        values.iter().map(|value| Mentioned { column: value.column, text: value.text.clone() }).collect();
    values.sort();
    values
}

/// Single words that every question has, and numbers, which are values of most columns.
fn says_nothing(tokens: &[Token]) -> bool {
    let [token] = tokens else { return false };
    lexicon::stop_word(&token.lower).is_some() || !token.lower.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use nl_query_core::schema::ColumnStats;

    use super::*;
    use crate::fixtures;

    #[test]
    fn values_are_found_as_they_are_stored() {
        let mut schema = fixtures::shop();
        let common_values = ["Germany", "New York", "York", "Order"].map(str::to_owned).to_vec();
        schema.relations[0].columns[1].stats = Some(ColumnStats { common_values, n_distinct: 4.0, ..ColumnStats::default() });
        let prepared = Prepared::new(schema);
        let found = |question| -> Vec<String> {
            let found = mentioned(question, &prepared, Day { year: 2026, month: 11, day: 29 });
            found.into_iter().map(|value| value.text).collect()
        };
        assert_eq!(found("how many customers are in GERMANY or new york?"), ["New York", "Germany"]);
        assert_eq!(found("which shipped"), ["shipped"], "a label of an enum");
        assert!(found("how many are there in 2024").is_empty());
    }
}
