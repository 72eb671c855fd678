//! Years in digits and words, decades and centuries.

use super::{Reading, Span, absolute, calendar};
use crate::ir::DateUnit;
use crate::question::{NumberKind, TokenKind};

/// Years that a bare number may be.
const YEARS: std::ops::RangeInclusive<i64> = 1500..=2100;

/// Words after which a bare four-digit number counts or identifies something.
const COUNTING: &str = "than least most over under above below exceeds exceeding exceed top first bottom limit number no id code zip \
    exactly approximately around about nearly almost only equals equal > < >= <= $ € £ + / between";

/// A year in four digits or in words ("nineteen ninety nine") and the token after it.
pub(super) fn year(reading: &Reading, at: usize) -> Option<(i32, usize)> {
    if let Some(short) = short_year(reading, at) {
        return Some((short, at + 1));
    }
    let (number, value) =
        reading.number(at).filter(|(number, value)| number.kind == NumberKind::Plain && YEARS.contains(value))?;
    let token = reading.tokens.get(at)?;
    let digits = token.lower.len() == 4 && number.tokens.len() == 1 && token.kind == TokenKind::Number;
    let words = number.tokens.len() > 1
        && token.kind == TokenKind::Word
        && !reading.tokens[number.tokens.clone()].iter().any(|word| word.lower == "thousand" || word.lower == "hundred");
    if !digits && !words {
        return None;
    }
    Some((i32::try_from(value).ok()?, number.tokens.end))
}

/// "'98", "'05": two digits with an apostrophe before them.
fn short_year(reading: &Reading, at: usize) -> Option<i32> {
    let token = reading.tokens.get(at).filter(|token| token.kind == TokenKind::Number && token.lower.len() == 2)?;
    let apostrophe = reading.text.get(..token.span.start).is_some_and(|before| before.ends_with(['\'', '’', '‘']));
    let year: i32 = token.lower.parse().ok().filter(|_| apostrophe)?;
    Some(if year < 50 { 2000 + year } else { 1900 + year })
}

/// Whether a number is a year of two digits, and no day of a month.
pub(super) fn is_short_year(reading: &Reading, at: usize) -> bool {
    short_year(reading, at).is_some()
}

/// A year after a month or quarter: "May 2007", "May, 2007", "May of 2007", "May of the year 2007".
pub(super) fn year_after(reading: &Reading, at: usize) -> Option<(i32, usize)> {
    if reading.breaks(at) {
        return None;
    }
    let of = at + usize::from(reading.is_any(at, &["of", "in"]));
    let the = of + usize::from(reading.is_any(of, &["the"]));
    let named = the + usize::from(reading.is_any(the, &["year"]));
    year(reading, named)
}

/// "2012", "the year 2012".
pub(super) fn year_span(reading: &Reading, at: usize) -> Option<Span> {
    let named = reading.is_any(at, &["year", "years"]);
    let (year, end) = year(reading, at + usize::from(named))?;
    let time_words = ["later", "earlier", "older", "newer", "younger", "recent"];
    let counted = COUNTING.split(' ').any(|word| word == reading.before(at));
    let compares_times = at > 1 && reading.before(at) == "than" && reading.is_any(at - 2, &time_words);
    let between =
        reading.before(at) == "between" && reading.is_any(end, &["and", "to"]) && absolute::span(reading, end + 1).is_some();
    if !named && counted && !compares_times && !between {
        return None;
    }
    let span = Span::days(end, calendar::first_of_year(year), calendar::first_of_year(year + 1), DateUnit::Year);
    Some(Span { may_be_number: true, ..span })
}

/// "1990s", "the 90s", "the nineties".
pub(super) fn decade(reading: &Reading, at: usize) -> Option<Span> {
    const NAMED: [(&str, i32); 8] = [
        ("twenties", 1920),
        ("thirties", 1930),
        ("forties", 1940),
        ("fifties", 1950),
        ("sixties", 1960),
        ("seventies", 1970),
        ("eighties", 1980),
        ("nineties", 1990),
    ];
    let word = reading.word(at);
    let named =
        NAMED.iter().find(|(name, _)| *name == word && reading.is_any(at.wrapping_sub(1), &["the"])).map(|(_, year)| *year);
    let digits = || {
        let digits = word.strip_suffix('s').filter(|digits| digits.ends_with('0'))?;
        let year: i32 = digits.parse().ok()?;
        match digits.len() {
            4 if YEARS.contains(&i64::from(year)) => Some(year),
            2 => Some(if year < 30 { 2000 + year } else { 1900 + year }),
            _ => None,
        }
    };
    let year = named.or_else(digits)?;
    Some(Span::days(at + 1, calendar::first_of_year(year), calendar::first_of_year(year + 10), DateUnit::Decade))
}

/// "19th century", "the twentieth century".
pub(super) fn century(reading: &Reading, at: usize) -> Option<Span> {
    let (number, value) =
        reading.number(at).filter(|(number, value)| number.kind == NumberKind::Ordinal && (2..=30).contains(value))?;
    if !reading.is_any(number.tokens.end, &["century"]) {
        return None;
    }
    let first = (i32::try_from(value).ok()? - 1) * 100 + 1;
    Some(Span::days(
        number.tokens.end + 1,
        calendar::first_of_year(first),
        calendar::first_of_year(first + 100),
        DateUnit::Century,
    ))
}
