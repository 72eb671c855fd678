//! Adjectives that compare: "oldest", "most expensive", "cheaper than", "at least", and the attributes that they speak of.

use crate::ir::Comparison;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a superlative or comparative asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superlative {
    /// The adjective without its ending: `old` for "oldest" and "older".
    pub positive: &'static str,
    /// In which direction a number that measures the adjective is sorted: `Descending` for "oldest", "most", "top".
    pub direction: Direction,
    /// Attributes that it may speak of, likeliest first, each with its own direction: "oldest" is by age descending or by birth
    /// date ascending. Empty where the noun beside it says what is measured ("highest salary", "most orders").
    pub rankings: &'static [Ranking],
    /// It may mean the number of related rows: "most popular", "busiest", "most orders".
    pub by_count: bool,
}

/// An attribute, as words with a blank between them, and the direction in which it is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    pub attribute: &'static str,
    pub direction: Direction,
}

/// "oldest", "cheapest", "top", "most", "latest"; regular forms in -est of any adjective too.
pub fn superlative(word: &str) -> Option<&'static Superlative> {
    let _ = word;
    None
}

/// A superlative at the beginning of `words`, of one word or several ("most expensive", "least popular", "most recently").
pub fn superlative_phrase(words: &[&str]) -> Option<(usize, &'static Superlative)> {
    let _ = words;
    None
}

/// A comparative at the beginning of `words`: "older", "more expensive", "less popular", "cheaper". `direction` is that of the
/// superlative: "older" is `Descending`, so "older than x" means more than x for a ranking that is `Descending` and less than x
/// for one that is `Ascending` (a birth date). A "than" after it is not counted.
pub fn comparative_phrase(words: &[&str]) -> Option<(usize, &'static Superlative)> {
    let _ = words;
    None
}

/// A comparison at the beginning of `words`, without an attribute: "more than", "at least", "over", "no fewer than", ">=",
/// "not equal to". What follows is the number.
pub fn comparison_phrase(words: &[&str]) -> Option<(usize, Comparison)> {
    use Comparison::*;
    match words {
        ["more" | "greater" | "higher", "than", ..] => Some((2, Greater)),
        ["less" | "fewer" | "lower", "than", ..] => Some((2, Less)),
        ["over" | "above", ..] => Some((1, Greater)),
        ["under" | "below", ..] => Some((1, Less)),
        ["at", "least", ..] => Some((2, GreaterOrEqual)),
        ["at", "most", ..] => Some((2, LessOrEqual)),
        _ => None,
    }
}
