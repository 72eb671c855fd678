//! What a word that was pointed at spells, for the column that it is compared with.
//!
//! A stored value of the column itself comes first, the longest that holds the word; then what stands between quotes, digits,
//! stored values of other columns, words with capitals, and the bare word. What is not known to be stored keeps its letters and
//! is told to the caller.

use nl_query_core::schema::{Column, TypeKind};

use super::blocks::Builder;
use super::tree::Value;
use super::{Seen, Unbuildable, UnknownValue};
use crate::ir::{DateUnit, Literal, Moment};
use crate::link::values::{known_values, normalise};
use crate::parser::features::{Candidate, CandidateKind};
use crate::prepared::ColumnId;
use crate::question::{DateMention, Number, NumberKind, NumberValue, TokenKind};
use crate::understand;

/// How sure a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelled {
    /// A stored value of the column.
    Stored,
    /// As the user wrote it; the column is not known to have it.
    Written,
    /// The same behind "named" or "called", where letter case is not meant.
    Named,
}

/// The texts that a word may spell in a column: several where the column has several spellings of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Texts {
    pub texts: Vec<String>,
    pub spelled: Spelled,
}

impl Texts {
    fn one(text: impl Into<String>, spelled: Spelled) -> Self {
        Texts { texts: vec![text.into()], spelled }
    }

    pub fn first(&self) -> String {
        self.texts.first().cloned().unwrap_or_default()
    }
}

