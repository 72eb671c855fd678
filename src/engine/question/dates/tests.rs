//! What stretches of time are read from questions, asked on 2026-11-21 (a Saturday).

use crate::ir::{Day, Moment};
use crate::question::{DateMention, read};

const TODAY: Day = Day { year: 2026, month: 11, day: 21 };

fn moment(moment: Option<Moment>) -> String {
    match moment {
        None => String::new(),
        Some(Moment::Day(day)) => format!("{}-{:02}-{:02}", day.year, day.month, day.day),
        Some(Moment::DayTime { day, hour, minute, second }) => {
            format!("{}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", day.year, day.month, day.day)
        }
        Some(Moment::Today { shift }) => format!("today{shift:+}"),
        Some(Moment::Now) => "now".to_string(),
        Some(Moment::StartOf { unit, shift }) => format!("{unit:?}{shift:+}").to_lowercase(),
        Some(Moment::Ago { amount, unit }) => format!("{amount} {unit:?} ago").to_lowercase(),
    }
}

/// A mention as `words: from .. to`, with `?` where it may be a number and the field where it has one.
fn told(text: &str, date: &DateMention, tokens: &[crate::question::Token]) -> String {
    let words = &text[tokens[date.tokens.start].span.start..tokens[date.tokens.end - 1].span.end];
    let doubt = if date.may_be_number { "?" } else { "" };
    let what = match (date.field, date.field_to) {
        (Some((field, value)), None) => format!("{field:?} {value}"),
        (Some((field, value)), Some(last)) => format!("{field:?} {value}-{last}"),
        _ => format!("{} .. {}", moment(date.range.from), moment(date.range.to)).trim_start().to_string(),
    };
    format!("{words}{doubt}: {what}")
}

fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let question = read(text, TODAY);
        let found: Vec<String> = question.dates.iter().map(|date| told(text, date, &question.tokens)).collect();
        let found = found.join(" | ");
        if found != *expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn relative_words_stay_relative() {
    check(&[
        ("orders placed today", "today: today+0 .. today+1"),
        ("today's orders", "today's: today+0 .. today+1"),
        ("sign-ups yesterday", "yesterday: today-1 .. today+0"),
        ("orders from the day before yesterday", "from the day before yesterday: today-2 .. today-1"),
        ("orders this month", "this month: month+0 .. month+1"),
        ("orders last month?", "last month: month-1 .. month+0"),
        ("SALES LAST YEAR", "LAST YEAR: year-1 .. year+0"),
        ("top customers in the previous quarter", "in the previous quarter: quarter-1 .. quarter+0"),
        ("current year sales", "current year: year+0 .. year+1"),
        ("appointments next week", "next week: week+1 .. week+2"),
        ("orders in the last 30 days", "in the last 30 days: 30 day ago .. today+1"),
        ("orders in the past three months", "in the past three months: 3 month ago .. today+1"),
        ("errors in the last 2 hours", "in the last 2 hours: 2 hour ago .. now"),
        ("orders during the past year", "during the past year: 1 year ago .. today+1"),
        ("last 2 quarters revenue", "last 2 quarters: 6 month ago .. today+1"),
        ("due in the next 7 days", "in the next 7 days: today+0 .. today+8"),
        ("orders placed 3 days ago", "3 days ago: today-3 .. today-2"),
        ("orders a year ago", "a year ago: year-1 .. year+0"),
        ("created more than 30 days ago", "more than 30 days ago: .. 30 day ago"),
        ("created less than a week ago", "less than a week ago: 1 week ago .. "),
        ("tickets older than 30 days", "older than 30 days: .. 30 day ago"),
        ("sales year to date", "year to date: year+0 .. today+1"),
        ("orders since yesterday", "since yesterday: today-1 .. "),
        ("orders before today", "before today: .. today+0"),
        ("since the beginning of the year", "since the beginning of the year: year+0 .. "),
        ("since last month", "since last month: month-1 .. "),
        ("customers older than 30 years", ""),
        ("customers older than 30", ""),
        ("the last 5 orders", ""),
    ]);
}

