//! Which words are about the same thing.
//!
//! A term is a stem, or several stems with a blank between them ("date of birth" as stems).

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

/// How two terms hang together; none for the same term and for terms that have nothing to do with each other. Symmetric.
pub fn related(a: &str, b: &str) -> Option<Relatedness> {
    let _ = (a, b);
    None
}

/// Everything that hangs together with a term, strongest first.
pub fn related_terms(term: &str) -> &'static [(&'static str, Relatedness)] {
    let _ = term;
    &[]
}

/// How many stems at the beginning of `stems` are a known term of several words ("zip code", "date of birth"); the longest.
pub fn known_phrase(stems: &[&str]) -> Option<usize> {
    let _ = stems;
    None
}
