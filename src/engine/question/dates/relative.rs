//! Stretches of time told from now: today, last month, the last 30 days, 3 days ago, year to date.

use super::{Reading, Span, absolute, months, years};
use crate::ir::{DateUnit, Moment};
use crate::lexicon::{month, time_unit};
use crate::question::NumberKind;

/// More units than this are no date; the bound also keeps shifts within what an interval holds.
const MOST_UNITS: i64 = 100_000;

pub(super) fn span(reading: &Reading, at: usize) -> Option<Span> {
    named_day(reading, at)
        .or_else(|| to_date(reading, at))
        .or_else(|| last_units(reading, at))
        .or_else(|| shifted_unit(reading, at))
        .or_else(|| shifted_month(reading, at))
        .or_else(|| ago(reading, at))
        .or_else(|| start_of(reading, at))
}

fn day(end: usize, shift: i32) -> Span {
    Span::new(end, Moment::Today { shift }, Moment::Today { shift: shift + 1 }, DateUnit::Day)
}

/// Several units from now, as an interval can say it: PostgreSQL knows no interval of quarters.
pub(super) fn moved_by(amount: i32, unit: DateUnit) -> Moment {
    match unit {
        DateUnit::Quarter => Moment::Ago { amount: amount.saturating_mul(3), unit: DateUnit::Month },
        _ => Moment::Ago { amount, unit },
    }
}

fn whole_unit(end: usize, unit: DateUnit, shift: i32) -> Span {
    match unit {
        DateUnit::Day => day(end, shift),
        _ => Span::new(end, Moment::StartOf { unit, shift }, Moment::StartOf { unit, shift: shift + 1 }, unit),
    }
}

/// The moment up to which "the last 30 days" goes.
fn until_now(unit: DateUnit) -> Moment {
    if unit < DateUnit::Day { Moment::Now } else { Moment::Today { shift: 1 } }
}

fn named_day(reading: &Reading, at: usize) -> Option<Span> {
    let the = usize::from(reading.is_any(at, &["the"]));
    let two_days = |name: &str, order: &str| {
        reading.word(at + the) == "day" && reading.word(at + the + 1) == order && reading.word(at + the + 2) == name
    };
    match reading.word(at) {
        "today" | "tonight" => Some(day(at + 1, 0)),
        "yesterday" => Some(day(at + 1, -1)),
        "tomorrow" => Some(day(at + 1, 1)),
        "now" => Some(Span::new(at + 1, Moment::Now, Moment::Now, DateUnit::Second)),
        _ if two_days("yesterday", "before") => Some(day(at + the + 3, -2)),
        _ if two_days("tomorrow", "after") => Some(day(at + the + 3, 2)),
        _ => None,
    }
}

/// "year to date", "ytd".
fn to_date(reading: &Reading, at: usize) -> Option<Span> {
    let short = match reading.word(at) {
        "ytd" => Some(DateUnit::Year),
        "qtd" => Some(DateUnit::Quarter),
        "mtd" => Some(DateUnit::Month),
        "wtd" => Some(DateUnit::Week),
        _ => None,
    };
    let (unit, end) = match short {
        Some(unit) => (unit, at + 1),
        None => {
            let unit = time_unit(reading.word(at))?;
            let written = reading.word(at + 1) == "to" && reading.word(at + 2) == "date";
            (unit, written.then_some(at + 3)?)
        }
    };
    Some(Span::new(end, Moment::StartOf { unit, shift: 0 }, Moment::Today { shift: 1 }, unit))
}

/// How many units, and the token after them: "30 days", "a week", "three months".
pub(super) fn units(reading: &Reading, at: usize) -> Option<(i32, DateUnit, usize)> {
    let (amount, unit, end) = match reading.number(at) {
        Some((number, value)) => match number.kind {
            NumberKind::Measure(unit) => (value, time_unit(unit)?, number.tokens.end),
            // "last 3 full months"
            NumberKind::Plain if reading.is_any(number.tokens.end, &["full", "calendar", "whole", "complete"]) => {
                (value, time_unit(reading.word(number.tokens.end + 1))?, number.tokens.end + 2)
            }
            _ => return None,
        },
        None if reading.is_any(at, &["a", "an", "one"]) => (1, time_unit(reading.word(at + 1))?, at + 2),
        None => return None,
    };
    (1..=MOST_UNITS).contains(&amount).then_some((i32::try_from(amount).ok()?, unit, end))
}

