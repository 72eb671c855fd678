//! Several days of one month: "5 to 10 May 2020", "between the 5th and the 10th of May", "May 5-10, 2020".

use super::{Reading, Span, absolute, months};
use crate::ir::{DateRange, Moment};
use crate::lexicon::month;
use crate::question::DateMention;

/// The range from the first to the last day, a preposition before it included.
pub(super) fn mention(reading: &Reading, at: usize) -> Option<DateMention> {
    let opener = usize::from(reading.is_any(at, &["between", "from", "in", "on", "during", "for"]));
    let (start, between) = (at + opener, reading.is_any(at, &["between"]));
    let (first, last) = month_last(reading, start, between).or_else(|| month_first(reading, start, between))?;
    let rising = matches!((first, last.from), (Some(Moment::Day(first)), Some(Moment::Day(last))) if first < last);
    rising.then_some(DateMention {
        tokens: at..last.end,
        range: DateRange { from: first, to: last.to },
        grain: last.grain,
        may_be_number: false,
        field: None,
        field_to: None,
    })
}

/// Where the second day begins, after a joint or a dash.
fn joint(reading: &Reading, at: usize, between: bool) -> Option<usize> {
    if reading.is_any(at, &["to", "through", "thru", "until", "till"]) || (between && reading.is_any(at, &["and"])) {
        Some(at + 1)
    } else if reading.dash_before(at) {
        Some(at)
    } else {
        None
    }
}

fn after_article(reading: &Reading, at: usize) -> usize {
    at + usize::from(reading.is_any(at, &["the"]))
}

/// "5 to 10 May 2020": the last day has the month, and the first shares it.
fn month_last(reading: &Reading, at: usize, between: bool) -> Option<(Option<Moment>, Span)> {
    let (day, end) = months::day_number(reading, after_article(reading, at))?;
    let last = absolute::span(reading, after_article(reading, joint(reading, end, between)?))?;
    let Some(Moment::Day(of)) = last.from else { return None };
    last.is_a_day().then(|| (months::day_of_month(of, day).map(Moment::Day), last))
}

/// "May 5 to 10, 2020": the first day has the month, and the year stands at the end.
fn month_first(reading: &Reading, at: usize, between: bool) -> Option<(Option<Moment>, Span)> {
    month(reading.word(at))?;
    let (first, first_end) = months::day_number(reading, after_article(reading, at + 1))?;
    let second_at = after_article(reading, joint(reading, first_end, between)?);
    let (second, end) = months::day_number(reading, second_at)?;
    // A month of its own follows: "May 5 to 10 June".
    if month(reading.word(end + usize::from(reading.is_any(end, &["of"])))).is_some() {
        return None;
    }
    let last = months::day_in(reading, month(reading.word(at))?, second, end)?;
    let Some(Moment::Day(of)) = last.from else { return None };
    Some((months::day_of_month(of, first).map(Moment::Day), last))
}
