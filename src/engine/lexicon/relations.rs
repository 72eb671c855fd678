//! Which words are about the same thing, from `data/relations_*.tsv`.
//!
//! A term is a stem, or several stems with a blank between them ("date of birth" as stems).

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::{morphology::stem, table};

/// How two terms hang together; the strongest relation is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relatedness {
    /// client and customer.
    Synonym,
    /// An adjective or verb and the attribute that it speaks of: tall and height, cost and price.
    Attribute,
    /// Words of one family whose stems differ: teach and teacher, sell and sale.
    Derived,
    /// One is a more general word for the other: person and customer.
    Broader,
}

const FILES: [&str; 6] = [
    include_str!("data/relations_general.tsv"),
    include_str!("data/relations_business.tsv"),
    include_str!("data/relations_people.tsv"),
    include_str!("data/relations_media.tsv"),
    include_str!("data/relations_world.tsv"),
    include_str!("data/relations_technology.tsv"),
];

/// A row of the tables, its terms as stems: the head first.
struct Group {
    relation: Relatedness,
    /// Whether all terms are related with each other, or only each with the head.
    mutual: bool,
    terms: Vec<String>,
}

fn groups() -> &'static Vec<Group> {
    static GROUPS: OnceLock<Vec<Group>> = OnceLock::new();
    GROUPS.get_or_init(|| {
        let stems = |term: &str| term.split(' ').map(stem).collect::<Vec<_>>().join(" ");
        FILES
            .iter()
            .flat_map(|file| table::rows(file))
            .map(|row| {
                let (relation, mutual) = match row[0] {
                    "attr" => (Relatedness::Attribute, false),
                    "fam" => (Relatedness::Derived, true),
                    "kind" => (Relatedness::Broader, false),
                    _ => (Relatedness::Synonym, true),
                };
                let terms = [table::field(&row, 1)].into_iter().chain(table::list(table::field(&row, 2)));
                Group { relation, mutual, terms: terms.map(stems).collect() }
            })
            .collect()
    })
}

type Related = Vec<(&'static str, Relatedness)>;

fn index() -> &'static HashMap<&'static str, Related> {
    static INDEX: OnceLock<HashMap<&'static str, Related>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index: HashMap<&'static str, Related> = HashMap::new();
        for group in groups() {
            for (at, a) in group.terms.iter().enumerate() {
                let partners = if group.mutual || at == 0 { 0..group.terms.len() } else { 0..1 };
                let others = group.terms[partners].iter().filter(|b| *b != a).map(|b| (b.as_str(), group.relation));
                index.entry(a).or_default().extend(others);
            }
        }
        for related in index.values_mut() {
            related.sort_by_key(|(_, relation)| *relation);
            let mut seen = HashSet::new();
            related.retain(|(term, _)| seen.insert(*term));
        }
        index
    })
}

/// How two terms hang together; none for the same term and for terms that have nothing to do with each other. Symmetric.
pub fn related(a: &str, b: &str) -> Option<Relatedness> {
    let (x, y) = (related_terms(a), related_terms(b));
    let (shorter, other) = if x.len() <= y.len() { (x, b) } else { (y, a) };
    shorter.iter().find(|(term, _)| *term == other).map(|(_, relation)| *relation)
}

/// Everything that hangs together with a term, strongest first.
pub fn related_terms(term: &str) -> &'static [(&'static str, Relatedness)] {
    index().get(term).map_or(&[], Vec::as_slice)
}

/// The longest term of the tables, in words.
const LONGEST_TERM: usize = 4;

/// How many stems at the beginning of `stems` are a known term of several words ("zip code", "date of birth"); the longest.
pub fn known_phrase(stems: &[&str]) -> Option<usize> {
    (2..=LONGEST_TERM.min(stems.len())).rev().find(|length| index().contains_key(stems[..*length].join(" ").as_str()))
}

#[cfg(test)]
mod tests {
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
    fn terms_of_several_words_are_known() {
        let of = |text: &str| {
            let stems: Vec<String> = text.split(' ').map(stem).collect();
            known_phrase(&stems.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(of("date of birth of customers"), Some(3));
        assert_eq!(of("zip code"), Some(2));
        assert_eq!(of("customer orders"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn the_tables_are_well_formed() {
        for file in FILES {
            for row in table::rows(file) {
                assert!(["syn", "attr", "fam", "kind"].contains(&row[0]) && row.len() == 3, "{row:?}");
                assert!(table::list(row[2]).next().is_some(), "{row:?}");
            }
        }
        // A row whose terms are all one stem says nothing.
        let bad = |group: &&Group| {
            let same = group.terms.iter().all(|term| *term == group.terms[0]);
            same || group.terms.iter().any(|term| term.is_empty() || term.split(' ').count() > LONGEST_TERM)
        };
        let bad: Vec<_> = groups().iter().filter(bad).map(|group| group.terms.join(", ")).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}