#[test]
fn years_may_be_numbers() {
    check(&[
        ("orders in 2023", "in 2023?: 2023-01-01 .. 2024-01-01"),
        ("during 2023", "during 2023?: 2023-01-01 .. 2024-01-01"),
        ("movies of 1999", "of 1999?: 1999-01-01 .. 2000-01-01"),
        ("movies of nineteen ninety nine", "of nineteen ninety nine?: 1999-01-01 .. 2000-01-01"),
        ("since 2020", "since 2020?: 2020-01-01 .. "),
        ("after 2020", "after 2020?: 2021-01-01 .. "),
        ("before 1990", "before 1990?: .. 1990-01-01"),
        ("until 2020", "until 2020?: .. 2021-01-01"),
        ("by 2020", "by 2020?: .. 2021-01-01"),
        ("between 2010 and 2015", "between 2010 and 2015?: 2010-01-01 .. 2016-01-01"),
        ("from 2018 to 2020", "from 2018 to 2020?: 2018-01-01 .. 2021-01-01"),
        ("2021-2023", "2021-2023?: 2021-01-01 .. 2024-01-01"),
        ("2021 – 2023", "2021 – 2023?: 2021-01-01 .. 2024-01-01"),
        ("movies released in 2005 or later", "in 2005 or later?: 2005-01-01 .. "),
        ("the year 2012", "the year 2012?: 2012-01-01 .. 2013-01-01"),
        ("sales 2012", "2012?: 2012-01-01 .. 2013-01-01"),
        ("later than 2015", "later than 2015?: 2016-01-01 .. "),
        ("more than 2000 orders", ""),
        ("salary over 2000", ""),
        ("price > 2000", ""),
        ("2000 dollars", ""),
        ("top 2000", ""),
        ("between 2000 and 3000", ""),
        ("order 10248", ""),
    ]);
}

