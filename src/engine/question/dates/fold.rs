//! Prepositions around a stretch of time, taken into its range: since, before, until, between … and …, … or later.

use super::{Reading, Span, clock, days, months, relative};
use crate::ir::{DateRange, DateUnit, Moment};
use crate::question::DateMention;

/// What a preposition does to the stretch after it.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// The stretch itself: in, on, during.
    Within,
    /// From its beginning on: since.
    Since,
    /// After its end.
    After,
    Before,
    /// Up to its end: until, by.
    Until,
}

/// Prepositions, the longest first.
const OPENERS: [(&[&str], Side); 53] = [
    (&["no", "later", "than"], Side::Until),
    (&["not", "later", "than"], Side::Until),
    (&["no", "earlier", "than"], Side::Since),
    (&["not", "earlier", "than"], Side::Since),
    (&["more", "recent", "than"], Side::After),
    (&["on", "or", "after"], Side::Since),
    (&["on", "or", "before"], Side::Until),
    (&["in", "or", "after"], Side::Since),
    (&["in", "or", "before"], Side::Until),
    (&["at", "or", "after"], Side::Since),
    (&["at", "or", "before"], Side::Until),
    (&["as", "early", "as"], Side::Since),
    (&["at", "the", "latest"], Side::Until),
    (&["later", "than"], Side::After),
    (&["newer", "than"], Side::After),
    (&["younger", "than"], Side::After),
    (&["earlier", "than"], Side::Before),
    (&["older", "than"], Side::Before),
    (&["prior", "to"], Side::Before),
    (&["up", "to"], Side::Until),
    (&["up", "until"], Side::Until),
    (&["up", "till"], Side::Until),
    (&["not", "before"], Side::Since),
    (&["not", "after"], Side::Until),
    (&["starting", "from"], Side::Since),
    (&["starting", "in"], Side::Since),
    (&["starting", "on"], Side::Since),
    (&["starting", "with"], Side::Since),
    (&["beginning", "in"], Side::Since),
    (&["beginning", "on"], Side::Since),
    (&["beginning", "with"], Side::Since),
    (&["as", "of"], Side::Until),
    (&["ever", "since"], Side::Since),
    (&["all", "through"], Side::Within),
    (&["starting"], Side::Since),
    (&["since"], Side::Since),
    (&["after"], Side::After),
    (&["before"], Side::Before),
    (&["until"], Side::Until),
    (&["till"], Side::Until),
    (&["through"], Side::Until),
    (&["by"], Side::Until),
    (&["in"], Side::Within),
    (&["on"], Side::Within),
    (&["at"], Side::Within),
    (&["during"], Side::Within),
    (&["for"], Side::Within),
    (&["within"], Side::Within),
    (&["over"], Side::Within),
    (&["throughout"], Side::Within),
    (&["from"], Side::Within),
    (&["of"], Side::Within),
    (&["dated"], Side::Within),
];

/// The mention of time that begins at a token, prepositions included.
pub(super) fn mention_at(reading: &Reading, at: usize) -> Option<DateMention> {
    let joined = || distance(reading, at).or_else(|| days::mention(reading, at)).or_else(|| bounded(reading, at));
    joined().or_else(|| opened(reading, at)).or_else(|| clock::mention(reading, at)).or_else(|| {
        let span = reading.span(at)?;
        between_two(reading, at, &span, &["to", "through", "thru", "until", "till"])
            .or_else(|| with_suffix(reading, at, span, Side::Within))
    })
}

/// As [`mention_at`], with nothing that is hidden in it.
pub(super) fn mention(reading: &Reading, at: usize) -> Option<DateMention> {
    mention_at(reading, at).filter(|found| !reading.any_hidden(found.tokens.clone()))
}

fn has(reading: &Reading, at: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(offset, word)| reading.word(at + offset) == *word)
}

