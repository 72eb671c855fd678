//! The form in which the table of WordNet's relations is compiled in. The build script writes it, [`super`] reads it in place:
//! nothing is parsed and nothing is copied when a server process asks its first question.
//!
//! Two files. `wordnet.terms` is all terms (stems; of two words with a blank between them) one after the other, in the order of
//! their bytes. `wordnet.ties`, numbers little-endian:
//!
//! ```text
//! u32                    number of terms, n
//! (n + 1) x (u32, u32)   for each term: where it starts in wordnet.terms, and which tie is its first; the last pair is the ends
//! ties x (u16, u8)       for each term, in the order of the other terms: the other term, and what they are to each other
//! ```
//!
//! A tie stands in the list of both its terms.

/// What the second of two terms is to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kin {
    /// The same meaning: singer and vocalist.
    Synonym,
    /// An attribute and an adjective that speaks of it, in either order: height and tall.
    Attribute,
    /// Words of one family: teach and teacher.
    Derived,
    /// Adjectives of similar meaning: tall and lanky.
    Similar,
    /// The second is the more general word: guitarist and musician.
    Broader,
    /// The second is the more special word: musician and guitarist.
    Narrower,
}

/// How much a relation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// It holds in a main meaning of both terms.
    Strong,
    /// It holds in a less common meaning of one of them.
    Weak,
}

const KINS: [Kin; 6] = [Kin::Synonym, Kin::Attribute, Kin::Derived, Kin::Similar, Kin::Broader, Kin::Narrower];

/// The bit that says [`Strength::Weak`]; below it is the place in [`KINS`]. A smaller byte is a closer relation.
const WEAK: u8 = 8;

/// What stands before the terms: their number.
pub const HEAD: usize = 4;
/// Bytes of a term's entry.
pub const ENTRY: usize = 8;
/// Bytes of a tie.
pub const TIE: usize = 3;

/// A relation as a byte.
pub fn to_byte(kin: Kin, strength: Strength) -> u8 {
    let place = KINS.iter().position(|known| *known == kin).unwrap_or(0) as u8;
    place + if strength == Strength::Weak { WEAK } else { 0 }
}

/// The relation that a byte says; none for a byte that says nothing.
pub fn from_byte(byte: u8) -> Option<(Kin, Strength)> {
    let strength = if byte & WEAK == 0 { Strength::Strong } else { Strength::Weak };
    KINS.get(usize::from(byte & !WEAK)).map(|kin| (*kin, strength))
}
