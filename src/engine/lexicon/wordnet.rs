//! What WordNet knows of two terms: a wide and blunt instrument beside the authored [`super::relations`]. It knows most words of
//! English in general use, and also their meanings that no schema speaks of: evidence to be weighed, never a match by itself.
//!
//! The table is derived from WordNet 3.0 (`training/wordnet.py`; its licence: `data/NOTICE.wordnet`), turned to stems when the
//! crate is built, and searched in place.

pub mod kin;

use super::packed::Packed;
pub use kin::{Kin, Strength};

static TABLE: Packed = Packed {
    terms: include_str!(concat!(env!("OUT_DIR"), "/wordnet.terms")),
    ties: include_bytes!(concat!(env!("OUT_DIR"), "/wordnet.ties")),
};

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
    TABLE.ties(term).filter_map(|(term, byte)| kin::from_byte(byte).map(|(kin, strength)| Tie { term, kin, strength }))
}

/// What `b` is to `a`; none for the same term and for terms that have nothing to do with each other.
pub fn tie(a: &str, b: &str) -> Option<(Kin, Strength)> {
    TABLE.between(a, b).and_then(kin::from_byte)
}

/// Whether the term is in the table.
pub fn knows(term: &str) -> bool {
    TABLE.find(term).is_some()
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
        let term = |place: usize| TABLE.term(place);
        for place in 0..TABLE.len() {
            assert!(!term(place).is_empty() && (place == 0 || term(place - 1) < term(place)), "{}", term(place));
            let own: Vec<Tie> = ties(term(place)).collect();
            assert!(!own.is_empty(), "{}", term(place));
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
            if let Some((kin, strength)) = kin::from_byte(byte) {
                assert_eq!(kin::to_byte(kin, strength), byte);
            }
        }
        assert!(kin::to_byte(Kin::Narrower, Strength::Strong) < kin::to_byte(Kin::Synonym, Strength::Weak));
    }
}
