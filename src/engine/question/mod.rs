//! Reading a question: words with their places, and the numbers, dates and quoted values among them. Knows no schema.

use std::ops::Range;

use crate::ir::{DateRange, DateUnit, Day};

mod buckets;
mod contractions;
mod dates;
mod numbers;
#[cfg(test)]
mod tests;
mod tokens;

pub use dates::calendar::weekday_name;
pub use dates::impossible::impossible_day;
pub(crate) use numbers::ordinal_spellings;

/// A question taken apart. All `Range<usize>` named `tokens` are positions in `tokens`.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// As the user typed it.
    pub text: String,
    pub tokens: Vec<Token>,
    pub numbers: Vec<Number>,
    pub dates: Vec<DateMention>,
    /// "by month", "per year", "monthly", "each day", "by day of the week".
    pub buckets: Vec<Bucket>,
    /// Contents of '…', "…", “…”, «…», `…`, with the tokens inside the quotes (the quotes themselves are no tokens).
    pub quoted: Vec<Quoted>,
    /// The text went on after the last token that was read (see [`MAX_TOKENS`]).
    pub truncated: bool,
    /// The current day was looked at: the same text may read otherwise on another day.
    pub asked_today: bool,
}

impl Question {
    /// A word in lower case; empty beyond the ends.
    pub fn lower(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.lower.as_str())
    }

    /// The word before another one, in lower case; empty before the first.
    pub fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.lower(before))
    }
}

/// How many tokens of a question are read. The longest question a person types has about a hundred.
pub const MAX_TOKENS: usize = 400;

/// Takes a question apart. Any text will do; the work is linear in the tokens read. `today` only fills in years that were left
/// out ("since March" is the latest first of March); relative words ("last month") stay relative. Numbers that are part of a
/// date are not in `numbers`, unless the date says that it may be a number.
pub fn read(text: &str, today: Day) -> Question {
    let (tokens, quoted, truncated) = tokens::tokenise(text);
    let mut numbers = numbers::numbers(text, &tokens);
    let buckets = buckets::buckets(&tokens);
    let today = dates::Today::new(today);
    let reading = dates::Reading { text, tokens: &tokens, numbers: &numbers, quoted: &quoted, buckets: &buckets, today: &today };
    let dates = dates::dates(&reading);
    // The 99 of "'99" is a year and no number.
    let is_year = |number: &Number| matches!(number.value, NumberValue::Integer(1000..));
    let only_date = |date: &DateMention, number: &Number| !(date.may_be_number && is_year(number));
    numbers.retain(|number| !dates.iter().any(|date| overlap(&date.tokens, &number.tokens) && only_date(date, number)));
    let asked_today = today.was_asked();
    Question { text: text.to_string(), tokens, numbers, dates, buckets, quoted, truncated, asked_today }
}

/// Whether two stretches have a token in common.
pub(crate) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Byte range in `Question::text`.
    pub span: Range<usize>,
    /// As typed.
    pub text: String,
    /// Unicode lower case, typographic apostrophes made plain, possessive `'s` cut off.
    pub lower: String,
    /// `lexicon::morphology::stem(lower)`.
    pub stem: String,
    pub kind: TokenKind,
    /// A sentence or clause break (comma, semicolon, full stop, question mark, parenthesis) stood directly before this token.
    pub after_break: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Word,
    /// Digits, with signs, separators and decimals folded in (`1,000`, `12.5`, `50%` is a number and a `%` symbol). A date or
    /// time in digits is one token (`2007-05-24`, `10:30`); a version or address (`1.2.3`) is a word.
    Number,
    /// Operators that carry meaning: `>` `<` `>=` `<=` `=` `!=` `<>` `%` `$` `€` `£` `¥` `₹` `&` `+` `/`.
    Symbol,
}

/// A number in digits or words ("1,000", "1.5k", "twenty five", "a dozen", "3rd", "first", "2 million").
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    pub tokens: Range<usize>,
    pub value: NumberValue,
    pub kind: NumberKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NumberValue {
    Integer(i64),
    /// Digits as they go into SQL, e.g. `12.50`.
    Decimal(String),
}

impl NumberValue {
    /// As they go into SQL.
    pub fn digits(&self) -> String {
        match self {
            NumberValue::Integer(value) => value.to_string(),
            NumberValue::Decimal(digits) => digits.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    Plain,
    /// "third", "2nd".
    Ordinal,
    /// Followed by `%` or "percent" (which belongs to `tokens`).
    Percent,
    /// With a currency sign or word (which belongs to `tokens`).
    Money,
    /// A unit of time or measure follows and belongs to `tokens`: "5 minutes", "3 km". The unit as its singular word.
    Measure(&'static str),
}

/// Words that name a stretch of time, prepositions included: "in 2023", "since March", "between 1 May and 3 June 2020",
/// "last month", "in the last 30 days", "before 1990", "today", "this quarter", "in the 1990s", "on 2022-05-01".
#[derive(Debug, Clone, PartialEq)]
pub struct DateMention {
    pub tokens: Range<usize>,
    pub range: DateRange,
    /// The finest unit that was named: a year for "in 2023", a day for "today".
    pub grain: DateUnit,
    /// True for a bare four-digit number that may as well be a plain number ("in 2000", "2012").
    pub may_be_number: bool,
    /// A field without a year: "in May", "on Mondays", "in the first quarter" repeat every year; the range is then empty.
    pub field: Option<(crate::ir::DateField, i64)>,
    /// The last value of `field` where several follow each other: 7 for a weekend (Saturday 6 to Sunday 7), 5 for "March to May",
    /// 23 for "after 5 pm".
    pub field_to: Option<i64>,
}

/// A wish to group by a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    pub tokens: Range<usize>,
    pub kind: BucketKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketKind {
    /// Runs on: 2023-01, 2023-02, …
    Truncate(DateUnit),
    /// Comes round: day of the week, hour of the day, month of the year.
    Field(crate::ir::DateField),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    pub tokens: Range<usize>,
    /// Byte range of the content in `Question::text`.
    pub span: Range<usize>,
    pub content: String,
}
