//! Names of relations that are not made ready: whether a question names one of them, and what is made ready knows nothing of it.

use nl_query_core::schema::Relation;

use crate::answer::{Answer, WordAccount};
use crate::ir::Day;
use crate::lexicon::morphology::{Memo, singular, stem};
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
        let stems_of = |accounts: &dyn Fn(&WordAccount) -> bool| -> Vec<String> {
            let words = answer.words.iter().filter(|account| accounts(account)).flat_map(|account| account.words.split(' '));
            words.map(|word| stem(&word.to_lowercase())).collect()
        };
        let (unused, nameless) = (stems_of(&WordAccount::is_unused), stems_of(&|account| !account.names_something()));
        // "orders" are things, whatever "order" asks for.
        let is_thing =
            |stem: &String| question.tokens.iter().any(|token| token.stem == *stem && singular(&token.lower) != token.lower);
        let is_new = |stem: &String| {
            let is_left = unused.contains(stem) || nameless.contains(stem) && is_thing(stem);
            is_left && !near.vocabulary.contains_key(stem) && near.values.stemmed(stem).is_empty()
        };
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
        let customers = Prepared::new(schema("customers\n  id int pk\n  name text\n"));
        let orders = answer("how many orders are there", &customers, &mut NoProbe, today);
        assert!(elsewhere.is_named("how many orders are there", &customers, &orders, today), "no way of sorting");
        assert!(named("how many vineyards are there") && named("number of orders by brewery kettle"));
        assert!(!named("how many orders are there"), "there are some here");
        assert!(!named("how many kettles"), "half a name");
    }
}
