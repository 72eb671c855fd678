//! Countries, their codes and demonyms, the states of the USA and provinces of Canada, continents: one place under all its
//! spellings. From `data/places.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    Country,
    /// A state or territory of the USA, or a province of Canada.
    State,
    Continent,
}

struct Place {
    kind: PlaceKind,
    /// The usual name, codes, other names, demonyms.
    spellings: Vec<&'static str>,
}

struct Places {
    all: Vec<Place>,
    /// Every spelling and the places that have it (Georgia is two).
    by_spelling: HashMap<&'static str, Vec<usize>>,
}

fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| {
        let mut places = Places { all: Vec::new(), by_spelling: HashMap::new() };
        for row in table::rows(include_str!("data/places.tsv")) {
            let kind = match row[0] {
                "state" => PlaceKind::State,
                "continent" => PlaceKind::Continent,
                _ => PlaceKind::Country,
            };
            let names = [table::field(&row, 1)].into_iter();
            let spellings: Vec<_> = names.chain((2..=4).flat_map(|at| table::list(table::field(&row, at)))).collect();
            for spelling in &spellings {
                places.by_spelling.entry(spelling).or_default().push(places.all.len());
            }
            places.all.push(Place { kind, spellings });
        }
        places
    })
}

/// Every spelling of the place that is named so, lower case, the usual one first: names, ISO codes, demonyms ("french":
/// `france`, `fr`, `fra`, `french`, …). Empty for anything that is no known place. Two-letter codes are understood but are
/// often ordinary words ("in", "us", "no"): the caller looks at the letter case before asking. A spelling that several places
/// share gives those of all of them.
pub fn place_variants(name: &str) -> Vec<String> {
    let places = places();
    let name = name.trim().to_lowercase();
    let mut variants: Vec<String> = Vec::new();
    for at in places.by_spelling.get(name.as_str()).into_iter().flatten() {
        for spelling in &places.all[*at].spellings {
            if !variants.iter().any(|known| known == spelling) {
                variants.push((*spelling).to_string());
            }
        }
    }
    variants
}

/// The longest place name at the beginning of `words` ("united states of america", "german"), codes left out.
pub fn place_at(words: &[&str]) -> Option<(usize, PlaceKind)> {
    const LONGEST_NAME: usize = 5;
    let places = places();
    (1..=LONGEST_NAME.min(words.len())).rev().find_map(|length| {
        let name = words[..length].join(" ");
        // Three letters are a code, or a word as often ("can", "and", "per"); but `usa` and `uk` are how people write.
        let code = name.len() <= 3 && !["usa", "uae", "drc", "uk"].contains(&name.as_str());
        let at = places.by_spelling.get(name.as_str()).filter(|_| !code)?.first()?;
        Some((length, places.all[*at].kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_all_its_spellings() {
        for (name, others) in [
            ("French", vec!["france", "fr", "fra"]),
            ("usa", vec!["united states", "us", "american", "united states of america"]),
            ("UK", vec!["united kingdom", "gb", "british", "great britain"]),
            ("deutschland", vec!["germany", "de"]),
            ("ca", vec!["canada", "california"]),
            ("georgia", vec!["ge", "ga"]),
            ("texas", vec!["tx"]),
            ("european", vec!["europe"]),
        ] {
            let variants = place_variants(name);
            for other in others {
                assert!(variants.iter().any(|variant| variant == other), "{name}: {variants:?}");
            }
        }
        assert!(place_variants("customers").is_empty() && place_variants("").is_empty());
    }

    #[test]
    fn places_are_found_in_questions() {
        let at = |text: &str| place_at(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(at("united states of america orders"), Some((4, PlaceKind::Country)));
        assert_eq!(at("german customers"), Some((1, PlaceKind::Country)));
        assert_eq!(at("new york"), Some((2, PlaceKind::State)));
        assert_eq!(at("south america"), Some((2, PlaceKind::Continent)));
        assert_eq!(at("uk orders"), Some((1, PlaceKind::Country)));
        assert_eq!(at("in germany"), None);
        assert_eq!(at("per customer"), None);
    }
}
