//! Stems and word forms of English. Regular forms by rule, irregular ones from `data/irregular.tsv`.

mod distance;
mod identifiers;
mod memo;
#[cfg(test)]
mod tests;

pub use distance::{edit_distance, is_typo_of, trigram_similarity};
pub use identifiers::words_of_identifier;
pub use memo::Memo;

use std::collections::HashMap;
use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};

use super::table;

#[derive(Default)]
struct Irregular {
    /// Any irregular form, noun or verb: its base. Words that only look like plurals lead to themselves.
    base: HashMap<&'static str, &'static str>,
    singular: HashMap<&'static str, &'static str>,
    plural: HashMap<&'static str, &'static str>,
    /// Words whose regular stem would be that of another word, each with its own stem.
    apart: HashMap<&'static str, &'static str>,
}

fn irregular() -> &'static Irregular {
    static TABLE: OnceLock<Irregular> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut forms = Irregular::default();
        for row in table::rows(include_str!("../data/irregular.tsv")) {
            let (kind, base) = (row[0], table::field(&row, 1));
            let others: Vec<_> = table::list(table::field(&row, 2)).collect();
            if kind == "apart" {
                forms.apart.extend(others.iter().chain([&base]).map(|form| (*form, base)));
                continue;
            }
            for other in &others {
                forms.base.insert(other, base);
            }
            forms.base.insert(base, base);
            if kind == "verb" {
                continue;
            }
            forms.singular.insert(base, base);
            for other in &others {
                forms.singular.insert(other, base);
                forms.plural.insert(other, other);
            }
            let usual = others.first().copied();
            if let Some(plural) = usual.or((kind == "fixed").then_some(base)) {
                forms.plural.insert(base, plural);
            }
        }
        forms
    })
}

fn snowball() -> &'static Stemmer {
    static STEMMER: OnceLock<Stemmer> = OnceLock::new();
    STEMMER.get_or_init(|| Stemmer::create(Algorithm::English))
}

/// Longer "words" are no words: they are kept as they are, which also bounds the stemmer's work.
const LONGEST_WORD: usize = 64;

/// The stem of a lower-case word. Forms of one word meet in one stem, irregular ones too (people and person, sold and sell);
/// the stem itself need not be a word.
pub fn stem(word: &str) -> String {
    if word.len() > LONGEST_WORD || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word.to_string();
    }
    let irregular = irregular();
    if let Some(own) = irregular.apart.get(word) {
        return (*own).to_string();
    }
    if let Some(base) = irregular.base.get(word) {
        return snowball().stem(base).into_owned();
    }
    snowball().stem(&singular(word)).into_owned()
}

/// Whether a lower-case word is the past of a verb, or may be: "listed", "taught", "made".
pub fn is_past(word: &str) -> bool {
    let irregular = irregular();
    let of_verb = irregular.base.get(word).is_some_and(|base| *base != word) && !irregular.singular.contains_key(word);
    of_verb || word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed")
}

/// The singular of a lower-case noun (`countries`: `country`); a word that is no plural comes back as it is.
pub fn singular(word: &str) -> String {
    if let Some(base) = irregular().singular.get(word) {
        return (*base).to_string();
    }
    let cut = |ending: &str, instead: &str| word.strip_suffix(ending).map(|start| format!("{start}{instead}"));
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if word.chars().count() < 4 || ends(&["ss", "us", "is", "'s"]) || !word.ends_with('s') {
        return word.to_string();
    }
    let singular = if ends(&["ies"]) && word.len() > 4 {
        cut("ies", "y")
    } else if ends(&["sses", "shes", "ches", "xes", "zzes"]) {
        cut("es", "")
    } else {
        cut("s", "")
    };
    singular.unwrap_or_else(|| word.to_string())
}

/// The plural of a lower-case noun (`country`: `countries`); a plural comes back as it is.
pub fn plural(word: &str) -> String {
    if let Some(plural) = irregular().plural.get(word) {
        return (*plural).to_string();
    }
    if word.is_empty() || singular(word) != word {
        return word.to_string();
    }
    let consonant_before_y = |start: &str| start.chars().last().is_some_and(|letter| !"aeiou".contains(letter));
    match word.strip_suffix('y') {
        Some(start) if consonant_before_y(start) => format!("{start}ies"),
        _ if ["s", "sh", "ch", "x", "z"].iter().any(|ending| word.ends_with(ending)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}
