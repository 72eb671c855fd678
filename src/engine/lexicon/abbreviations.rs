//! Short forms of words as they stand in column names and in hurried questions (`qty`, `dob`, `fname`).

/// What an abbreviation may stand for, likeliest first; several words with a blank between them (`dob`: `date of birth`).
/// Empty when the word is none.
pub fn abbreviation(word: &str) -> &'static [&'static str] {
    let _ = word;
    &[]
}

/// The abbreviations of a word or of several words with a blank between them (`quantity`: `qty`, `quant`).
pub fn abbreviations_of(words: &str) -> &'static [&'static str] {
    let _ = words;
    &[]
}
