//! Adjectives that are true or false of a row: active, paid, discontinued; their opposites; words for yes and no.

/// An adjective of state: `inactive` is `active`, negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub positive: &'static str,
    pub negated: bool,
}

/// "active", "inactive", "unpaid", "shipped", "not" not included. Also "married", "foreign", "online", …
pub fn state(word: &str) -> Option<State> {
    let _ = word;
    None
}

/// Whether two words are opposites: active and inactive, open and closed, male and female.
pub fn opposite(a: &str, b: &str) -> bool {
    let _ = (a, b);
    false
}

/// yes, y, true, t, on: `Some(true)`; no, n, false, f, off: `Some(false)`.
pub fn truth(word: &str) -> Option<bool> {
    let _ = word;
    None
}
