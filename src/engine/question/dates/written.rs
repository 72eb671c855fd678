//! Dates and times in digits: `2007-05-24`, `24.05.2007`, `05/24/2007`, `2007-05`, `05/2007`, `10:30`, `2007-05-24T10:30:00Z`.

use super::calendar;
use crate::ir::Day;

/// A time of day and whether it names seconds.
pub(super) type Time = (u8, u8, u8, bool);

pub(super) enum Written {
    Day(Day),
    /// A year and a month.
    Month(i32, u8),
    DayTime(Day, Time),
}

/// The two or three numbers of `text`, all between the same separator.
fn parts(text: &str, separator: char) -> Option<Vec<(usize, i32)>> {
    let parts: Option<Vec<_>> = text
        .split(separator)
        .map(|part| {
            let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse().ok().map(|number| (part.len(), number)) } else { None }
        })
        .collect();
    parts.filter(|parts| (2..=3).contains(&parts.len()))
}

/// Whether digits have the form of a date; the day need not exist, so that `2021-02-30` is not read as three numbers.
pub(in crate::question) fn looks_like_date(text: &str) -> bool {
    if text.len() > 10 {
        return false;
    }
    ['-', '/', '.'].iter().any(|separator| match parts(text, *separator).as_deref() {
        Some([(4, _), (1 | 2, _), (1 | 2, _)] | [(1 | 2, _), (1 | 2, _), (4, _)]) => true,
        Some([(1 | 2, _), (1 | 2, _), (2, _)]) => *separator == '/',
        Some([(1 | 2, month), (4, year)]) => *separator == '/' && (1000..=2999).contains(year) && (1..=12).contains(month),
        Some([(4, year), (2, month)]) => *separator == '-' && (1000..=2999).contains(year) && (1..=12).contains(month),
        _ => false,
    })
}

/// Whether digits have the form of a time of day: `10:30`, `10:30:05`, `10:30:05.250`.
pub(in crate::question) fn looks_like_time(text: &str) -> bool {
    time(text).is_some()
}

pub(super) fn time(text: &str) -> Option<Time> {
    let clock = text.split_once('.').map_or(text, |(clock, _)| clock);
    let mut fields = clock.split(':').map(|part| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse::<u8>().ok() } else { None }
    });
    let (hour, minute) = (fields.next()??, fields.next()??);
    let second = match fields.next() {
        Some(second) => Some(second?),
        None => None,
    };
    let valid = fields.next().is_none() && hour < 24 && minute < 60 && second.unwrap_or(0) < 60;
    valid.then_some((hour, minute, second.unwrap_or(0), second.is_some()))
}

/// Reads one number token; none for a plain number and for a day that does not exist.
pub(super) fn read(text: &str) -> Option<Written> {
    if let Some((day, clock)) = text.split_once('t') {
        let clock = clock.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let Written::Day(day) = read(day)? else { return None };
        return time(clock).map(|time| Written::DayTime(day, time));
    }
    let separator = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator)).filter(|_| looks_like_date(text))?;
    let small = |number: i32| u8::try_from(number).ok();
    match parts(text, separator)?.as_slice() {
        [(4, year), (_, month), (_, day)] => calendar::day(*year, small(*month)?, small(*day)?).map(Written::Day),
        [(4, year), (2, month)] | [(_, month), (4, year)] => Some(Written::Month(*year, small(*month)?)),
        [(_, first), (_, second), (digits, year)] => {
            let century = if *digits > 2 {
                0
            } else if *year < 70 {
                2000
            } else {
                1900
            };
            // With full stops the day comes first; with other marks the month, unless it can only be the day.
            let day_first = separator == '.' || *first > 12;
            let (day, month) = if day_first { (first, second) } else { (second, first) };
            calendar::day(*year + century, small(*month)?, small(*day)?).map(Written::Day)
        }
        _ => None,
    }
}
