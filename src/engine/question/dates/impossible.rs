//! Days that do not exist: "30 February 2021", "2023-02-31". A question with one cannot mean what it says.

use super::calendar::days_in_month;
use crate::lexicon;
use crate::question::{Question, TokenKind};

/// The first such day, as typed.
pub fn impossible_day(question: &Question) -> Option<String> {
    (0..question.tokens.len()).find_map(|at| in_digits(question, at).or_else(|| in_words(question, at)))
}

fn covered(question: &Question, at: usize) -> bool {
    question.dates.iter().any(|date| date.tokens.contains(&at))
        || question.quoted.iter().any(|quoted| quoted.tokens.contains(&at))
}

/// Three numbers with dashes, the year first, that no date was read from.
fn in_digits(question: &Question, at: usize) -> Option<String> {
    let token = &question.tokens[at];
    let parts: Vec<&str> = token.text.split('-').collect();
    let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let looks = parts.len() == 3 && parts.iter().all(digits) && parts[0].len() == 4 && parts[1].len() <= 2 && parts[2].len() <= 2;
    (looks && token.kind == TokenKind::Number && !covered(question, at)).then(|| token.text.clone())
}

/// A day and the name of a month, in either order, where the month is shorter than that.
fn in_words(question: &Question, at: usize) -> Option<String> {
    let (first, second) = (question.tokens.get(at)?, question.tokens.get(at + 1)?);
    let day = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u8>().ok();
    let (month, day) = match (lexicon::month(&first.lower), lexicon::month(&second.lower)) {
        (Some(month), None) => (month, day(&second.lower)?),
        (None, Some(month)) => (month, day(&first.lower)?),
        _ => return None,
    };
    // Of a leap year: without a year the 29th of February may be meant.
    let exists = (1..=days_in_month(2024, month)).contains(&day);
    (!exists && day <= 31).then(|| format!("{} {}", first.text, second.text))
}
