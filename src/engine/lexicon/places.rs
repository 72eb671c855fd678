//! Countries, their codes and demonyms, the states of the USA, continents: one place under all its spellings.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    Country,
    /// A state or territory of the USA, or a province of Canada.
    State,
    Continent,
}

/// Every spelling of the place that is named so, lower case, the usual one first: names, ISO codes, demonyms ("french":
/// `france`, `fr`, `fra`, `french`, …). Empty for anything that is no known place. Two-letter codes are understood but are
/// often ordinary words ("in", "us", "no"): the caller looks at the letter case before asking.
pub fn place_variants(name: &str) -> Vec<String> {
    let _ = name;
    Vec::new()
}

/// The longest place name at the beginning of `words` ("united states of america", "german"), two-letter codes left out.
pub fn place_at(words: &[&str]) -> Option<(usize, PlaceKind)> {
    let _ = words;
    None
}
