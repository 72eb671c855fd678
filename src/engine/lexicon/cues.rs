//! Words that say what is to be done rather than what about: aggregates, question words, function words, polite fillers.

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
    /// and, or, but, than, that, …
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

/// "average", "sum", "count", "maximum", "distinct", … One word; see [`aggregate_phrase`] for "how many" and "number of".
pub fn aggregate_word(word: &str) -> Option<AggregateWord> {
    let _ = word;
    None
}

/// An aggregate at the beginning of `words`: "how many", "number of", "total number of", "average", "count of".
pub fn aggregate_phrase(words: &[&str]) -> Option<(usize, AggregateWord)> {
    use AggregateWord::*;
    match words {
        ["how", "many", ..] | ["number", "of", ..] => Some((2, Function(Aggregate::Count))),
        ["average", ..] | ["mean", ..] => Some((1, Function(Aggregate::Average))),
        ["total", ..] | ["sum", ..] => Some((1, Function(Aggregate::Sum))),
        ["maximum", ..] => Some((1, Function(Aggregate::Max))),
        ["minimum", ..] => Some((1, Function(Aggregate::Min))),
        ["different", ..] | ["distinct", ..] => Some((1, Distinct)),
        _ => None,
    }
}

/// The class of a function word, question word or polite word; none for words that may name something in a schema.
pub fn stop_word(word: &str) -> Option<StopClass> {
    Some(match word {
        "a" | "an" | "the" | "this" | "those" | "these" => StopClass::Article,
        "of" | "in" | "by" | "from" | "to" | "for" | "on" | "at" | "with" | "as" | "into" | "than" | "per" | "about" => {
            StopClass::Preposition
        }
        "who" | "what" | "which" | "how" | "where" | "when" | "whose" => StopClass::Question,
        "show" | "list" | "give" | "find" | "display" | "tell" | "get" | "return" => StopClass::Imperative,
        "is" | "are" | "was" | "were" | "do" | "does" | "did" | "has" | "have" | "had" | "been" | "be" | "can" | "will" => {
            StopClass::Auxiliary
        }
        "and" | "or" | "but" | "that" => StopClass::Conjunction,
        "me" | "we" | "our" | "i" | "their" | "its" | "there" | "they" | "it" | "all" | "each" | "every" => StopClass::Pronoun,
        "please" | "only" | "yet" | "just" | "also" => StopClass::Filler,
        "not" | "no" | "without" | "never" => StopClass::Negation,
        _ => return None,
    })
}

/// How many words at the beginning of `words` are a way of asking and nothing more: "show me", "i would like to know",
/// "can you please give me a list of", "what are". 0 for none.
pub fn filler_phrase(words: &[&str]) -> usize {
    let _ = words;
    0
}

/// What the question word at the beginning of `words` asks for ("who", "how long", "in which").
pub fn question_word_role(words: &[&str]) -> Option<(usize, QuestionRole)> {
    let _ = words;
    None
}
