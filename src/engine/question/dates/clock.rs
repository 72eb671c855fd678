//! Hours of the day: "after 5 pm", "between 9 am and 5 pm", "at 17:00". Whole hours only: a field of a date holds no more.

use super::{Reading, written};
use crate::ir::{DateField, DateRange, DateUnit};
use crate::question::{DateMention, NumberKind};

/// The hours that are meant, as a field with its first and last value.
pub(super) fn mention(reading: &Reading, at: usize) -> Option<DateMention> {
    let second = |at: usize, joints: &[&str]| if reading.is_any(at, joints) { hour(reading, at + 1) } else { None };
    let (first, last, end) = match reading.word(at) {
        "between" | "from" => {
            let (from, next) = hour(reading, at + 1)?;
            match second(next, &["and", "to", "until", "till"]) {
                Some((to, end)) => (from, to - 1, end),
                None if reading.is_any(at, &["from"]) => (from, 23, next),
                None => return None,
            }
        }
        "after" | "since" => hour(reading, at + 1).map(|(from, end)| (from, 23, end))?,
        "before" | "until" | "till" => hour(reading, at + 1).map(|(to, end)| (0, to - 1, end))?,
        "at" => hour(reading, at + 1).map(|(hour, end)| (hour, hour, end))?,
        _ => return None,
    };
    let field_to = (last > first).then_some(last);
    (last >= first).then(|| DateMention {
        tokens: at..end,
        range: DateRange::default(),
        grain: DateUnit::Hour,
        may_be_number: false,
        field: Some((DateField::Hour, first)),
        field_to,
    })
}

/// A full hour and the token after it: "17:00", "5 pm", "noon".
fn hour(reading: &Reading, at: usize) -> Option<(i64, usize)> {
    if let Some((hour, minute, second, _)) = written::time(reading.word(at)) {
        let half_of_day = usize::from(reading.is_any(at + 1, &["am", "pm"]));
        let afternoon = reading.is_any(at + 1, &["pm"]) && hour < 12;
        return (minute == 0 && second == 0).then_some((i64::from(hour) + if afternoon { 12 } else { 0 }, at + 1 + half_of_day));
    }
    match reading.word(at) {
        "noon" | "midday" => return Some((12, at + 1)),
        _ => {}
    }
    let (number, value) =
        reading.number(at).filter(|(number, value)| number.kind == NumberKind::Plain && (1..=12).contains(value))?;
    let end = number.tokens.end;
    match reading.word(end) {
        "am" => Some((value % 12, end + 1)),
        "pm" => Some((value % 12 + 12, end + 1)),
        "o'clock" | "oclock" => Some((value, end + 1)),
        _ => None,
    }
}
