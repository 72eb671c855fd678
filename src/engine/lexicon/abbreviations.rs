//! Short forms of words as they stand in column names and in hurried questions (`qty`, `dob`, `fname`), from `data/abbreviations.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{morphology::singular, table};

type Meanings = HashMap<&'static str, Vec<&'static str>>;

/// Short form to long forms, and the other way round.
fn tables() -> &'static (Meanings, Meanings) {
    static TABLES: OnceLock<(Meanings, Meanings)> = OnceLock::new();
    TABLES.get_or_init(|| {
        let (mut long, mut short) = (Meanings::new(), Meanings::new());
        for row in table::rows(include_str!("data/abbreviations.tsv")) {
            for meaning in table::list(table::field(&row, 1)) {
                long.entry(row[0]).or_default().push(meaning);
                short.entry(meaning).or_default().push(row[0]);
            }
        }
        (long, short)
    })
}

/// What an abbreviation may stand for, likeliest first; several words with a blank between them (`dob`: `date of birth`).
/// Empty when the word is none.
pub fn abbreviation(word: &str) -> &'static [&'static str] {
    tables().0.get(word).map_or(&[], Vec::as_slice)
}

/// The abbreviations of a word or of several words with a blank between them (`quantity`: `qty`, `quant`). A plural without any
/// has those of its singular.
pub fn abbreviations_of(words: &str) -> &'static [&'static str] {
    let short = &tables().1;
    short.get(words).or_else(|| short.get(singular(words).as_str())).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_lead_both_ways() {
        for (short, long) in [
            ("qty", "quantity"),
            ("dob", "date of birth"),
            ("fname", "first name"),
            ("no", "number"),
            ("cust", "customer"),
            ("amt", "amount"),
            ("mgr", "manager"),
        ] {
            assert_eq!(abbreviation(short).first(), Some(&long), "{short}");
            assert!(abbreviations_of(long).contains(&short), "{long}");
        }
        assert_eq!(abbreviations_of("quantities"), abbreviations_of("quantity"));
        assert!(abbreviation("customer").is_empty() && abbreviations_of("qty").is_empty());
        assert!(tables().0.len() >= 300, "{}", tables().0.len());
    }

    #[test]
    fn no_abbreviation_has_two_rows() {
        let mut seen = std::collections::HashSet::new();
        for row in table::rows(include_str!("data/abbreviations.tsv")) {
            assert!(row.len() == 2 && seen.insert(row[0]), "{row:?}");
        }
    }
}
