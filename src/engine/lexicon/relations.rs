//! Which words are about the same thing, from `data/relations_*.tsv`, turned to stems when the crate is built.
//!
//! A term is a stem, or several stems with a blank between them ("date of birth" as stems).

pub mod relatedness;

use super::packed::Packed;
pub use relatedness::Relatedness;

static TABLE: Packed = Packed {
    terms: include_str!(concat!(env!("OUT_DIR"), "/relations.terms")),
    ties: include_bytes!(concat!(env!("OUT_DIR"), "/relations.ties")),
};

/// How two terms hang together; none for the same term and for terms that have nothing to do with each other. Symmetric.
pub fn related(a: &str, b: &str) -> Option<Relatedness> {
    TABLE.between(a, b).and_then(relatedness::from_byte)
}

/// Everything that hangs together with a term, strongest first.
pub fn related_terms(term: &str) -> Vec<(&'static str, Relatedness)> {
    let ties = TABLE.ties(term).filter_map(|(term, byte)| relatedness::from_byte(byte).map(|relation| (term, relation)));
    let mut terms: Vec<_> = ties.collect();
    terms.sort_by_key(|(_, relation)| *relation);
    terms
}

/// The longest term of the tables, in words.
pub const LONGEST_TERM: usize = 4;

#[cfg(test)]
mod tests {
    use super::super::{morphology::stem, table};
    use super::*;

    fn stems(term: &str) -> String {
        term.split(' ').map(stem).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_about_the_same_thing_are_related() {
        use Relatedness::{Attribute, Broader, Derived, Synonym};
        let cases = [
            ("client", "customer", Some(Synonym)),
            ("customers", "buyers", Some(Synonym)),
            ("worker", "employee", Some(Synonym)),
            ("staff", "employees", Some(Synonym)),
            ("song", "track", Some(Synonym)),
            ("film", "movie", Some(Synonym)),
            ("zip", "postal code", Some(Synonym)),
            ("dob", "date of birth", Some(Synonym)),
            ("telephone", "phone", Some(Synonym)),
            ("nation", "country", Some(Synonym)),
            ("wage", "salary", Some(Synonym)),
            ("boss", "manager", Some(Synonym)),
            ("gender", "sex", Some(Synonym)),
            ("tall", "height", Some(Attribute)),
            ("cost", "price", Some(Synonym)),
            ("expensive", "price", Some(Attribute)),
            ("sing", "singer", Some(Derived)),
            ("teach", "teacher", Some(Derived)),
            ("person", "customer", Some(Broader)),
            ("customer", "customer", None),
            ("customer", "height", None),
            ("xyzzy", "customer", None),
        ];
        for (a, b, relation) in cases {
            assert_eq!(related(&stems(a), &stems(b)), relation, "{a} {b}");
            assert_eq!(related(&stems(b), &stems(a)), relation, "{b} {a}");
        }
    }

    #[test]
    fn the_tables_are_well_formed() {
        for file in relatedness::FILES {
            for row in table::rows(file) {
                assert!(["syn", "attr", "fam", "kind"].contains(&row[0]) && row.len() == 3, "{row:?}");
                assert!(table::list(row[2]).next().is_some(), "{row:?}");
            }
        }
        // A row whose terms are all one stem says nothing.
        let rows = relatedness::FILES.iter().flat_map(|file| table::rows(file));
        let bad: Vec<_> = rows
            .filter(|row| {
                let head = stems(row[1]);
                let too_long = |term: &str| term.is_empty() || term.split(' ').count() > LONGEST_TERM;
                too_long(row[1]) || table::list(row[2]).any(too_long) || table::list(row[2]).all(|term| stems(term) == head)
            })
            .collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}
