//! Days, moments and ranges of time.

use nl_query_core::schema::TypeKind;

use super::types::Type;
use crate::ir::{DateField, DateRange, DateUnit, Day, Moment};

pub(crate) fn unit_name(unit: DateUnit) -> &'static str {
    match unit {
        DateUnit::Second => "second",
        DateUnit::Minute => "minute",
        DateUnit::Hour => "hour",
        DateUnit::Day => "day",
        DateUnit::Week => "week",
        DateUnit::Month => "month",
        DateUnit::Quarter => "quarter",
        DateUnit::Year => "year",
        DateUnit::Decade => "decade",
        DateUnit::Century => "century",
    }
}

/// The field's name in `extract` and as an output name.
pub(crate) fn field_name(field: DateField) -> (&'static str, &'static str) {
    match field {
        DateField::Year => ("year", "year"),
        DateField::Quarter => ("quarter", "quarter"),
        DateField::Month => ("month", "month"),
        DateField::Week => ("week", "week"),
        DateField::Weekday => ("isodow", "weekday"),
        DateField::Day => ("day", "day"),
        DateField::Hour => ("hour", "hour"),
        DateField::Minute => ("minute", "minute"),
    }
}

/// `INTERVAL '3 months'`; quarters have no unit of their own.
pub(super) fn interval(amount: u32, unit: DateUnit) -> String {
    let (amount, name) = match unit {
        DateUnit::Quarter => (u64::from(amount) * 3, "month"),
        DateUnit::Decade => (u64::from(amount) * 10, "year"),
        DateUnit::Century => (u64::from(amount) * 100, "year"),
        _ => (u64::from(amount), unit_name(unit)),
    };
    format!("INTERVAL '{amount} {name}{}'", if amount == 1 { "" } else { "s" })
}

