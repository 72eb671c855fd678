//! Cues that a question asks for something that no query can tell.

/// What is asked for that a query cannot give ("a forecast", "a change of data", …), by the lower-case words of the question; none where
/// nothing speaks against a query.
pub fn out_of_scope(words: &[&str]) -> Option<&'static str> {
    let _ = words;
    None
}
