//! Turns of phrase of the paraphrase: comparisons, literals, days and ranges of time.

use super::moment::unit_name;
use crate::ir::{Comparison, DateField, DateRange, DateUnit, Day, Literal, Moment};

/// A comparison with a number of rows.
pub(super) fn amount(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "exactly",
        Comparison::NotEqual => "any number but",
        Comparison::Less => "fewer than",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    }
}

pub(super) fn comparison(op: Comparison, calendar: bool) -> &'static str {
    match (op, calendar) {
        (Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is not",
        (Comparison::Less, false) => "is less than",
        (Comparison::LessOrEqual, false) => "is at most",
        (Comparison::Greater, false) => "is more than",
        (Comparison::GreaterOrEqual, false) => "is at least",
        (Comparison::Less, true) => "is before",
        (Comparison::LessOrEqual, true) => "is not after",
        (Comparison::Greater, true) => "is after",
        (Comparison::GreaterOrEqual, true) => "is not before",
    }
}

pub(super) fn like_words(pattern: &str, negated: bool) -> String {
    let inner = pattern.trim_matches('%');
    let plain = !inner.contains(['%', '_', '\\']);
    let (starts, ends) = (!pattern.starts_with('%'), !pattern.ends_with('%'));
    let (does, does_not) = match (plain, starts, ends) {
        (true, false, false) => ("contains", "does not contain"),
        (true, true, false) => ("starts with", "does not start with"),
        (true, false, true) => ("ends with", "does not end with"),
        (true, true, true) => ("is", "is not"),
        (false, ..) => ("is like", "is not like"),
    };
    format!("{} '{}'", if negated { does_not } else { does }, if plain { inner } else { pattern })
}

pub(super) fn literal(value: &Literal) -> String {
    match value {
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Text(text) => format!("'{text}'"),
        Literal::Boolean(true) => "true".to_string(),
        Literal::Boolean(false) => "false".to_string(),
        Literal::Null => "unknown".to_string(),
    }
}

pub(super) fn field_words(field: DateField) -> &'static str {
    match field {
        DateField::Weekday => "weekday (1 is Monday)",
        DateField::Day => "day of the month",
        other => super::moment::field_name(other).1,
    }
}

pub(super) fn units(amount: u32, unit: DateUnit) -> String {
    match (amount, unit) {
        (1, unit) => unit_name(unit).to_string(),
        (_, DateUnit::Century) => "centuries".to_string(),
        (_, unit) => format!("{}s", unit_name(unit)),
    }
}

pub(super) fn day(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

pub(super) fn moment(moment: Moment) -> String {
    match moment {
        Moment::Day(value) => day(value),
        Moment::DayTime { day: value, hour, minute, second } => format!("{} {hour:02}:{minute:02}:{second:02}", day(value)),
        Moment::Today { shift: 0 } => "today".to_string(),
        Moment::Today { shift: -1 } => "yesterday".to_string(),
        Moment::Today { shift: 1 } => "tomorrow".to_string(),
        Moment::Today { shift } if shift < 0 => format!("{} days ago", shift.unsigned_abs()),
        Moment::Today { shift } => format!("{shift} days from today"),
        Moment::Now => "now".to_string(),
        Moment::StartOf { unit, shift } => match shift {
            0 => format!("the start of this {}", unit_name(unit)),
            -1 => format!("the start of last {}", unit_name(unit)),
            1 => format!("the start of next {}", unit_name(unit)),
            _ if shift < 0 => format!("the start of the {} {} ago", unit_name(unit), count(shift.unsigned_abs(), unit)),
            _ => format!("the start of the {} {} ahead", unit_name(unit), count(shift.unsigned_abs(), unit)),
        },
        Moment::Ago { amount, unit } if amount < 0 => format!("{} from now", count(amount.unsigned_abs(), unit)),
        Moment::Ago { amount, unit } => format!("{} ago", count(amount.unsigned_abs(), unit)),
    }
}

pub(super) fn count(amount: u32, unit: DateUnit) -> String {
    format!("{amount} {}", units(amount, unit))
}

pub(super) fn range_words(range: DateRange) -> String {
    if let (Some(Moment::Day(from)), Some(Moment::Day(to))) = (range.from, range.to) {
        if (from.month, from.day, to.month, to.day) == (1, 1, 1, 1) && to.year == from.year + 1 {
            return format!("in {}", from.year);
        }
        if super::moment::next_day(from) == to {
            return format!("on {}", day(from));
        }
    }
    if let (Some(Moment::StartOf { unit, shift }), Some(Moment::StartOf { unit: end, shift: next })) = (range.from, range.to)
        && unit == end
        && next == shift + 1
    {
        return match shift {
            0 => format!("in this {}", unit_name(unit)),
            -1 => format!("in last {}", unit_name(unit)),
            1 => format!("in next {}", unit_name(unit)),
            _ => format!("in the {} that begins at {}", unit_name(unit), moment(Moment::StartOf { unit, shift })),
        };
    }
    match (range.from, range.to) {
        (Some(from), Some(to)) => format!("from {} until before {}", moment(from), moment(to)),
        (Some(from), None) => format!("on or after {}", moment(from)),
        (None, Some(to)) => format!("before {}", moment(to)),
        (None, None) => "at any time".to_string(),
    }
}
