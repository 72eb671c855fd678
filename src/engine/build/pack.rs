//! Tables of related terms, words to stems, in the form of `lexicon/packed.rs`: `lexicon/data/wordnet.tsv` and the authored
//! `lexicon/data/relations_*.tsv`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};
use std::path::Path;

use crate::lexicon::kin::{Kin, Strength, to_byte};
use crate::lexicon::morphology::stem;
use crate::lexicon::relatedness::{self, Relatedness};
use crate::lexicon::table;

const WORDNET: &str = include_str!("../lexicon/data/wordnet.tsv");

/// Pairs of terms, in both orders, with the byte of their closest relation.
type Ties = BTreeMap<(String, String), u8>;

/// Writes all tables into a folder.
pub fn write(folder: &Path) -> Result<()> {
    write_table(folder, "wordnet", &wordnet()?)?;
    write_table(folder, "relations", &authored()?)
}

fn write_table(folder: &Path, name: &str, ties: &Ties) -> Result<()> {
    let (terms, ties) = packed(ties)?;
    std::fs::write(folder.join(format!("{name}.terms")), terms)?;
    std::fs::write(folder.join(format!("{name}.ties")), ties)
}

fn stems(term: &str) -> String {
    term.split(' ').map(stem).collect::<Vec<_>>().join(" ")
}

/// The authored tables: terms of a mutual relation are all related with each other, else only each with the head.
fn authored() -> Result<Ties> {
    let mut ties = Ties::new();
    for row in relatedness::FILES.iter().flat_map(|file| table::rows(file)) {
        let (relation, mutual) = match row[0] {
            "syn" => (Relatedness::Synonym, true),
            "attr" => (Relatedness::Attribute, false),
            "fam" => (Relatedness::Derived, true),
            "kind" => (Relatedness::Broader, false),
            _ => return Err(Error::other(format!("{row:?} begins with no relation"))),
        };
        let byte = relatedness::to_byte(relation);
        let heads = [table::field(&row, 1)].into_iter();
        let terms: Vec<String> = heads.chain(table::list(table::field(&row, 2))).map(stems).collect();
        for (at, a) in terms.iter().enumerate().take(if mutual { terms.len() } else { 1 }) {
            for b in terms[at + 1..].iter().filter(|b| *b != a) {
                note(&mut ties, a, b, (byte, byte));
            }
        }
    }
    Ok(ties)
}

/// A relation of WordNet's table: what the terms behind the head are to the head, and the head to them.
fn relation(written: &str) -> Result<(Kin, Kin, Strength)> {
    let (name, strength) = match written.strip_suffix('?') {
        Some(name) => (name, Strength::Weak),
        None => (written, Strength::Strong),
    };
    let (kin, back) = match name {
        "syn" => (Kin::Synonym, Kin::Synonym),
        "attr" => (Kin::Attribute, Kin::Attribute),
        "fam" => (Kin::Derived, Kin::Derived),
        "near" => (Kin::Similar, Kin::Similar),
        "kind" => (Kin::Narrower, Kin::Broader),
        _ => return Err(Error::other(format!("wordnet.tsv: {written} is no relation"))),
    };
    Ok((kin, back, strength))
}

fn wordnet() -> Result<Ties> {
    let mut ties = Ties::new();
    for row in table::rows(WORDNET) {
        let [written, head, others] = row[..] else {
            return Err(Error::other(format!("wordnet.tsv: {row:?} has not three fields")));
        };
        let (kin, back, strength) = relation(written)?;
        let head = stems(head);
        for other in table::list(others).map(stems).filter(|other| *other != head) {
            note(&mut ties, &head, &other, (to_byte(kin, strength), to_byte(back, strength)));
        }
    }
    Ok(ties)
}

/// Words of different relations may share their stems: the closest relation is kept, the same one in both directions.
fn note(ties: &mut Ties, head: &str, other: &str, (there, back): (u8, u8)) {
    let known = |a: &str, b: &str| ties.get(&(a.to_owned(), b.to_owned())).copied().unwrap_or(u8::MAX);
    if there.min(back) < known(head, other).min(known(other, head)) {
        ties.insert((head.to_owned(), other.to_owned()), there);
        ties.insert((other.to_owned(), head.to_owned()), back);
    }
}

fn packed(ties: &Ties) -> Result<(String, Vec<u8>)> {
    let terms: BTreeSet<&str> = ties.keys().map(|(term, _)| term.as_str()).collect();
    let too_large = |_| Error::other("too many terms for the form");
    let mut places = BTreeMap::new();
    for (place, term) in terms.iter().enumerate() {
        places.insert(*term, u16::try_from(place).map_err(too_large)?);
    }
    let (mut pool, mut entries, mut rows) = (String::new(), Vec::new(), Vec::new());
    let mut first: u32 = 0;
    for term in &terms {
        entries.extend((pool.len() as u32).to_le_bytes());
        entries.extend(first.to_le_bytes());
        pool.push_str(term);
        let from = ((*term).to_owned(), String::new());
        for ((_, other), byte) in ties.range(from..).take_while(|((head, _), _)| head == term) {
            rows.extend(places[other.as_str()].to_le_bytes());
            rows.push(*byte);
            first += 1;
        }
    }
    entries.extend((pool.len() as u32).to_le_bytes());
    entries.extend(first.to_le_bytes());
    let bytes = (terms.len() as u32).to_le_bytes().into_iter().chain(entries).chain(rows).collect();
    Ok((pool, bytes))
}
