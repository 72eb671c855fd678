//! The words of a question and of names as the networks know them: a number, and the parts of the spelling.

use std::collections::HashMap;

use crate::parser::features::Features;
use crate::parser::weights::{Words, fnv};

/// Parts of a word that are looked at.
const MOST_PARTS: usize = 24;

/// How one word is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub number: usize,
    /// Hashes of the parts.
    pub parts: Vec<u32>,
}

/// The distinct words of a question and of the names it is read over, and where they stand.
#[derive(Debug, Default)]
pub struct Read {
    pub known: Vec<Known>,
    pub words: Vec<usize>,
    pub names: Vec<Vec<usize>>,
}

impl Read {
    pub fn new(features: &Features, words: &Words) -> Read {
        let mut read = Read::default();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut place = |word| {
            *places.entry(word).or_insert_with(|| {
                read.known.push(Known { number: words.number(word), parts: parts(word) });
                read.known.len() - 1
            })
        };
        read.words = features.words.iter().map(|word| place(word)).collect();
        read.names = features.items.iter().map(|item| item.words.iter().map(|word| place(word)).collect()).collect();
        read
    }
}

/// Hashes of a word and of its parts of three, then four, then five letters, the ends marked.
pub fn parts(word: &str) -> Vec<u32> {
    let marked = format!("<{word}>");
    let begins: Vec<usize> = marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
    let letters = begins.len() - 1;
    let part = |size: usize, at: usize| fnv(&marked.as_bytes()[begins[at]..begins[at + size]]);
    let shorter = (3..=5).flat_map(|size| (size..=letters).map(move |end| (size, end - size)));
    std::iter::once((letters, 0)).chain(shorter).take(MOST_PARTS).map(|(size, at)| part(size, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `grams` of `training/model.py` gives with 4096 buckets.
    #[test]
    fn parts_are_those_of_training() {
        let buckets = |word: &str| parts(word).iter().map(|hash| hash % 4096 + 1).collect::<Vec<_>>();
        for (word, expected) in include!("../tests/parts.in") {
            assert_eq!(buckets(word), expected, "{word}");
        }
    }
}