#[test]
fn calendar_stretches() {
    check(&[
        ("in May 2007", "in May 2007: 2007-05-01 .. 2007-06-01"),
        ("in May, 2007", "in May, 2007: 2007-05-01 .. 2007-06-01"),
        ("Sept. 2007", "Sept. 2007: 2007-09-01 .. 2007-10-01"),
        ("on May 5th 2007", "on May 5th 2007: 2007-05-05 .. 2007-05-06"),
        ("on May 5, 2007", "on May 5, 2007: 2007-05-05 .. 2007-05-06"),
        ("5 May 2007", "5 May 2007: 2007-05-05 .. 2007-05-06"),
        ("on the 5th of May 2007", "on the 5th of May 2007: 2007-05-05 .. 2007-05-06"),
        ("31 December 1999", "31 December 1999: 1999-12-31 .. 2000-01-01"),
        ("on 2007-05-24", "on 2007-05-24: 2007-05-24 .. 2007-05-25"),
        ("24.05.2007", "24.05.2007: 2007-05-24 .. 2007-05-25"),
        ("05/24/2007", "05/24/2007: 2007-05-24 .. 2007-05-25"),
        ("24/05/2007", "24/05/2007: 2007-05-24 .. 2007-05-25"),
        ("2007/05/24", "2007/05/24: 2007-05-24 .. 2007-05-25"),
        ("in 2007-05", "in 2007-05: 2007-05-01 .. 2007-06-01"),
        ("24-May-2007", "24-May-2007: 2007-05-24 .. 2007-05-25"),
        ("at 2007-05-24T10:30:00Z", "at 2007-05-24T10:30:00Z: 2007-05-24T10:30:00 .. 2007-05-24T10:30:01"),
        ("after 2007-05-24 23:59", "after 2007-05-24 23:59: 2007-05-25 .. "),
        ("in the 1990s", "in the 1990s: 1990-01-01 .. 2000-01-01"),
        ("in the nineties", "in the nineties: 1990-01-01 .. 2000-01-01"),
        ("movies of the 80s", "of the 80s: 1980-01-01 .. 1990-01-01"),
        ("19th century", "19th century: 1801-01-01 .. 1901-01-01"),
        ("in Q1 2022", "in Q1 2022: 2022-01-01 .. 2022-04-01"),
        ("2022 Q4", "2022 Q4: 2022-10-01 .. 2023-01-01"),
        ("the first quarter of 2022", "the first quarter of 2022: 2022-01-01 .. 2022-04-01"),
        ("first half of 2021", "first half of 2021: 2021-01-01 .. 2021-07-01"),
        ("H2 2021", "H2 2021: 2021-07-01 .. 2022-01-01"),
        ("week 1 of 2021", "week 1 of 2021: 2021-01-04 .. 2021-01-11"),
        ("since March 2021", "since March 2021: 2021-03-01 .. "),
        ("before March 2021", "before March 2021: .. 2021-03-01"),
        ("after March 2021", "after March 2021: 2021-04-01 .. "),
        ("between 1 May and 3 June 2020", "between 1 May and 3 June 2020: 2020-05-01 .. 2020-06-04"),
        ("from January to March 2021", "from January to March 2021: 2021-01-01 .. 2021-04-01"),
        ("between November and February 2021", "between November and February 2021: 2020-11-01 .. 2021-03-01"),
        ("from 2021-01-05 to 2021-02-03", "from 2021-01-05 to 2021-02-03: 2021-01-05 .. 2021-02-04"),
        ("on or after 2021-01-05", "on or after 2021-01-05: 2021-01-05 .. "),
        ("between May 2019 and today", "between May 2019 and today: 2019-05-01 .. today+1"),
        ("from 5 to 10 May 2020", "from 5 to 10 May 2020: 2020-05-05 .. 2020-05-11"),
        ("between the 5th and the 10th of May 2020", "between the 5th and the 10th of May 2020: 2020-05-05 .. 2020-05-11"),
        ("from May 5-10, 2020", "from May 5-10, 2020: 2020-05-05 .. 2020-05-11"),
        ("May 5 to 10", "May 5 to 10: 2026-05-05 .. 2026-05-11"),
        ("between May 5 and June 10, 2020", "between May 5 and June 10, 2020: 2020-05-05 .. 2020-06-11"),
        ("between 30 and 31 June 2020", ""),
        ("in January and February 2021", "in January: 2021-01-01 .. 2021-02-01 | February 2021: 2021-02-01 .. 2021-03-01"),
        ("from 2019 on", "from 2019 on?: 2019-01-01 .. "),
        ("from 2019 on Mondays", "from 2019?: 2019-01-01 .. 2020-01-01 | on Mondays: Weekday 1"),
        ("in 12/2020", "in 12/2020: 2020-12-01 .. 2021-01-01"),
        ("Jan-Mar 2021", "Jan-Mar 2021: 2021-01-01 .. 2021-04-01"),
        ("Dec '20", "Dec '20: 2020-12-01 .. 2021-01-01"),
        ("in the early 1990s", "in the early 1990s: 1990-01-01 .. 2000-01-01"),
        ("in mid-2015", "in mid-2015?: 2015-01-01 .. 2016-01-01"),
        ("the first 3 months of 2021", "the first 3 months of 2021: 2021-01-01 .. 2021-04-01"),
        ("in the last two quarters of 2020", "in the last two quarters of 2020: 2020-07-01 .. 2021-01-01"),
        ("Q1-2021", "Q1-2021: 2021-01-01 .. 2021-04-01"),
        ("songs from '99", "from '99?: 1999-01-01 .. 2000-01-01"),
        ("customers as of 2020", "as of 2020?: .. 2021-01-01"),
        ("end of 2020", "end of 2020: 2020-01-01 .. 2021-01-01"),
    ]);
}

