//! Words that say what is to be done rather than what about: aggregates, question words, function words, polite fillers.
//! From `data/function_words.tsv`, `data/fillers.tsv`, `data/aggregates.tsv` and `data/question_roles.tsv`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::table;
use crate::ir::Aggregate;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateWord {
    Function(Aggregate),
    /// "different", "distinct", "unique".
    Distinct,
}

/// Why a word need not be linked to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopClass {
    /// a, an, the, this, those, each, every, all
    Article,
    /// of, in, by, from, with, …
    Preposition,
    /// who, what, which, how, …
    Question,
    /// show, list, give, find, …
    Imperative,
    /// is, are, do, has, can, …
    Auxiliary,
    /// and, or, but, then, …
    Conjunction,
    /// me, we, their, there, …
    Pronoun,
    /// please, just, also, really, …
    Filler,
    /// not, no, without, never, except: it has a meaning of its own, but names nothing in a schema.
    Negation,
}

/// What a question word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionRole {
    Person,
    Place,
    Time,
    /// "how long": a duration or a length.
    Duration,
    /// "how much": money or an amount.
    Amount,
    /// "how old": an age or a birth date.
    Age,
    /// "how many".
    Count,
    /// "how tall", "how far", "how heavy": a measure; the adjective follows the "how".
    Measure,
    /// "how often": a number of times.
    Frequency,
    /// "which", "what".
    Thing,
    /// "whose".
    Owner,
}

/// Phrases of a table and what they mean.
struct Phrases<T> {
    meaning: HashMap<&'static str, T>,
    /// The most words that a phrase has.
    longest: usize,
}

impl<T: Copy> Phrases<T> {
    fn read(text: &'static str, meaning: impl Fn(&str) -> T) -> Self {
        let mut phrases = Phrases { meaning: HashMap::new(), longest: 1 };
        for row in table::rows(text) {
            for phrase in table::list(table::field(&row, 1)) {
                phrases.longest = phrases.longest.max(phrase.split(' ').count());
                phrases.meaning.insert(phrase, meaning(row[0]));
            }
        }
        phrases
    }

    /// The longest phrase at the beginning of `words`.
    fn at(&self, words: &[&str]) -> Option<(usize, T)> {
        let phrase = |length: usize| self.meaning.get(words[..length].join(" ").as_str()).map(|meaning| (length, *meaning));
        (1..=self.longest.min(words.len())).rev().find_map(phrase)
    }
}

fn aggregates() -> &'static Phrases<AggregateWord> {
    static PHRASES: OnceLock<Phrases<AggregateWord>> = OnceLock::new();
    PHRASES.get_or_init(|| {
        Phrases::read(include_str!("data/aggregates.tsv"), |name| match name {
            "average" => AggregateWord::Function(Aggregate::Average),
            "sum" => AggregateWord::Function(Aggregate::Sum),
            "min" => AggregateWord::Function(Aggregate::Min),
            "max" => AggregateWord::Function(Aggregate::Max),
            "median" => AggregateWord::Function(Aggregate::Median),
            "list" => AggregateWord::Function(Aggregate::List),
            "distinct" => AggregateWord::Distinct,
            _ => AggregateWord::Function(Aggregate::Count),
        })
    })
}

/// "average", "sum", "count", "maximum", "distinct", … One word; see [`aggregate_phrase`] for "how many" and "number of".
pub fn aggregate_word(word: &str) -> Option<AggregateWord> {
    aggregates().meaning.get(word).copied()
}

/// An aggregate at the beginning of `words`: "how many", "number of", "total number of", "average", "count of".
pub fn aggregate_phrase(words: &[&str]) -> Option<(usize, AggregateWord)> {
    aggregates().at(words)
}

/// The class of a function word, question word or polite word; none for words that may name something in a schema.
pub fn stop_word(word: &str) -> Option<StopClass> {
    static WORDS: OnceLock<Phrases<StopClass>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        Phrases::read(include_str!("data/function_words.tsv"), |name| match name {
            "article" => StopClass::Article,
            "preposition" => StopClass::Preposition,
            "question" => StopClass::Question,
            "imperative" => StopClass::Imperative,
            "auxiliary" => StopClass::Auxiliary,
            "conjunction" => StopClass::Conjunction,
            "pronoun" => StopClass::Pronoun,
            "negation" => StopClass::Negation,
            _ => StopClass::Filler,
        })
    });
    words.meaning.get(word).copied()
}