/// "more than 30 days ago", "less than a week ago", "older than 30 days", "at least 2 months old", "in the next two weeks" is no such.
fn distance(reading: &Reading, at: usize) -> Option<DateMention> {
    const LONGER: [&[&str]; 5] = [&["more", "than"], &["over"], &["at", "least"], &["longer", "than"], &["greater", "than"]];
    const SHORTER: [&[&str]; 6] =
        [&["less", "than"], &["fewer", "than"], &["under"], &["at", "most"], &["within"], &["up", "to"]];
    let opened = |list: &[&[&str]]| list.iter().find(|words| has(reading, at, words)).map(|words| at + words.len());
    let with_age = |at: usize, older: bool| {
        let (amount, unit, end) = relative::units(reading, at)?;
        let since = match reading.word(end) {
            "ago" => true,
            // Whole years are an age: a number of years compares with an age column as well as with a birth date.
            "old" => unit < DateUnit::Year,
            _ => false,
        };
        since.then(|| side_of_now(amount, unit, older)).map(|range| (range, unit, end + 1))
    };
    let older = has(reading, at, &["older", "than"]);
    let (range, unit, end) = if older || has(reading, at, &["newer", "than"]) {
        let (amount, unit, end) = relative::units(reading, at + 2).filter(|(_, unit, _)| *unit < DateUnit::Year)?;
        (side_of_now(amount, unit, older), unit, end)
    } else if let Some(start) = opened(&LONGER) {
        with_age(start, true)?
    } else {
        with_age(opened(&SHORTER)?, false)?
    };
    Some(DateMention { tokens: at..end, range, grain: unit, may_be_number: false, field: None, field_to: None })
}

fn side_of_now(amount: i32, unit: DateUnit, older: bool) -> DateRange {
    let moment = relative::moved_by(amount, unit);
    if older { DateRange { from: None, to: Some(moment) } } else { DateRange { from: Some(moment), to: None } }
}

/// "between X and Y", "from X to Y".
fn bounded(reading: &Reading, at: usize) -> Option<DateMention> {
    let joints: &[&str] = match reading.word(at) {
        "between" => &["and", "to"],
        "from" => &["to", "through", "thru", "until", "till", "and"],
        _ => return None,
    };
    let first = reading.span(at + 1)?;
    between_two(reading, at, &first, joints)
}

/// A stretch, a joint or a dash, and a second stretch: the range holds both whole.
fn between_two(reading: &Reading, at: usize, first: &Span, joints: &[&str]) -> Option<DateMention> {
    let joint = if reading.is_any(first.end, joints) {
        first.end + 1
    } else if reading.dash_before(first.end) {
        first.end
    } else {
        return None;
    };
    let second = joined_span(reading, first, joint)?;
    if let (Some((field, low)), Some((other, high))) = (first.field, second.field) {
        let rising = field == other && low <= high;
        return rising.then(|| DateMention {
            tokens: at..second.end,
            range: DateRange::default(),
            grain: second.grain,
            may_be_number: false,
            field: Some((field, low)),
            field_to: Some(high),
        });
    }
    let year = months::year_of(&second).filter(|_| first.yearless.is_some());
    let mut first = year.map_or(Some(*first), |year| months::in_year(first, year).map(|span| Span { end: first.end, ..span }))?;
    // "from November to February 2021" begins the year before.
    if year.is_some() && begins_after(&first, &second) {
        first = months::year_of(&first).and_then(|year| months::in_year(&with_month(&first), year - 1)).unwrap_or(first);
    }
    if begins_after(&first, &second) {
        return None;
    }
    let grain = first.grain.min(second.grain);
    let span = Span { grain, may_be_number: first.may_be_number && second.may_be_number, ..second };
    Some(mention_of(at, &span, first.from, second.to))
}

/// The second stretch of a range; a lone number after a day is a day of the same month ("May 5 to 10, 2020").
fn joined_span(reading: &Reading, first: &Span, at: usize) -> Option<Span> {
    let found = reading.span(at)?;
    let same_kind = (first.from.is_some() && found.from.is_some()) || (first.field.is_some() && found.field.is_some());
    same_kind.then_some(found)
}