#[test]
fn years_left_out_are_filled_in_or_come_round() {
    check(&[
        ("since March", "since March: 2026-03-01 .. "),
        ("since December", "since December: 2025-12-01 .. "),
        ("last March", "last March: 2026-03-01 .. 2026-04-01"),
        ("last December", "last December: 2025-12-01 .. 2026-01-01"),
        ("orders on May 5th", "on May 5th: 2026-05-05 .. 2026-05-06"),
        ("on the 25th of December", "on the 25th of December: 2025-12-25 .. 2025-12-26"),
        ("on 29 February", "on 29 February: 2024-02-29 .. 2024-03-01"),
        ("orders in May", "in May: Month 5"),
        ("orders from March to May", "from March to May: Month 3-5"),
        ("on Mondays", "on Mondays: Weekday 1"),
        ("on weekends", "on weekends: Weekday 6-7"),
        ("monday to friday", "monday to friday: Weekday 1-5"),
        ("in the first quarter", "in the first quarter: Quarter 1"),
        ("in March of last year", "in March: Month 3 | of last year: year-1 .. year+0"),
        ("people who may order", ""),
        ("customers named April", ""),
    ]);
}

#[test]
fn hours_of_the_day_come_round() {
    check(&[
        ("flights after 17:00", "after 17:00: Hour 17-23"),
        ("orders after 5pm", "after 5pm: Hour 17-23"),
        ("before 9 a.m.", "before 9 a.m.: Hour 0-8"),
        ("between 9 am and 5 pm", "between 9 am and 5 pm: Hour 9-16"),
        ("at 12 am", "at 12 am: Hour 0"),
        ("at noon", "at noon: Hour 12"),
        ("after 17:30", ""),
        ("before 0:00", ""),
        ("after 5 orders", ""),
    ]);
}

#[test]
fn days_that_do_not_exist_are_no_dates() {
    check(&[
        ("30 February 2021", ""),
        ("on 2021-02-30", ""),
        ("31.04.2021", ""),
        ("13/13/2021", ""),
        ("February 30, 2021", ""),
        ("0000-00-00", ""),
        ("week 54 of 2021", "of 2021?: 2021-01-01 .. 2022-01-01"),
        ("99999999999999999999 days ago", ""),
    ]);
}

#[test]
fn titles_in_quotes_hold_no_dates() {
    check(&[
        ("movies called 'Last Year'", ""),
        ("shows named \"Today\" since 2020", "since 2020?: 2020-01-01 .. "),
        ("on '2021-05-01'", "on '2021-05-01: 2021-05-01 .. 2021-05-02"),
    ]);
}

#[test]
fn a_reading_says_when_it_looked_at_the_calendar() {
    for (text, asked) in [
        ("orders in 2023", false),
        ("orders in March 2023", false),
        ("orders last month", false),
        ("orders in the last 30 days", false),
        ("orders of 2024-02-29 at 10:30", false),
        ("orders that may ship", false),
        ("customers", false),
        ("orders since March", true),
        ("orders on 5 May", true),
        ("orders last March", true),
        ("orders next June", true),
        ("orders from November to February", true),
    ] {
        assert_eq!(read(text, TODAY).asked_today, asked, "{text}");
    }
}

/// Whatever reads otherwise on another day has looked at the day.
#[test]
fn no_reading_changes_with_the_day_unnoticed() {
    let words = [
        "orders",
        "since",
        "in",
        "last",
        "next",
        "this",
        "March",
        "may",
        "November",
        "2021",
        "5",
        "29",
        "February",
        "between",
        "and",
        "to",
        "from",
        "before",
        "on",
        "the",
        "first",
        "quarter",
        "week",
        "of",
        "today",
        "month",
        "Monday",
        "10 pm",
        "2020-05-01",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let days: Vec<Day> = [(2020, 2, 29), (2021, 1, 1), (2023, 12, 31), (2026, 6, 15), (2031, 3, 5)]
        .map(|(year, month, day)| Day { year, month, day })
        .into();
    let (mut moved, mut still) = (0, 0);
    for _ in 0..6_000 {
        let text = (0..2 + random(6)).map(|_| words[random(words.len())]).collect::<Vec<_>>().join(" ");
        let first = read(&text, TODAY);
        let same = days.iter().all(|day| read(&text, *day).dates == first.dates);
        moved += usize::from(!same);
        still += usize::from(!first.asked_today);
        assert!(same || first.asked_today, "{text}");
    }
    assert!(moved > 200 && still > 200, "{moved} {still}");
}
