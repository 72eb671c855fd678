//! What WordNet knows of two terms: a wide and blunt instrument beside the authored [`super::relations`]. It knows most words of
//! English in general use, and also their meanings that no schema speaks of: evidence to be weighed, never a match by itself.
//!
//! The table is derived from WordNet 3.0 (`training/wordnet.py`; its licence: `data/NOTICE.wordnet`), turned to stems when the
//! crate is built, and searched in place: see [`form`] for how it lies in memory.

pub mod form;

use std::ops::Range;

use form::{ENTRY, HEAD, TIE};
pub use form::{Kin, Strength};

static TERMS: &str = include_str!(concat!(env!("OUT_DIR"), "/wordnet.terms"));
static TIES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wordnet.ties"));

/// A term that hangs together with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tie {
    /// The stem, or two stems with a blank between them.
    pub term: &'static str,
    /// What it is to the term that was asked for.
    pub kin: Kin,
    /// How much that says.
    pub strength: Strength,
}

/// Everything that hangs together with a term, in the order of the alphabet; nothing for a term that is not known.
pub fn ties(term: &str) -> impl Iterator<Item = Tie> + use<> {
    ties_of(find(term)).filter_map(tie_at)
}

/// What `b` is to `a`; none for the same term and for terms that have nothing to do with each other.
pub fn tie(a: &str, b: &str) -> Option<(Kin, Strength)> {
    let (a, b) = (find(a)?, find(b)?);
    let other = |at: usize| other_term(at).unwrap_or(usize::MAX);
    let place = first_at_least(ties_of(Some(a)), |at| other(at) < b);
    let found = ties_of(Some(a)).contains(&place) && other(place) == b;
    found.then(|| relation(place)).flatten()
}

/// Whether the term is in the table.
pub fn knows(term: &str) -> bool {
    find(term).is_some()
}

fn number(at: usize) -> usize {
    let bytes = TIES.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
}

fn terms() -> usize {
    number(0)
}

fn term(place: usize) -> &'static str {
    let entry = HEAD + place * ENTRY;
    TERMS.get(number(entry)..number(entry + ENTRY)).unwrap_or("")
}

/// The place of a term in the table.
fn find(wanted: &str) -> Option<usize> {
    let place = first_at_least(0..terms(), |at| term(at) < wanted);
    (place < terms() && term(place) == wanted).then_some(place)
}

/// The first place of a sorted range that is no longer before what is sought.
fn first_at_least(range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        if before(middle) { start = middle + 1 } else { end = middle }
    }
    start
}

/// The ties of the term at a place.
fn ties_of(place: Option<usize>) -> Range<usize> {
    place.map_or(0..0, |place| {
        let first = HEAD + place * ENTRY + 4;
        number(first)..number(first + ENTRY)
    })
}

fn tie_bytes(at: usize) -> Option<&'static [u8]> {
    let start = HEAD + (terms() + 1) * ENTRY + at * TIE;
    TIES.get(start..start + TIE)
}

fn other_term(at: usize) -> Option<usize> {
    tie_bytes(at).map(|bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
}

fn relation(at: usize) -> Option<(Kin, Strength)> {
    tie_bytes(at).and_then(|bytes| form::from_byte(bytes[2]))
}

fn tie_at(at: usize) -> Option<Tie> {
    let (kin, strength) = relation(at)?;
    Some(Tie { term: term(other_term(at)?), kin, strength })
}

#[cfg(test)]
mod tests {
    use super::super::{morphology::stem, table};
    use super::*;

    fn stems(term: &str) -> String {
        term.split(' ').map(stem).collect::<Vec<_>>().join(" ")
    }

    fn between(a: &str, b: &str) -> Option<(Kin, Strength)> {
        tie(&stems(a), &stems(b))
    }

    #[test]
    fn common_words_are_known_with_their_kin() {
        use Kin::{Attribute, Broader, Derived, Narrower, Similar, Synonym};
        use Strength::{Strong, Weak};
        let cases = [
            ("singers", "vocalist", Some((Synonym, Strong))),
            ("nation", "country", Some((Synonym, Strong))),
            ("wages", "salary", Some((Synonym, Strong))),
            ("automobile", "car", Some((Synonym, Strong))),
            ("heavy", "weight", Some((Attribute, Strong))),
            ("lofty", "height", Some((Attribute, Weak))),
            ("teaches", "teacher", Some((Derived, Strong))),
            ("lanky", "tall", Some((Similar, Strong))),
            ("guitarist", "musician", Some((Broader, Strong))),
            ("musician", "guitarist", Some((Narrower, Strong))),
            ("singer", "singer", None),
            ("singer", "weight", None),
            ("xyzzy", "singer", None),
            ("", "singer", None),
        ];
        for (a, b, relation) in cases {
            assert_eq!(between(a, b), relation, "{a} {b}");
        }
        assert!(knows(&stems("credit cards")) && !knows("xyzzy") && !knows(""));
        assert_eq!(ties("xyzzy").count(), 0);
    }

    #[test]
    fn every_row_of_the_table_is_found_from_both_ends() {
        let source = include_str!("data/wordnet.tsv");
        for row in table::rows(source) {
            let head = stems(row[1]);
            for other in table::list(row[2]).map(stems).filter(|other| *other != head) {
                assert!(tie(&head, &other).is_some() && tie(&other, &head).is_some(), "{head} {other}");
            }
        }
    }

    #[test]
    fn the_compiled_table_is_in_order_and_the_same_from_both_ends() {
        for place in 0..terms() {
            assert!(!term(place).is_empty() && (place == 0 || term(place - 1) < term(place)), "{}", term(place));
            let own: Vec<Tie> = ties(term(place)).collect();
            assert_eq!(own.len(), ties_of(Some(place)).len(), "{}", term(place));
            assert!(own.is_sorted_by(|a, b| a.term < b.term), "{}", term(place));
            for other in own {
                assert_eq!(tie(term(place), other.term), Some((other.kin, other.strength)));
                let back = match other.kin {
                    Kin::Broader => Kin::Narrower,
                    Kin::Narrower => Kin::Broader,
                    kin => kin,
                };
                assert_eq!(tie(other.term, term(place)), Some((back, other.strength)), "{} {}", term(place), other.term);
            }
        }
    }

    #[test]
    fn a_relation_survives_as_a_byte() {
        for byte in 0..=u8::MAX {
            if let Some((kin, strength)) = form::from_byte(byte) {
                assert_eq!(form::to_byte(kin, strength), byte);
            }
        }
        assert!(form::to_byte(Kin::Narrower, Strength::Strong) < form::to_byte(Kin::Synonym, Strength::Weak));
    }
}
