//! Names of months and weekdays.

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// 1 for January (`january`, `jan`); none for any other word. `may` is the month here: whether it is a verb, the caller sees.
pub fn month(word: &str) -> Option<u8> {
    let found = MONTHS.iter().position(|name| {
        *name == word || (word.len() == 3 && name.starts_with(word)) || (word == "sept" && *name == "september")
    });
    found.and_then(|at| u8::try_from(at + 1).ok())
}

/// 1 for Monday to 7 for Sunday, also abbreviated (`mon`, `tues`, `thurs`) and in the plural (`mondays`).
pub fn weekday(word: &str) -> Option<u8> {
    let short = (3..=5).contains(&word.len());
    let found =
        WEEKDAYS.iter().position(|name| word.strip_suffix('s').unwrap_or(word) == *name || (short && name.starts_with(word)));
    found.and_then(|at| u8::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_weekdays_have_names_and_short_forms() {
        for (word, number) in
            [("january", Some(1)), ("sept", Some(9)), ("dec", Some(12)), ("ma", None), ("mays", None), ("", None)]
        {
            assert_eq!(month(word), number, "{word}");
        }
        for (word, number) in
            [("monday", Some(1)), ("sundays", Some(7)), ("tues", Some(2)), ("thu", Some(4)), ("s", None), ("day", None)]
        {
            assert_eq!(weekday(word), number, "{word}");
        }
    }
}