fn iso(day: Day) -> String {
    if day.year > 0 {
        format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
    } else {
        format!("{:04}-{:02}-{:02} BC", 1 - i64::from(day.year), day.month, day.day)
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day after.
pub(super) fn next_day(day: Day) -> Day {
    if day.day < days_in(day.year, day.month) {
        Day { day: day.day + 1, ..day }
    } else if day.month < 12 {
        Day { month: day.month + 1, day: 1, ..day }
    } else {
        Day { year: day.year + 1, month: 1, day: 1 }
    }
}

/// The start of what follows a whole day; none where the moment is not a day.
pub(super) fn day_after(moment: Moment) -> Option<Moment> {
    match moment {
        Moment::Day(day) => Some(Moment::Day(next_day(day))),
        Moment::Today { shift } => Some(Moment::Today { shift: shift.saturating_add(1) }),
        _ => None,
    }
}

/// A moment as an expression, for a comparison with something of this kind.
pub(super) fn moment(moment: Moment, beside: Option<TypeKind>) -> String {
    let text = beside == Some(TypeKind::Text);
    match moment {
        Moment::Day(day) if text => format!("'{}'", iso(day)),
        Moment::Day(day) => format!("DATE '{}'", iso(day)),
        Moment::DayTime { day, hour, minute, second } => {
            let type_name = if text { "" } else { "TIMESTAMP " };
            let date = iso(day);
            let (date, era) = date.strip_suffix(" BC").map_or((date.as_str(), ""), |date| (date, " BC"));
            format!("{type_name}'{date} {hour:02}:{minute:02}:{second:02}{era}'")
        }
        relative if text => format!("({})::date::text", self::moment(relative, Some(TypeKind::Date))),
        Moment::Today { shift: 0 } => "CURRENT_DATE".to_string(),
        Moment::Today { shift } => {
            format!("CURRENT_DATE {} {}", if shift < 0 { '-' } else { '+' }, shift.unsigned_abs())
        }
        Moment::Now => match beside {
            Some(TypeKind::Date) => "CURRENT_DATE".to_string(),
            Some(TypeKind::Time) => "LOCALTIME".to_string(),
            _ => "CURRENT_TIMESTAMP".to_string(),
        },
        Moment::StartOf { unit: DateUnit::Day, shift } => self::moment(Moment::Today { shift }, beside),
        Moment::StartOf { unit, shift } => {
            let now = if unit > DateUnit::Day { "CURRENT_DATE" } else { "CURRENT_TIMESTAMP" };
            let start = format!("date_trunc('{}', {now})", unit_name(unit));
            match shift {
                0 => start,
                _ => format!("{start} {} {}", if shift < 0 { '-' } else { '+' }, interval(shift.unsigned_abs(), unit)),
            }
        }
        Moment::Ago { amount, unit } => {
            let now = if unit >= DateUnit::Day { "CURRENT_DATE" } else { "CURRENT_TIMESTAMP" };
            match amount {
                0 => now.to_string(),
                _ => format!("{now} {} {}", if amount < 0 { '+' } else { '-' }, interval(amount.unsigned_abs(), unit)),
            }
        }
    }
}

/// A moment's year, for columns that hold the year as a number.
fn year(moment: Moment) -> String {
    match moment {
        Moment::Day(day) | Moment::DayTime { day, .. } => day.year.to_string(),
        Moment::StartOf { unit: DateUnit::Year, shift } | Moment::Ago { amount: shift, unit: DateUnit::Year } => {
            let shift = if matches!(moment, Moment::Ago { .. }) { -i64::from(shift) } else { i64::from(shift) };
            let now = "extract(year FROM CURRENT_DATE)::int";
            match shift {
                0 => now.to_string(),
                _ => format!("{now} {} {}", if shift < 0 { '-' } else { '+' }, shift.unsigned_abs()),
            }
        }
        _ => format!("extract(year FROM {})::int", self::moment(moment, None)),
    }
}

fn starts_year(moment: Moment) -> bool {
    match moment {
        Moment::Day(day) => (day.month, day.day) == (1, 1),
        Moment::StartOf { unit: DateUnit::Year | DateUnit::Decade | DateUnit::Century, .. } => true,
        _ => false,
    }
}

/// The conditions that a range puts on an expression, to be joined with AND (negated: with OR).
pub(super) fn in_range(subject: &str, kind: &Type<'_>, range: DateRange, negated: bool) -> Vec<String> {
    if kind.is_number() {
        return in_years(subject, range, negated);
    }
    if let (Some(Moment::Day(from)), Some(Moment::Day(to))) = (range.from, range.to)
        && kind.kind == Some(TypeKind::Date)
        && next_day(from) == to
    {
        let op = if negated { "<>" } else { "=" };
        return vec![format!("{subject} {op} {}", moment(Moment::Day(from), kind.kind))];
    }
    let (from_op, to_op) = if negated { ("<", ">=") } else { (">=", "<") };
    let from = range.from.map(|from| format!("{subject} {from_op} {}", moment(from, kind.kind)));
    let to = range.to.map(|to| format!("{subject} {to_op} {}", moment(to, kind.kind)));
    from.into_iter().chain(to).collect()
}

fn in_years(subject: &str, range: DateRange, negated: bool) -> Vec<String> {
    if let (Some(Moment::Day(from)), Some(Moment::Day(to))) = (range.from, range.to)
        && (to.year == from.year || (to.year == from.year + 1 && starts_year(Moment::Day(to))))
    {
        return vec![format!("{subject} {} {}", if negated { "<>" } else { "=" }, from.year)];
    }
    let from_op = if negated { "<" } else { ">=" };
    let from = range.from.map(|from| format!("{subject} {from_op} {}", year(from)));
    let to = range.to.map(|to| {
        // A range that ends within a year takes the whole year: the column cannot tell its parts apart.
        let op = match (starts_year(to), negated) {
            (true, false) => "<",
            (true, true) => ">=",
            (false, false) => "<=",
            (false, true) => ">",
        };
        format!("{subject} {op} {}", year(to))
    });
    from.into_iter().chain(to).collect()
}