/// A span that names its month (and day) again without the year.
fn with_month(span: &Span) -> Span {
    let yearless = match (span.from, span.grain) {
        (Some(Moment::Day(day)), DateUnit::Month) => Some((day.month, None)),
        (Some(Moment::Day(day)), _) => Some((day.month, Some(day.day))),
        _ => None,
    };
    Span { yearless, ..*span }
}

fn begins_after(first: &Span, second: &Span) -> bool {
    matches!((first.from, second.from), (Some(Moment::Day(a)), Some(Moment::Day(b))) if a > b)
}

/// A preposition and the stretch after it.
fn opened(reading: &Reading, at: usize) -> Option<DateMention> {
    let (words, side) = OPENERS.iter().find(|(words, _)| has(reading, at, words))?;
    let start = at + words.len();
    let the = usize::from(reading.is_any(start, &["the"]));
    let vague = reading.is_any(start + the, &["around", "about", "early", "late", "mid"]);
    let span = reading.span(if vague { start + the + 1 } else { start })?;
    if *side == Side::Within {
        let both = between_two(reading, at, &span, &["to", "through", "thru", "until", "till"]);
        if both.is_some() {
            return both;
        }
    }
    let day_alone = span.grain <= DateUnit::Day && matches!(span.from, Some(Moment::Day(_) | Moment::DayTime { .. }));
    let from = *words == ["from"];
    // "from 2019 on", but not "from 2019 on Mondays".
    let on = from && reading.is_any(span.end, &["on", "forward"]);
    if on && (reading.tokens.len() == span.end + 1 || reading.breaks(span.end + 1)) {
        return Some(mention_of(at, &Span { end: span.end + 1, ..span }, span.from, None));
    }
    with_suffix(reading, at, span, if from && day_alone { Side::Since } else { *side })
}

/// Takes "or later", "onwards", "and before" after the stretch into account.
fn with_suffix(reading: &Reading, at: usize, mut span: Span, mut side: Side) -> Option<DateMention> {
    let (first, second) = (reading.word(span.end), reading.word(span.end + 1));
    let (suffix, words) = match (first, second) {
        ("or" | "and", "later" | "newer" | "after" | "onwards" | "onward") => (Some(Side::Since), 2),
        ("or" | "and", "earlier" | "older" | "before") => (Some(Side::Until), 2),
        ("onwards" | "onward", _) => (Some(Side::Since), 1),
        ("on", "wards") => (Some(Side::Since), 2),
        _ => (None, 0),
    };
    if let Some(suffix) = suffix.filter(|_| side == Side::Within) {
        side = suffix;
        span.end += words;
    }
    if side == Side::Within {
        return Some(within(reading, at, &span));
    }
    span.from?;
    let (from, to) = match side {
        Side::Since => (span.from, None),
        Side::After => (span.to, None),
        Side::Before => (None, span.from),
        _ => (None, span.to),
    };
    Some(mention_of(at, &span, from, to))
}

fn within(reading: &Reading, at: usize, span: &Span) -> DateMention {
    if let Some(span) = year_of_the_next(reading, span) {
        return mention_of(at, &span, span.from, span.to);
    }
    let Some(field) = span.field else { return mention_of(at, span, span.from, span.to) };
    let field_to = match reading.word(span.end.saturating_sub(1)) {
        "weekend" | "weekends" => Some(7),
        "weekdays" => Some(5),
        _ => None,
    };
    DateMention { field: Some(field), field_to, ..mention_of(at, span, None, None) }
}

/// "January and February 2021": the first month is of that year too.
fn year_of_the_next(reading: &Reading, span: &Span) -> Option<Span> {
    let joined = span.yearless.is_some() && reading.is_any(span.end, &["and", "or"]);
    let next = if joined { reading.span(span.end + 1) } else { None }?;
    let year = months::year_of(&next).filter(|_| next.grain == span.grain)?;
    months::in_year(span, year)
}

fn mention_of(at: usize, span: &Span, from: Option<Moment>, to: Option<Moment>) -> DateMention {
    super::mention(at..span.end, span, from, to)
}
