//! Stretches of time with a name in the calendar: days, months, quarters, halves, weeks, years, decades, centuries, weekdays.

use super::written::{self, Written};
use super::{Reading, Span, calendar};
use crate::ir::{DateField, DateUnit, Day, Moment};
use crate::lexicon::{month, weekday};
use crate::question::{NumberKind, TokenKind};

/// Years that a bare number may be.
const YEARS: std::ops::RangeInclusive<i64> = 1500..=2100;

/// Words after which a bare four-digit number counts or identifies something.
const COUNTING: [&str; 38] = [
    "than",
    "least",
    "most",
    "over",
    "under",
    "above",
    "below",
    "exceeds",
    "exceeding",
    "exceed",
    "top",
    "first",
    "bottom",
    "limit",
    "number",
    "no",
    "id",
    "code",
    "zip",
    "exactly",
    "approximately",
    "around",
    "about",
    "nearly",
    "almost",
    "only",
    "equals",
    "equal",
    ">",
    "<",
    ">=",
    "<=",
    "$",
    "€",
    "£",
    "+",
    "/",
    "between",
];

/// Months whose name is another word as well: they need a sign that the month is meant.
const AMBIGUOUS_MONTHS: [&str; 5] = ["may", "march", "mar", "august", "jan"];
/// Words before a month that show it is one.
const BEFORE_MONTHS: [&str; 27] = [
    "in",
    "of",
    "since",
    "before",
    "after",
    "until",
    "till",
    "by",
    "during",
    "last",
    "this",
    "next",
    "every",
    "each",
    "from",
    "to",
    "through",
    "and",
    "between",
    "or",
    "previous",
    "for",
    "throughout",
    "early",
    "late",
    "mid",
    "end",
];

pub(super) fn span(reading: &Reading, at: usize) -> Option<Span> {
    if let Some((day, _)) = day_and_month(reading, at) {
        return day;
    }
    digits(reading, at)
        .or_else(|| month_span(reading, at))
        .or_else(|| part_of_year(reading, at))
        .or_else(|| week_of_year(reading, at))
        .or_else(|| decade(reading, at))
        .or_else(|| century(reading, at))
        .or_else(|| year_span(reading, at))
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

fn one_day(end: usize, day: Day) -> Span {
    Span::days(end, day, calendar::next(day), DateUnit::Day)
}

fn month_of_year(end: usize, year: i32, month: u8) -> Span {
    Span::days(end, Day { year, month, day: 1 }, calendar::month_after(year, month), DateUnit::Month)
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

/// A year in four digits or in words ("nineteen ninety nine") and the token after it.
pub(super) fn year(reading: &Reading, at: usize) -> Option<(i32, usize)> {
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

/// A year after a month or quarter: "May 2007", "May, 2007", "May of 2007", "May of the year 2007".
fn year_after(reading: &Reading, at: usize) -> Option<(i32, usize)> {
    if reading.breaks(at) {
        return None;
    }
    let of = at + usize::from(reading.is_any(at, &["of", "in"]));
    let the = of + usize::from(reading.is_any(of, &["the"]));
    let named = the + usize::from(reading.is_any(the, &["year"]));
    year(reading, named)
}

/// The day of a month as a number: "5", "5th", "fifth"; with the token after it.
fn day_number(reading: &Reading, at: usize) -> Option<(u8, usize)> {
    let (number, value) = reading.number(at)?;
    let day = u8::try_from(value).ok().filter(|day| (1..=99).contains(day))?;
    matches!(number.kind, NumberKind::Plain | NumberKind::Ordinal).then_some((day, number.tokens.end))
}

/// "May 5th 2007", "5 May 2007", "the 5th of May", "Monday, May 5": the day, and where it ends; no day where there is none of it.
fn day_and_month(reading: &Reading, at: usize) -> Option<(Option<Span>, usize)> {
    let start = at + usize::from(weekday(reading.word(at)).is_some());
    let start = start + usize::from(start > at && reading.is_any(start, &["the"]));
    let (month, day, end) = month_then_day(reading, start).or_else(|| day_then_month(reading, start))?;
    if let Some((year, end)) = year_after(reading, end) {
        return Some((calendar::day(year, month, day).map(|day| one_day(end, day)), end));
    }
    let today = reading.today;
    let this_year = if (month, day) <= (today.month, today.day) { today.year } else { today.year - 1 };
    // The 29th of February may be up to eight years back.
    let latest = (0..=8).find_map(|back| calendar::day(this_year - back, month, day));
    Some((latest.map(|found| Span { yearless: Some((month, Some(day))), ..one_day(end, found) }), end))
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

fn month_span(reading: &Reading, at: usize) -> Option<Span> {
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
    let shown = BEFORE_MONTHS.contains(&reading.before(at));
    if doubtful && !shown {
        return None;
    }
    let today = reading.today;
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

/// "1990s", "the 90s", "the nineties".
fn decade(reading: &Reading, at: usize) -> Option<Span> {
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
fn century(reading: &Reading, at: usize) -> Option<Span> {
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

/// "2012", "the year 2012".
fn year_span(reading: &Reading, at: usize) -> Option<Span> {
    let named = reading.is_any(at, &["year", "years"]);
    let (year, end) = year(reading, at + usize::from(named))?;
    let time_words = ["later", "earlier", "older", "newer", "younger", "recent"];
    let counted = COUNTING.contains(&reading.before(at));
    let compares_times = at > 1 && reading.before(at) == "than" && reading.is_any(at - 2, &time_words);
    let between = reading.before(at) == "between" && reading.is_any(end, &["and", "to"]) && span(reading, end + 1).is_some();
    if !named && counted && !compares_times && !between {
        return None;
    }
    let span = Span::days(end, calendar::first_of_year(year), calendar::first_of_year(year + 1), DateUnit::Year);
    Some(Span { may_be_number: true, ..span })
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
