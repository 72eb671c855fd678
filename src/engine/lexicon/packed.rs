//! The form in which tables of related terms are compiled in. The build script writes it (`build/pack.rs`), it is read in place:
//! nothing is parsed and nothing is copied when a server process asks its first question.
//!
//! A table is two files. `NAME.terms` is all terms (stems, with blanks between them) one after the other, in the order of their
//! bytes. `NAME.ties`, numbers little-endian:
//!
//! ```text
//! u32                    number of terms, n
//! (n + 1) x (u32, u32)   for each term: where it starts in NAME.terms, and which tie is its first; the last pair is the ends
//! ties x (u16, u8)       for each term, in the order of the other terms: the other term, and a byte for what they are to each other
//! ```
//!
//! A tie stands in the list of both its terms. What its byte means is up to the table.

use std::ops::Range;

/// What stands before the terms: their number.
pub const HEAD: usize = 4;
/// Bytes of a term's entry.
pub const ENTRY: usize = 8;
/// Bytes of a tie.
pub const TIE: usize = 3;

/// A table of related terms, as it was compiled in.
pub struct Packed {
    /// The terms.
    pub terms: &'static str,
    /// Their entries and ties.
    pub ties: &'static [u8],
}

impl Packed {
    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.number(0)
    }

    /// The term at a place.
    pub fn term(&self, place: usize) -> &'static str {
        let entry = HEAD + place * ENTRY;
        self.terms.get(self.number(entry)..self.number(entry + ENTRY)).unwrap_or("")
    }

    /// The place of a term.
    pub fn find(&self, wanted: &str) -> Option<usize> {
        let place = first_at_least(0..self.len(), |at| self.term(at) < wanted);
        (place < self.len() && self.term(place) == wanted).then_some(place)
    }

    /// The terms that hang together with a term, each with the byte of its tie; nothing for a term that is not known.
    pub fn ties(&'static self, term: &str) -> impl Iterator<Item = (&'static str, u8)> + use<> {
        let range = self.find(term).map_or(0..0, |place| self.ties_of(place));
        range.filter_map(|at| self.tie(at)).map(|(other, byte)| (self.term(other), byte))
    }

    /// The byte of the tie between two terms; none where there is no tie.
    pub fn between(&self, a: &str, b: &str) -> Option<u8> {
        let (a, b) = (self.find(a)?, self.find(b)?);
        let range = self.ties_of(a);
        let place = first_at_least(range.clone(), |at| self.tie(at).is_some_and(|(other, _)| other < b));
        let (other, byte) = range.contains(&place).then(|| self.tie(place)).flatten()?;
        (other == b).then_some(byte)
    }

    fn number(&self, at: usize) -> usize {
        let bytes = self.ties.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
    }

    /// The ties of the term at a place.
    fn ties_of(&self, place: usize) -> Range<usize> {
        let first = HEAD + place * ENTRY + 4;
        self.number(first)..self.number(first + ENTRY)
    }

    fn tie(&self, at: usize) -> Option<(usize, u8)> {
        let start = HEAD + (self.len() + 1) * ENTRY + at * TIE;
        match self.ties.get(start..start + TIE)? {
            [low, high, byte] => Some((usize::from(u16::from_le_bytes([*low, *high])), *byte)),
            _ => None,
        }
    }
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
