//! Units of measure and of time, and currencies.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table;
use crate::ir::DateUnit;

fn spellings(text: &'static str) -> HashMap<&'static str, &'static str> {
    let mut spellings = HashMap::new();
    for row in table::rows(text) {
        spellings.insert(row[0], row[0]);
        spellings.extend(table::list(table::field(&row, 1)).map(|other| (other, row[0])));
    }
    spellings
}

/// The singular word of a unit (`km`: `kilometer`, `mins`: `minute`).
pub fn unit(word: &str) -> Option<&'static str> {
    static UNITS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    UNITS.get_or_init(|| spellings(include_str!("data/units.tsv"))).get(word).copied()
}

/// The unit of time that a word names (`months`: `Month`).
pub fn time_unit(word: &str) -> Option<DateUnit> {
    Some(match unit(word)? {
        "second" => DateUnit::Second,
        "minute" => DateUnit::Minute,
        "hour" => DateUnit::Hour,
        "day" => DateUnit::Day,
        "week" => DateUnit::Week,
        "month" => DateUnit::Month,
        "quarter" => DateUnit::Quarter,
        "year" => DateUnit::Year,
        "decade" => DateUnit::Decade,
        "century" => DateUnit::Century,
        _ => return None,
    })
}

/// The ISO code of a currency word, code or sign (`dollars`: `USD`, `€`: `EUR`).
pub fn currency(word: &str) -> Option<&'static str> {
    static CURRENCIES: OnceLock<(HashMap<&'static str, &'static str>, Vec<&'static str>)> = OnceLock::new();
    let (words, codes) = CURRENCIES.get_or_init(|| {
        let text = include_str!("data/currencies.tsv");
        (spellings(text), table::rows(text).map(|row| row[0]).collect())
    });
    // "try" is a word far more often than the Turkish lira.
    let code = || codes.iter().find(|code| word != "try" && code.eq_ignore_ascii_case(word));
    words.get(word).or_else(code).copied()
}
