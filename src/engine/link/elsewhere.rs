//! Names of relations that are not made ready: whether a question names one of them, and what is made ready knows nothing of it.

use nl_query_core::schema::Relation;

use crate::answer::Answer;
use crate::ir::Day;
use crate::lexicon::morphology::{Memo, stem};
use crate::prepared::Prepared;
use crate::question;

/// The words of each name, as stems.
#[derive(Debug, Default)]
pub struct Elsewhere(Vec<Vec<String>>);

impl Elsewhere {
    pub fn of<'r>(relations: impl Iterator<Item = &'r Relation>) -> Elsewhere {
        let memo = Memo::default();
        let stems = |relation: &Relation| memo.stems_of_name(&relation.name).iter().map(|stem| stem.to_string()).collect();
        Elsewhere(relations.map(stems).collect())
    }

    /// Whether the question has all words of one of the names, and at least one that no name, comment or value of `near` has and that
    /// `answer`, which was read over that, makes nothing of.
    pub fn is_named(&self, question: &str, near: &Prepared, answer: &Answer, today: Day) -> bool {
        let question = question::read(question, today);
        let said = |stem: &String| question.tokens.iter().any(|token| token.stem == *stem);
        let unused = answer.words.iter().filter(|account| account.is_unused()).flat_map(|account| account.words.split(' '));
        let unused: Vec<String> = unused.map(|word| stem(&word.to_lowercase())).collect();
        let is_new =
            |stem: &String| unused.contains(stem) && !near.vocabulary.contains_key(stem) && near.values.stemmed(stem).is_empty();
        self.0.iter().any(|name| !name.is_empty() && name.iter().all(said) && name.iter().any(is_new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{NoProbe, answer};
    use crate::fixtures::{schema, shop};

    #[test]
    fn a_name_is_told_from_words_that_are_known_here() {
        let elsewhere = schema("brewery_kettles\n  id int pk\norders\n  id int pk\nvineyards\n  id int pk\n");
        let elsewhere = Elsewhere::of(elsewhere.relations.iter());
        let near = Prepared::new(shop());
        let today = Day { year: 2026, month: 11, day: 29 };
        let named = |question| {
            let answer = answer(question, &near, &mut NoProbe, today);
            elsewhere.is_named(question, &near, &answer, today)
        };
        assert!(named("how many vineyards are there") && named("number of orders by brewery kettle"));
        assert!(!named("how many orders are there"), "there are some here");
        assert!(!named("how many kettles"), "half a name");
    }
}
