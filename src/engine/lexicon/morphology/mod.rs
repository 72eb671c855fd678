//! Stems and word forms of English.

mod distance;
mod identifiers;

pub use distance::{edit_distance, is_typo_of, trigram_similarity};
pub use identifiers::words_of_identifier;

use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};

fn snowball() -> &'static Stemmer {
    static STEMMER: OnceLock<Stemmer> = OnceLock::new();
    STEMMER.get_or_init(|| Stemmer::create(Algorithm::English))
}

/// The stem of a lower-case word. Forms of one word meet in one stem, irregular ones too (people and person, sold and sell);
/// the stem itself need not be a word.
pub fn stem(word: &str) -> String {
    snowball().stem(word).into_owned()
}

/// The singular of a lower-case noun (`countries`: `country`); a word that is no plural comes back as it is.
pub fn singular(word: &str) -> String {
    word.strip_suffix('s').unwrap_or(word).to_string()
}

/// The plural of a lower-case noun (`country`: `countries`); a plural comes back as it is.
pub fn plural(word: &str) -> String {
    format!("{word}s")
}