/// "last 30 days", "past 3 months", "next 7 days", "past year".
fn last_units(reading: &Reading, at: usize) -> Option<Span> {
    let start = at + usize::from(reading.is_any(at, &["the"]));
    let future = match reading.word(start) {
        "last" | "past" | "previous" | "prior" | "latest" => false,
        "next" | "coming" | "following" => true,
        _ => return None,
    };
    // "within the last month" and "the past year" end today; "last month" is one of the calendar.
    let rolling =
        reading.word(start) == "past" || (start > at && reading.is_any(at.wrapping_sub(1), &["in", "within", "over", "during"]));
    let one = || {
        let unit =
            time_unit(reading.word(start + 1)).filter(|_| rolling && !future && reading.tokens[start].lower != "previous")?;
        Some((1, unit, start + 2))
    };
    let (amount, unit, end) = units(reading, start + 1).or_else(one)?;
    // "the last 3 months of 2020" are told from no day.
    if reading.is_any(end, &["of"]) && years::year(reading, end + 1).is_some() {
        return None;
    }
    if !future {
        return Some(Span::new(end, moved_by(amount, unit), until_now(unit), unit));
    }
    let to = match unit {
        DateUnit::Day => Moment::Today { shift: amount + 1 },
        _ => moved_by(-amount, unit),
    };
    let from = if unit < DateUnit::Day { Moment::Now } else { Moment::Today { shift: 0 } };
    Some(Span::new(end, from, to, unit))
}

/// "this year", "last month", "current quarter", "next week".
fn shifted_unit(reading: &Reading, at: usize) -> Option<Span> {
    let start = at + usize::from(reading.is_any(at, &["the"]));
    let shift = match reading.word(start) {
        "this" | "current" | "present" => 0,
        "last" | "previous" | "prior" | "past" => -1,
        "next" | "coming" | "following" => 1,
        _ => return None,
    };
    let unit_at = start + 1 + usize::from(reading.is_any(start + 1, &["calendar", "full", "whole"]));
    let unit = time_unit(reading.word(unit_at)).filter(|unit| *unit >= DateUnit::Hour && !reading.breaks(unit_at))?;
    // "the last day of", "the next day": a day of something else. "last year to date" is rare enough to be left alone.
    let of_something = unit == DateUnit::Day && (start > at || reading.is_any(unit_at + 1, &["of"]));
    let of_a_year = unit == DateUnit::Quarter && shift == -1 && reading.is_any(unit_at + 1, &["of"]);
    (!of_something && !of_a_year).then(|| whole_unit(unit_at + 1, unit, shift))
}

/// "last March", "this May", "next June".
fn shifted_month(reading: &Reading, at: usize) -> Option<Span> {
    let found = month(reading.word(at + 1)).filter(|_| years::year(reading, at + 2).is_none())?;
    let today = || reading.today.day();
    let year = match reading.word(at) {
        "this" => today().year,
        "last" | "previous" => today().year - i32::from(found >= today().month),
        "next" | "coming" => today().year + i32::from(found <= today().month),
        _ => return None,
    };
    let span = Span { yearless: Some((found, None)), ..day(at + 2, 0) };
    months::in_year(&span, year)
}

/// "3 days ago", "a year ago".
fn ago(reading: &Reading, at: usize) -> Option<Span> {
    let (amount, unit, end) = units(reading, at)?;
    match reading.word(end) {
        "ago" | "earlier" if unit >= DateUnit::Hour => Some(whole_unit(end + 1, unit, -amount)),
        "ago" => Some(Span::new(end + 1, moved_by(amount, unit), moved_by(amount - 1, unit), unit)),
        _ if reading.word(end) == "from" && reading.word(end + 1) == "now" => Some(whole_unit(end + 2, unit, amount)),
        _ => None,
    }
}

/// "the beginning of the year", "the end of 2020": the edge of a stretch, as the stretch itself with its other side cut off.
fn start_of(reading: &Reading, at: usize) -> Option<Span> {
    let start = at + usize::from(reading.is_any(at, &["the"]));
    let edge = reading.word(start);
    if !["beginning", "start", "end"].contains(&edge) || reading.word(start + 1) != "of" {
        return None;
    }
    let this = |at: usize| {
        let unit = time_unit(reading.word(at + 1)).filter(|_| reading.is_any(at, &["the"]))?;
        Some(whole_unit(at + 2, unit, 0))
    };
    let inner = shifted_unit(reading, start + 2).or_else(|| absolute::span(reading, start + 2)).or_else(|| this(start + 2))?;
    inner.from.map(|_| Span { may_be_number: false, ..inner })
}
