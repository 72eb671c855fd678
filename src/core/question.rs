//! A question as the user typed it, made fit to be read: bounded, without control characters and surrounding blanks.
//!
//! Letter case and inner blanks stay as they are: a quoted value in the question must reach the data unchanged.

use crate::error::Error;

/// Takes a question in, or says why it cannot be one. `limit` is in characters.
pub fn normalise(text: &str, limit: usize) -> Result<String, Error> {
    // Counting a megabyte of characters takes a millisecond; a text with more bytes than four times the limit needs no count.
    let length = if text.len() > limit.saturating_mul(4) { text.len() } else { text.chars().count() };
    if length > limit {
        return Err(Error::QuestionTooLong { length, limit });
    }
    let cleaned: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let trimmed = cleaned.trim();
    if !trimmed.chars().any(char::is_alphanumeric) {
        return Err(Error::EmptyQuestion);
    }
    Ok(trimmed.to_owned())
}

/// Characters that show nothing and come along when text is copied from a web page: zero-width marks, the byte order mark and the marks
/// that turn the direction of writing. They would split words that look whole.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_control_characters_go() {
        assert_eq!(normalise("  how many\tcustomers\n?  ", 100), Ok("how many customers ?".to_owned()));
        assert_eq!(normalise("cus\u{200B}tomers\u{FEFF}", 100), Ok("customers".to_owned()));
    }

    #[test]
    fn nothing_to_read_is_an_error() {
        for text in ["", "   ", "\n\t", "?!", "\u{200B}"] {
            assert_eq!(normalise(text, 100), Err(Error::EmptyQuestion), "{text:?}");
        }
    }

    #[test]
    fn the_limit_counts_characters() {
        assert!(normalise(&"ä".repeat(10), 10).is_ok());
        assert_eq!(normalise(&"ä".repeat(11), 10), Err(Error::QuestionTooLong { length: 11, limit: 10 }));
        assert!(matches!(normalise(&"x".repeat(1 << 20), 2000), Err(Error::QuestionTooLong { .. })));
    }

    #[test]
    fn letters_of_any_script_are_words() {
        assert_eq!(normalise("売上 は？", 100), Ok("売上 は？".to_owned()));
    }
}
