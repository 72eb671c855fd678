//! Arithmetic with days of the Gregorian calendar. Nothing here makes a day that does not exist.

use crate::ir::Day;

/// Years that a question may name: what PostgreSQL's `date` holds is far more, but no question means it.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9998;

pub(super) fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day, if there is one.
pub(super) fn day(year: i32, month: u8, day: u8) -> Option<Day> {
    let exists = YEARS.contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then_some(Day { year, month, day })
}

pub(super) fn next(today: Day) -> Day {
    if today.day < days_in_month(today.year, today.month) {
        return Day { day: today.day + 1, ..today };
    }
    month_after(today.year, today.month)
}

/// The first day of the month after this one.
pub(super) fn month_after(year: i32, month: u8) -> Day {
    if month >= 12 { Day { year: year + 1, month: 1, day: 1 } } else { Day { year, month: month + 1, day: 1 } }
}

pub(super) fn first_of_year(year: i32) -> Day {
    Day { year, month: 1, day: 1 }
}

/// Days since 1970-01-01, by counting years from March so that the leap day comes last.
fn number(day: Day) -> i64 {
    let (year, month) = (i64::from(day.year), i64::from(day.month));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + i64::from(day.day) - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// 1 for Monday to 7 for Sunday.
fn weekday(day: Day) -> i64 {
    (number(day) + 3).rem_euclid(7) + 1
}

/// The name of the day in its week.
pub fn weekday_name(day: Day) -> &'static str {
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][weekday(day) as usize - 1]
}

/// The Monday of an ISO week, if the year has that week.
pub(super) fn monday_of_week(year: i32, week: u8) -> Option<Day> {
    let fourth = day(year, 1, 4)?;
    let mut days = i64::from(week).checked_sub(1)? * 7 - (weekday(fourth) - 1);
    let mut monday = fourth;
    while days > 0 {
        monday = next(monday);
        days -= 1;
    }
    while days < 0 {
        monday = before(monday);
        days += 1;
    }
    let thursday = (0..3).fold(monday, |day, _| next(day));
    (week >= 1 && thursday.year == year).then_some(monday)
}

fn before(today: Day) -> Day {
    if today.day > 1 {
        return Day { day: today.day - 1, ..today };
    }
    let (year, month) = if today.month > 1 { (today.year, today.month - 1) } else { (today.year - 1, 12) };
    Day { year, month, day: days_in_month(year, month) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_do_not_exist_are_not_made() {
        assert!(
            day(2021, 2, 29).is_none() && day(2020, 2, 29).is_some() && day(1900, 2, 29).is_none() && day(2000, 2, 29).is_some()
        );
        assert!(day(2021, 4, 31).is_none() && day(2021, 13, 1).is_none() && day(2021, 0, 1).is_none() && day(0, 1, 1).is_none());
    }

    #[test]
    fn weeks_are_those_of_the_iso_calendar() {
        assert_eq!(weekday(Day { year: 2026, month: 11, day: 21 }), 6);
        assert_eq!(weekday(Day { year: 1970, month: 1, day: 1 }), 4);
        assert_eq!(monday_of_week(2021, 1), day(2021, 1, 4));
        assert_eq!(monday_of_week(2020, 1), day(2019, 12, 30));
        assert_eq!(monday_of_week(2020, 53), day(2020, 12, 28));
        assert_eq!(monday_of_week(2021, 53), None);
        assert_eq!(monday_of_week(2021, 0), None);
    }

    #[test]
    fn the_next_day_crosses_months_and_years() {
        assert_eq!(Some(next(Day { year: 2020, month: 12, day: 31 })), day(2021, 1, 1));
        assert_eq!(Some(next(Day { year: 2020, month: 2, day: 28 })), day(2020, 2, 29));
        assert_eq!(Some(before(Day { year: 2021, month: 3, day: 1 })), day(2021, 2, 28));
    }
}
