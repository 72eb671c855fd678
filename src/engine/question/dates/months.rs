//! Months, with and without a year, and days of a month.

use super::years::{is_short_year, year, year_after};
use super::{Reading, Span, calendar};
use crate::ir::{DateField, DateUnit, Day, Moment};
use crate::lexicon::{month, weekday};
use crate::question::NumberKind;

/// Months whose name is another word as well: they need a sign that the month is meant.
const AMBIGUOUS_MONTHS: [&str; 5] = ["may", "march", "mar", "august", "jan"];

/// Words before a month that show it is one.
const BEFORE_MONTHS: &str = "in of since before after until till by during last this next every each from to through and between or \
    previous for throughout early late mid end";

pub(super) fn one_day(end: usize, day: Day) -> Span {
    Span::days(end, day, calendar::next(day), DateUnit::Day)
}

pub(super) fn month_of_year(end: usize, year: i32, month: u8) -> Span {
    Span::days(end, Day { year, month, day: 1 }, calendar::month_after(year, month), DateUnit::Month)
}

/// The day of a month as a number: "5", "5th", "fifth"; with the token after it.
pub(super) fn day_number(reading: &Reading, at: usize) -> Option<(u8, usize)> {
    let (number, value) = reading.number(at).filter(|_| !is_short_year(reading, at))?;
    let day = u8::try_from(value).ok().filter(|day| (1..=99).contains(day))?;
    matches!(number.kind, NumberKind::Plain | NumberKind::Ordinal).then_some((day, number.tokens.end))
}

/// "May 5th 2007", "5 May 2007", "the 5th of May", "Monday, May 5": the day, and where it ends; no day where there is none of it.
pub(super) fn day_and_month(reading: &Reading, at: usize) -> Option<(Option<Span>, usize)> {
    let start = at + usize::from(weekday(reading.word(at)).is_some());
    let start = start + usize::from(start > at && reading.is_any(start, &["the"]));
    let (month, day, end) = month_then_day(reading, start).or_else(|| day_then_month(reading, start))?;
    let span = day_in(reading, month, day, end);
    let end = span.map_or(end, |span| span.end);
    Some((span, end.max(year_after(reading, end).map_or(end, |(_, end)| end))))
}

/// A day of a month, in the year that stands at `end` or else in the latest year that has it behind or at today.
pub(super) fn day_in(reading: &Reading, month: u8, day: u8, end: usize) -> Option<Span> {
    if let Some((year, end)) = year_after(reading, end) {
        return calendar::day(year, month, day).map(|day| one_day(end, day));
    }
    let today = reading.today.day();
    let this_year = if (month, day) <= (today.month, today.day) { today.year } else { today.year - 1 };
    // The 29th of February may be up to eight years back.
    let latest = (0..=8).find_map(|back| calendar::day(this_year - back, month, day))?;
    Some(Span { yearless: Some((month, Some(day))), ..one_day(end, latest) })
}

/// Another day of the same month.
pub(super) fn day_of_month(of: Day, day: u8) -> Option<Day> {
    calendar::day(of.year, of.month, day)
}

fn month_then_day(reading: &Reading, at: usize) -> Option<(u8, u8, usize)> {
    let month = month(reading.word(at))?;
    let the = at + 1 + usize::from(reading.is_any(at + 1, &["the"]));
    let (day, end) = day_number(reading, the).filter(|_| !reading.breaks(the))?;
    Some((month, day, end))
}

fn day_then_month(reading: &Reading, at: usize) -> Option<(u8, u8, usize)> {
    let (day, end) = day_number(reading, at)?;
    let of = end + usize::from(reading.is_any(end, &["of"]));
    let found = month(reading.word(of)).filter(|_| !reading.breaks(of))?;
    // "5 may" could be five things that may; a year or a capital letter shows the month.
    let token = reading.tokens.get(of)?;
    let certain = token.lower != "may" || token.text.starts_with('M') || of > end || year_after(reading, of + 1).is_some();
    certain.then_some((found, day, of + 1))
}

/// Where words in the form of a day that does not exist end.
pub(super) fn impossible_day(reading: &Reading, at: usize) -> Option<usize> {
    day_and_month(reading, at).and_then(|(span, end)| span.is_none().then_some(end))
}

pub(super) fn month_span(reading: &Reading, at: usize) -> Option<Span> {
    let word = reading.word(at);
    // "2007 May" as well.
    if let Some((year, end)) = year(reading, at) {
        let month = month(reading.word(end)).filter(|_| !reading.breaks(end) && reading.word(end) != "may")?;
        return Some(month_of_year(end + 1, year, month));
    }
    let found = month(word).filter(|_| !reading.is_any(at.wrapping_sub(1), &["named", "called"]))?;
    if let Some((year, end)) = year_after(reading, at + 1) {
        return Some(month_of_year(end, year, found));
    }
    let doubtful = AMBIGUOUS_MONTHS.contains(&word) || word.len() == 3;
    let range = || {
        (reading.dash_before(at + 1) || reading.is_any(at + 1, &["to"]))
            && month(reading.word(at + 1 + usize::from(!reading.dash_before(at + 1)))).is_some()
    };
    let shown = BEFORE_MONTHS.split(' ').any(|word| word == reading.before(at)) || range();
    if doubtful && !shown {
        return None;
    }
    let today = reading.today.day();
    let year = if found <= today.month { today.year } else { today.year - 1 };
    let field = Some((DateField::Month, i64::from(found)));
    Some(Span { field, yearless: Some((found, None)), ..month_of_year(at + 1, year, found) })
}

/// The same month, or day, in another year.
pub(super) fn in_year(span: &Span, year: i32) -> Option<Span> {
    let (month, day) = span.yearless?;
    let span = match day {
        Some(day) => one_day(span.end, calendar::day(year, month, day)?),
        None => month_of_year(span.end, year, month),
    };
    Some(span)
}

/// The year that a day or month was said to be in, where both ends of a range share it.
pub(super) fn year_of(span: &Span) -> Option<i32> {
    match (span.from, span.yearless) {
        (Some(Moment::Day(day)), None) => Some(day.year),
        _ => None,
    }
}