const ANSWERS: [(&str, &str); 5] = [("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("1", "0")];

/// Whether a word says yes or no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    let lower = text.to_lowercase();
    ANSWERS.iter().find_map(|(yes, no)| if lower == *yes { Some(true) } else { (lower == *no).then_some(false) })
}

/// How a column that is no boolean says yes or no, by the values that are known of it. The other answer tells the letter case.
pub(super) fn stored_answer(column: &Column, holds: bool) -> Option<Literal> {
    let known: Vec<&String> = known_values(column).collect();
    if let Some(value) = known.iter().find(|value| yes_or_no(value.trim()) == Some(holds)) {
        return literal_of(column, value);
    }
    let (other, mate) = known.iter().find_map(|value| {
        let lower = value.to_lowercase();
        let pair = ANSWERS.iter().find(|(yes, no)| lower == *yes || lower == *no)?;
        Some((*value, if holds { pair.0 } else { pair.1 }))
    })?;
    let upper = |text: &str| text.chars().next().is_some_and(char::is_uppercase);
    let mate = match (upper(other), other.len() > 1 && other.chars().all(char::is_uppercase) || mate.len() == 1) {
        (true, true) => mate.to_uppercase(),
        (true, false) => mate[..1].to_uppercase() + &mate[1..],
        _ => mate.to_owned(),
    };
    literal_of(column, &mate)
}

fn literal_of(column: &Column, text: &str) -> Option<Literal> {
    match column.kind {
        TypeKind::Number => text.parse().ok().map(Literal::Integer),
        TypeKind::Text | TypeKind::Enum => Some(Literal::Text(text.to_owned())),
        _ => None,
    }
}

/// The longest known value of the column that is written out from this word on, points and all: "Ph.D."
pub(super) fn stored_here(seen: Seen<'_>, word: usize, column: ColumnId) -> Option<String> {
    let start = seen.question.tokens.get(word)?.span.start;
    let rest = normalise(seen.question.text.get(start..)?);
    let written = known_values(seen.prepared.column(column)).filter(|value| {
        let value = normalise(value);
        !value.is_empty() && rest.strip_prefix(&value).is_some_and(|behind| behind.is_empty() || behind.starts_with(' '))
    });
    written.max_by_key(|value| value.len()).cloned()
}

impl Builder<'_> {
    /// Candidates that hold the word, those that begin with it first, then the longest.
    fn candidates(&self, value: Value) -> Vec<&Candidate> {
        let Value::Word(word) = value else { return Vec::new() };
        let mut found: Vec<&Candidate> =
            self.seen.features.candidates.iter().filter(|candidate| candidate.words.contains(&word)).collect();
        found.sort_by_key(|candidate| (candidate.words.start != word, std::cmp::Reverse(candidate.words.len())));
        found
    }

    pub fn date(&self, value: Value) -> Option<&DateMention> {
        self.candidates(value).into_iter().find_map(|candidate| match candidate.kind {
            CandidateKind::Date(at) => self.seen.question.dates.get(at),
            _ => None,
        })
    }

    /// A moment between quotes, as a part of a longer mention ("between '2003-04-19 15:06' and …").
    pub fn quoted_moment(&self, value: Value) -> Option<&str> {
        let quoted = self.candidates(value).into_iter().find(|candidate| matches!(candidate.kind, CandidateKind::Quoted(_)))?;
        let date = self.date(value)?;
        let CandidateKind::Quoted(text) = &quoted.kind else { return None };
        let day = text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.len() >= 10;
        (day && date.tokens.len() > quoted.words.len()).then_some(text.as_str())
    }

    /// "between May and July", "from 2010 to 2012".
    pub fn says_both_ends(&self, date: &DateMention) -> bool {
        let word = |at: usize| self.seen.question.lower(at);
        let inside = |words: &[&str]| date.tokens.clone().skip(1).any(|at| words.contains(&word(at)));
        (word(date.tokens.start) == "between" && inside(&["and"]))
            || (word(date.tokens.start) == "from" && inside(&["to", "until", "till"]))
    }

    pub fn said_number(&self, value: Value) -> Option<&Number> {
        self.candidates(value).into_iter().find_map(|candidate| match candidate.kind {
            CandidateKind::Number(at) => self.seen.question.numbers.get(at),
            _ => None,
        })
    }

    pub fn quoted(&self, value: Value) -> Option<&str> {
        self.candidates(value).into_iter().find_map(|candidate| match &candidate.kind {
            CandidateKind::Quoted(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The word itself.
    pub fn bare(&self, value: Value) -> Option<String> {
        let Value::Word(word) = value else { return None };
        self.seen.question.tokens.get(word).map(|token| token.text.clone())
    }

    /// A number, a date or a time as it is written in the question.
    pub fn written(&self, value: Value) -> Option<String> {
        let words = self.candidates(value).into_iter().find_map(|candidate| match candidate.kind {
            CandidateKind::Number(_) | CandidateKind::Date(_) => Some(candidate.words.clone()),
            _ => None,
        });
        words.map_or_else(|| self.bare(value), |words| self.phrase(words.start, words.end))
    }

    fn phrase(&self, start: usize, end: usize) -> Option<String> {
        let tokens = &self.seen.question.tokens;
        let (first, last) = (tokens.get(start)?, tokens.get(end.checked_sub(1)?)?);
        self.seen.question.text.get(first.span.start..last.span.end).map(str::to_owned)
    }

    pub fn whole_number(&self, value: Value) -> Option<i64> {
        match value {
            Value::Constant(constant) => Some(constant),
            Value::Word(_) => match self.said_number(value).map(|number| &number.value) {
                Some(NumberValue::Integer(number)) => Some(*number),
                Some(NumberValue::Decimal(_)) => None,
                None => self.bare(value)?.parse().ok(),
            },
        }
    }

    /// A number as a column of numbers is compared with it, its unit turned into the column's.
    pub fn numeric(&self, value: Value, column: Option<ColumnId>) -> Option<Literal> {
        let Some(number) = self.said_number(value) else {
            return self.whole_number(value).map(Literal::Integer);
        };
        if let (NumberKind::Measure(unit), Some(column)) = (number.kind, column)
            && let Some(factor) = understand::unit_factor(self.seen.prepared, column, unit)
        {
            return understand::in_unit(&number.value, factor);
        }
        Some(match &number.value {
            NumberValue::Integer(value) => Literal::Integer(*value),
            NumberValue::Decimal(digits) => Literal::Decimal(digits.clone()),
        })
    }

    /// A day in words ("May 3, 2010") for a column that holds days as text.
    pub fn spoken_day(&self, value: Value, column: ColumnId) -> Option<DateMention> {
        let stored = |candidate: &&Candidate| matches!(&candidate.kind, CandidateKind::Stored(stored) if stored.column == column);
        if self.candidates(value).iter().any(stored) || !holds_days(self.seen.prepared.column(column)) {
            return None;
        }
        let absolute = |moment: Option<Moment>| matches!(moment, None | Some(Moment::Day(_)));
        let date = self.date(value)?;
        let words = date.tokens.len() > 1 && date.grain <= DateUnit::Month;
        (words && date.field.is_none() && absolute(date.range.from) && absolute(date.range.to)).then(|| date.clone())
    }

    /// What the word spells in a column of texts.
    pub fn texts(&self, value: Value, column: ColumnId) -> Result<Texts, Unbuildable> {
        let Value::Word(word) = value else {
            return match value {
                Value::Constant(constant) => Ok(Texts::one(constant.to_string(), self.known(&constant.to_string(), column))),
                Value::Word(_) => Err(Unbuildable::Value),
            };
        };
        let candidates = self.candidates(value);
        let quoted = candidates.iter().find(|candidate| matches!(candidate.kind, CandidateKind::Quoted(_)));
        let label = &self.seen.prepared.relations[column.0].label;
        let half = label.len() > 1 && label.contains(&column.1);
        let covers = |candidate: &Candidate| {
            // Of a full name between quotes each column has its part.
            quoted.is_none_or(|quoted| candidate.words.len() >= quoted.words.len() || (half && candidate.words.start == word))
        };
        let own = candidates.iter().find(|candidate| {
            covers(candidate) && matches!(&candidate.kind, CandidateKind::Stored(stored) if stored.column == column)
        });
        if let Some(own) = own {
            return Ok(Texts { texts: self.spellings(own, column), spelled: Spelled::Stored });
        }
        if let Some(text) = self.quoted(value) {
            return Ok(Texts::one(text, self.known(text, column)));
        }
        if let Some(text) = stored_here(self.seen, word, column) {
            return Ok(Texts::one(text, Spelled::Stored));
        }
        let text = self.loose_text(&candidates, word).ok_or(Unbuildable::Value)?;
        let spelled = match self.known(&text, column) {
            Spelled::Written if self.is_named(word) => Spelled::Named,
            spelled => spelled,
        };
        Ok(Texts::one(text, spelled))
    }

    /// Digits, a stored value of another column, words with capitals, else the word.
    fn loose_text(&self, candidates: &[&Candidate], word: usize) -> Option<String> {
        for candidate in candidates {
            if let CandidateKind::Number(at) = candidate.kind
                && candidate.words.start == word
            {
                return self.street(candidate).or_else(|| self.digits(candidate, at));
            }
        }
        let stored = candidates.iter().find_map(|candidate| match &candidate.kind {
            CandidateKind::Stored(_) => self.phrase(candidate.words.start, candidate.words.end),
            _ => None,
        });
        let capitals = candidates.iter().find_map(|candidate| match &candidate.kind {
            CandidateKind::Capitals(text) => Some(text.clone()),
            _ => None,
        });
        match (stored, capitals) {
            (Some(stored), Some(capitals)) => Some(if capitals.len() > stored.len() { capitals } else { stored }),
            (Some(text), None) | (None, Some(text)) => Some(text),
            (None, None) => self.bare(Value::Word(word)),
        }
    }

    /// "1031 Daugavpils Parkway": digits in front of a name belong to it.
    fn street(&self, number: &Candidate) -> Option<String> {
        let end = number.words.end;
        let breaks = self.seen.question.tokens.get(end).is_none_or(|token| token.after_break);
        let name = self
            .seen
            .features
            .candidates
            .iter()
            .find(|candidate| matches!(candidate.kind, CandidateKind::Capitals(_)) && candidate.words.start == end)?;
        if breaks { None } else { self.phrase(number.words.start, name.words.end) }
    }

    fn digits(&self, candidate: &Candidate, at: usize) -> Option<String> {
        let token = self.seen.question.tokens.get(candidate.words.start)?;
        if candidate.words.len() == 1 && token.kind == TokenKind::Number {
            return Some(token.text.clone());
        }
        self.seen.question.numbers.get(at).map(|number| number.value.digits())
    }

    /// All spellings of the value in the column; only those of these very letters where there are any.
    fn spellings(&self, own: &Candidate, column: ColumnId) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for candidate in &self.seen.features.candidates {
            if let CandidateKind::Stored(stored) = &candidate.kind
                && candidate.words == own.words
                && stored.column == column
                && !texts.contains(&stored.text)
            {
                texts.push(stored.text.clone());
            }
        }
        let said = self.phrase(own.words.start, own.words.end).unwrap_or_default();
        let same: Vec<String> = texts.iter().filter(|text| text.trim() == said.trim()).cloned().collect();
        let near: Vec<String> = texts.iter().filter(|text| text.trim().eq_ignore_ascii_case(said.trim())).cloned().collect();
        if !same.is_empty() {
            same
        } else if !near.is_empty() {
            near
        } else {
            texts
        }
    }

    /// Whether statistics know this text as a value of the column.
    fn known(&self, text: &str, column: ColumnId) -> Spelled {
        let known = known_values(self.seen.prepared.column(column)).any(|value| value == text);
        if known { Spelled::Stored } else { Spelled::Written }
    }

    /// "named", "called" directly before the word.
    fn is_named(&self, word: usize) -> bool {
        let before = word.checked_sub(1).and_then(|before| self.seen.question.tokens.get(before));
        before.is_some_and(|token| matches!(token.lower.as_str(), "named" | "called" | "titled"))
    }

    /// The text that a pattern is to match: a part of a value, not a value.
    pub fn part(&self, value: Value, column: Option<ColumnId>) -> Result<String, Unbuildable> {
        let Value::Word(word) = value else { return Ok(self.whole_number(value).ok_or(Unbuildable::Value)?.to_string()) };
        if let Some(text) = self.quoted(value) {
            return Ok(text.to_owned());
        }
        let candidates = self.candidates(value);
        let number = candidates.iter().find_map(|candidate| match candidate.kind {
            CandidateKind::Number(at) if candidate.words.start == word => self.digits(candidate, at),
            _ => None,
        });
        if let Some(digits) = number {
            return Ok(digits);
        }
        let phrase = candidates.iter().find(|candidate| match &candidate.kind {
            CandidateKind::Stored(stored) => Some(stored.column) == column || candidate.words.len() > 1,
            CandidateKind::Capitals(_) => candidate.words.start == word,
            _ => false,
        });
        let phrase = phrase.and_then(|candidate| self.phrase(candidate.words.start, candidate.words.end));
        phrase.or_else(|| self.bare(value)).ok_or(Unbuildable::Value)
    }

    /// Takes down a text that the column is not known to have.
    pub fn note(&mut self, texts: &Texts, column: ColumnId) {
        if texts.spelled != Spelled::Stored {
            self.unknown.push(UnknownValue { column, text: texts.first() });
        }
    }
}

/// Statistics know texts such as `2010-05-03` of the column.
fn holds_days(column: &Column) -> bool {
    let Some(stats) = &column.stats else { return false };
    let is_day = |text: &String| {
        let bytes = text.as_bytes();
        bytes.len() >= 10
            && bytes[..10]
                .iter()
                .enumerate()
                .all(|(at, letter)| if matches!(at, 4 | 7) { *letter == b'-' } else { letter.is_ascii_digit() })
    };
    let mut values = stats.common_values.iter().chain(&stats.bounds).peekable();
    values.peek().is_some() && values.all(is_day)
}
