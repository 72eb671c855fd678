//! How two terms of the authored tables hang together, and the byte that says so in the compiled table.

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

/// The authored tables.
pub const FILES: [&str; 6] = [
    include_str!("../data/relations_general.tsv"),
    include_str!("../data/relations_business.tsv"),
    include_str!("../data/relations_people.tsv"),
    include_str!("../data/relations_media.tsv"),
    include_str!("../data/relations_world.tsv"),
    include_str!("../data/relations_technology.tsv"),
];

const ALL: [Relatedness; 4] = [Relatedness::Synonym, Relatedness::Attribute, Relatedness::Derived, Relatedness::Broader];

/// A relation as a byte; a smaller one is a stronger relation.
pub fn to_byte(relatedness: Relatedness) -> u8 {
    ALL.iter().position(|known| *known == relatedness).unwrap_or(0) as u8
}

/// The relation that a byte says; none for a byte that says nothing.
pub fn from_byte(byte: u8) -> Option<Relatedness> {
    ALL.get(usize::from(byte)).copied()
}
