//! `lexicon/data/wordnet.tsv`, words to stems, in the form of `lexicon/wordnet/form.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};
use std::path::Path;

use crate::lexicon::form::{Kin, Strength, to_byte};
use crate::lexicon::morphology::stem;

const SOURCE: &str = include_str!("../lexicon/data/wordnet.tsv");

/// Pairs of terms, in both orders, with the byte of their closest relation.
type Ties = BTreeMap<(String, String), u8>;

/// Writes `wordnet.terms` and `wordnet.ties` into a folder.
pub fn write(folder: &Path) -> Result<()> {
    let (terms, ties) = packed(&ties()?)?;
    std::fs::write(folder.join("wordnet.terms"), terms)?;
    std::fs::write(folder.join("wordnet.ties"), ties)
}

/// A relation of the table: what the terms behind the head are to the head, and the head to them.
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

fn ties() -> Result<Ties> {
    let stems = |term: &str| term.split(' ').map(stem).collect::<Vec<_>>().join(" ");
    let mut ties = Ties::new();
    for row in crate::lexicon::table::rows(SOURCE) {
        let [written, head, others] = row[..] else {
            return Err(Error::other(format!("wordnet.tsv: {row:?} has not three fields")));
        };
        let (kin, back, strength) = relation(written)?;
        let head = stems(head);
        for other in crate::lexicon::table::list(others).map(stems).filter(|other| *other != head) {
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
    let too_large = |_| Error::other("wordnet.tsv: too many terms for the form");
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
