//! Stretches of time with a name in the calendar. Here: dates in digits, quarters, halves, weeks and weekdays; `months` and
//! `years` hold the others.

use super::months::{self, month_of_year, one_day};
use super::written::{self, Written};
use super::years::{self, year, year_after};
use super::{Reading, Span, calendar, relative};
use crate::ir::{DateField, DateUnit, Day, Moment};
use crate::lexicon::weekday;
use crate::question::{NumberKind, TokenKind};

pub(super) fn span(reading: &Reading, at: usize) -> Option<Span> {
    if let Some((day, _)) = months::day_and_month(reading, at) {
        return day;
    }
    digits(reading, at)
        .or_else(|| months::month_span(reading, at))
        .or_else(|| part_of_year(reading, at))
        .or_else(|| several_months(reading, at))
        .or_else(|| week_of_year(reading, at))
        .or_else(|| years::decade(reading, at))
        .or_else(|| years::century(reading, at))
        .or_else(|| years::year_span(reading, at))
        .or_else(|| weekday_span(reading, at))
}

/// A date in digits, with the time of day after it.
fn digits(reading: &Reading, at: usize) -> Option<Span> {
    let token = reading.tokens.get(at).filter(|token| token.kind == TokenKind::Number)?;
    match written::read(&token.lower)? {
        Written::Month(year, month) => Some(month_of_year(at + 1, year, month)),
        Written::DayTime(day, time) => Some(moment(at + 1, day, time)),
        Written::Day(day) => {
            let clock_at = at + 1 + usize::from(reading.is_any(at + 1, &["at"]));
            let clock = reading.tokens.get(clock_at).and_then(|token| written::time(&token.lower));
            Some(clock.map_or_else(|| one_day(at + 1, day), |time| moment(clock_at + 1, day, time)))
        }
    }
}

/// A second or a minute of a day.
fn moment(end: usize, day: Day, (hour, minute, second, to_the_second): written::Time) -> Span {
    let from = Moment::DayTime { day, hour, minute, second };
    let step = if to_the_second { 1 } else { 60 };
    let later = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second) + step;
    let to = if later >= 86_400 {
        Moment::Day(calendar::next(day))
    } else {
        let part = |value: u32| u8::try_from(value).unwrap_or(0);
        Moment::DayTime { day, hour: part(later / 3600), minute: part(later / 60 % 60), second: part(later % 60) }
    };
    Span::new(end, from, to, if to_the_second { DateUnit::Second } else { DateUnit::Minute })
}

/// "Q1 2022", "2022 Q1", "the first quarter of 2022", "H2 2021", "second half of 2021".
fn part_of_year(reading: &Reading, at: usize) -> Option<Span> {
    let (year_first, start) = year(reading, at).map_or((None, at), |(year, end)| (Some(year), end));
    let (months, number, end) = part_name(reading, start)?;
    let first = u8::try_from((number - 1) * months + 1).ok()?;
    let grain = if months == 3 { DateUnit::Quarter } else { DateUnit::Month };
    let with_year = |year: i32, end: usize| {
        let last = first + u8::try_from(months).unwrap_or(3) - 1;
        Span::days(end, Day { year, month: first, day: 1 }, calendar::month_after(year, last), grain)
    };
    if let Some(year) = year_first {
        return Some(with_year(year, end));
    }
    if let Some((year, end)) = year_after(reading, end) {
        return Some(with_year(year, end));
    }
    (months == 3).then(|| Span::field(end, DateField::Quarter, number, DateUnit::Quarter))
}

/// How many months the part has, which one it is, and the token after its name.
fn part_name(reading: &Reading, at: usize) -> Option<(i64, i64, usize)> {
    let short = match reading.word(at) {
        "q1" => Some((3, 1)),
        "q2" => Some((3, 2)),
        "q3" => Some((3, 3)),
        "q4" => Some((3, 4)),
        "h1" => Some((6, 1)),
        "h2" => Some((6, 2)),
        _ => None,
    };
    if let Some((months, number)) = short {
        return Some((months, number, at + 1));
    }
    let ordinal = || {
        let (number, value) = reading.number(at)?;
        (number.kind == NumberKind::Ordinal).then_some((value, number.tokens.end))
    };
    let (number, end) = if reading.word(at) == "last" { (0, at + 1) } else { ordinal()? };
    match (reading.word(end), number) {
        ("quarter", 1..=4) => Some((3, number, end + 1)),
        ("half", 1 | 2) => Some((6, number, end + 1)),
        // "the last quarter" alone is the previous one; of a year it is the fourth.
        ("quarter", 0) if year_after(reading, end + 1).is_some() => Some((3, 4, end + 1)),
        ("half", 0) if year_after(reading, end + 1).is_some() => Some((6, 2, end + 1)),
        _ => None,
    }
}

/// "the first 3 months of 2021", "last two quarters of 2020".
fn several_months(reading: &Reading, at: usize) -> Option<Span> {
    let from_start = match reading.word(at) {
        "first" => true,
        "last" | "final" => false,
        _ => return None,
    };
    let (amount, unit, end) = relative::units(reading, at + 1)?;
    let months = match unit {
        DateUnit::Month => amount,
        DateUnit::Quarter => amount.saturating_mul(3),
        _ => return None,
    };
    let months = u8::try_from(months).ok().filter(|months| (1..=12).contains(months))?;
    let (year, end) = year_after(reading, end)?;
    let (first, last) = if from_start { (1, months) } else { (13 - months, 12) };
    Some(Span::days(end, Day { year, month: first, day: 1 }, calendar::month_after(year, last), unit))
}

/// "week 12 of 2021", "calendar week 12".
fn week_of_year(reading: &Reading, at: usize) -> Option<Span> {
    let start = at + usize::from(reading.is_any(at, &["calendar"]));
    if !reading.is_any(start, &["week"]) {
        return None;
    }
    let (number, week) =
        reading.number(start + 1).filter(|(number, week)| (1..=53).contains(week) && number.kind == NumberKind::Plain)?;
    let Some((year, end)) = year_after(reading, number.tokens.end) else {
        return Some(Span::field(number.tokens.end, DateField::Week, week, DateUnit::Week));
    };
    let monday = calendar::monday_of_week(year, u8::try_from(week).ok()?)?;
    let after = (0..7).fold(monday, |day, _| calendar::next(day));
    Some(Span::days(end, monday, after, DateUnit::Week))
}

/// "Monday", "Mondays", "weekends".
fn weekday_span(reading: &Reading, at: usize) -> Option<Span> {
    let word = reading.word(at);
    let moved = reading.is_any(at.wrapping_sub(1), &["last", "next", "this", "previous", "past"]);
    let day = match word {
        "weekend" | "weekends" if !moved => 6,
        "weekdays" => 1,
        // Short forms are other words as well ("sun", "sat"): they need an "on".
        _ if moved || (word.len() < 6 && !reading.is_any(at.wrapping_sub(1), &["on", "every", "each"])) => return None,
        _ => i64::from(weekday(word)?),
    };
    Some(Span::field(at + 1, DateField::Weekday, day, DateUnit::Day))
}
