//! Words that name a stretch of time: "in 2023", "since March", "last 30 days", "between 1 May and 3 June 2020".
//!
//! `absolute` (with `months` and `years`) and `relative` read a stretch itself, `fold` takes the prepositions around it into the range, `written` reads dates
//! in digits, `days` and `clock` several days of a month and hours of a day, `calendar` counts days.

mod absolute;
pub mod calendar;
mod clock;
mod days;
mod fold;
pub mod impossible;
mod months;
mod relative;
#[cfg(test)]
mod tests;
mod today;
pub(super) mod written;
mod years;

use std::ops::Range;

use super::{Bucket, DateMention, Number, NumberValue, Quoted, Token, TokenKind, overlap};
use crate::ir::{DateField, DateRange, DateUnit, Day, Moment};

pub(super) use today::Today;

/// What the readers of dates look at.
pub(super) struct Reading<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    pub numbers: &'a [Number],
    pub quoted: &'a [Quoted],
    pub buckets: &'a [Bucket],
    pub today: &'a Today,
}

/// A stretch of time without its prepositions; `from` belongs to it, `to` is the first moment after it.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// The token after its last.
    end: usize,
    from: Option<Moment>,
    to: Option<Moment>,
    grain: DateUnit,
    may_be_number: bool,
    field: Option<(DateField, i64)>,
    /// A month, or a month and a day, without a year: `from` and `to` are those of the latest one.
    yearless: Option<(u8, Option<u8>)>,
}

impl Span {
    fn new(end: usize, from: Moment, to: Moment, grain: DateUnit) -> Self {
        Span { end, from: Some(from), to: Some(to), grain, may_be_number: false, field: None, yearless: None }
    }

    fn days(end: usize, from: Day, to: Day, grain: DateUnit) -> Self {
        Span::new(end, Moment::Day(from), Moment::Day(to), grain)
    }

    fn is_a_day(&self) -> bool {
        self.grain == DateUnit::Day && matches!(self.from, Some(Moment::Day(_)))
    }

    fn field(end: usize, field: DateField, value: i64, grain: DateUnit) -> Self {
        Span { end, from: None, to: None, grain, may_be_number: false, field: Some((field, value)), yearless: None }
    }
}

/// All mentions of time, from left to right, without overlaps.
pub(super) fn dates(reading: &Reading) -> Vec<DateMention> {
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < reading.tokens.len() {
        if let Some(end) = reading.hidden(at) {
            at = end.max(at + 1);
        } else if let Some(mention) = fold::mention(reading, at) {
            at = mention.tokens.end.max(at + 1);
            mentions.push(mention);
        } else {
            at = reading.dead_end(at).unwrap_or(at + 1);
        }
    }
    mentions
}

impl Reading<'_> {
    /// A word or symbol as lower case, empty behind the end; numbers too.
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.lower.as_str())
    }

    /// The word before a position.
    fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.contains(&self.word(at))
    }

    /// Whether a clause break stands before a token; a comma inside a date ("May 5, 2007") is none.
    fn breaks(&self, at: usize) -> bool {
        let comma = || {
            let end = self.tokens.get(at.wrapping_sub(1)).map_or(0, |token| token.span.end);
            let start = self.tokens.get(at).map_or(end, |token| token.span.start);
            self.text.get(end..start).is_some_and(|between| between.trim() == "," || between.trim() == ".")
        };
        self.tokens.get(at).is_some_and(|token| token.after_break) && !comma()
    }

    /// Whether only a dash, with or without blanks, stands between a token and the one before it.
    fn dash_before(&self, at: usize) -> bool {
        let (Some(before), Some(here)) = (self.tokens.get(at.wrapping_sub(1)), self.tokens.get(at)) else { return false };
        let between = self.text.get(before.span.end..here.span.start).unwrap_or("");
        ["-", "–", "—", "−", "‐"].contains(&between.trim())
    }

    /// The whole number that begins at a token, and the token after it (with its unit, where it has one).
    fn number(&self, at: usize) -> Option<(&Number, i64)> {
        let found = self.numbers.binary_search_by_key(&at, |number| number.tokens.start).ok()?;
        match self.numbers[found].value {
            NumberValue::Integer(value) => Some((&self.numbers[found], value)),
            NumberValue::Decimal(_) => None,
        }
    }

    /// Where a stretch that no date may be read from ends: a title in quotes, or a wish to group.
    fn hidden(&self, at: usize) -> Option<usize> {
        let quote = self
            .quoted
            .iter()
            .find(|quote| quote.tokens.start == at && !quote.content.starts_with(|first: char| first.is_ascii_digit()));
        let ends = |range: &Range<usize>| range.start == at;
        quote
            .map(|quote| quote.tokens.end)
            .or_else(|| self.buckets.iter().find(|bucket| ends(&bucket.tokens)).map(|bucket| bucket.tokens.end))
    }

    /// Whether any token of a range is hidden.
    fn any_hidden(&self, range: Range<usize>) -> bool {
        let in_title =
            |quote: &Quoted| overlap(&quote.tokens, &range) && !quote.content.starts_with(|first: char| first.is_ascii_digit());
        self.buckets.iter().any(|bucket| overlap(&bucket.tokens, &range)) || self.quoted.iter().any(in_title)
    }

    /// Words in the form of a date that does not exist ("30 February 2021") are read as no date at all, not as the month in them.
    fn dead_end(&self, at: usize) -> Option<usize> {
        months::impossible_day(self, at)
    }

    /// A stretch of time that begins at a token.
    fn span(&self, at: usize) -> Option<Span> {
        let token = self.tokens.get(at)?;
        let article = usize::from(token.kind == TokenKind::Word && token.lower == "the");
        relative::span(self, at)
            .or_else(|| absolute::span(self, at))
            .or_else(|| if article == 1 { absolute::span(self, at + 1).or_else(|| relative::span(self, at + 1)) } else { None })
    }
}

/// The mention that a span makes, with open ends where a preposition opened them.
fn mention(tokens: Range<usize>, span: &Span, from: Option<Moment>, to: Option<Moment>) -> DateMention {
    DateMention {
        tokens,
        range: DateRange { from, to },
        grain: span.grain,
        may_be_number: span.may_be_number,
        field: None,
        field_to: None,
    }
}