/// How many words at the beginning of `words` are a way of asking and nothing more: "show me", "i would like to know",
/// "can you please give me a list of", "what are". 0 for none.
pub fn filler_phrase(words: &[&str]) -> usize {
    const LONGEST_FILLER: usize = 5;
    static FILLERS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let fillers = FILLERS.get_or_init(|| table::rows(include_str!("data/fillers.tsv")).map(|row| row[0]).collect());
    let mut used = 0;
    loop {
        let rest = words.get(used..).unwrap_or(&[]);
        let longest =
            (1..=LONGEST_FILLER.min(rest.len())).rev().find(|length| fillers.contains(rest[..*length].join(" ").as_str()));
        match longest {
            Some(length) => used += length,
            None => return used,
        }
    }
}

/// What the question word at the beginning of `words` asks for ("who", "how long", "in which country").
pub fn question_word_role(words: &[&str]) -> Option<(usize, QuestionRole)> {
    static ROLES: OnceLock<Phrases<QuestionRole>> = OnceLock::new();
    let roles = ROLES.get_or_init(|| {
        Phrases::read(include_str!("data/question_roles.tsv"), |name| match name {
            "person" => QuestionRole::Person,
            "owner" => QuestionRole::Owner,
            "place" => QuestionRole::Place,
            "time" => QuestionRole::Time,
            "duration" => QuestionRole::Duration,
            "amount" => QuestionRole::Amount,
            "age" => QuestionRole::Age,
            "count" => QuestionRole::Count,
            "measure" => QuestionRole::Measure,
            "frequency" => QuestionRole::Frequency,
            _ => QuestionRole::Thing,
        })
    });
    roles.at(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split(' ').filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn aggregates_are_found_longest_first() {
        let function = AggregateWord::Function;
        let cases = [
            ("how many customers", 2, function(Aggregate::Count)),
            ("total number of orders", 3, function(Aggregate::Count)),
            ("total sales", 1, function(Aggregate::Sum)),
            ("average price", 1, function(Aggregate::Average)),
            ("median income", 1, function(Aggregate::Median)),
            ("different cities", 1, AggregateWord::Distinct),
        ];
        for (text, used, meaning) in cases {
            assert_eq!(aggregate_phrase(&words(text)), Some((used, meaning)), "{text}");
        }
        assert_eq!(aggregate_phrase(&words("number")), None);
        assert_eq!(aggregate_phrase(&[]), None);
    }

    #[test]
    fn fillers_are_used_up_to_the_question() {
        let cases = [
            ("show me the customers", 2),
            ("i would like to know the customers", 5),
            ("can you please give me a list of customers", 8),
            ("what are the names", 2),
            ("customers", 0),
            ("", 0),
            ("please", 1),
        ];
        for (text, used) in cases {
            assert_eq!(filler_phrase(&words(text)), used, "{text}");
        }
    }

    #[test]
    fn function_words_and_question_words_have_classes() {
        for (word, class) in [
            ("the", StopClass::Article),
            ("of", StopClass::Preposition),
            ("who", StopClass::Question),
            ("show", StopClass::Imperative),
            ("without", StopClass::Negation),
            ("please", StopClass::Filler),
        ] {
            assert_eq!(stop_word(word), Some(class), "{word}");
        }
        assert_eq!(stop_word("customers"), None);
        for (text, used, role) in [
            ("who bought", 1, QuestionRole::Person),
            ("how long is", 2, QuestionRole::Duration),
            ("how old", 2, QuestionRole::Age),
            ("how many", 2, QuestionRole::Count),
            ("in which year", 3, QuestionRole::Time),
        ] {
            assert_eq!(question_word_role(&words(text)), Some((used, role)), "{text}");
        }
    }
}
