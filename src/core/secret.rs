//! A key to a model server: a text that must appear nowhere but in one request header.
//!
//! Neither `Debug` nor `Display` shows it, it cannot be serialised, and its bytes are overwritten when it is dropped. What a server
//! says about a failure may repeat the key, or its beginning: [`Secret::scrub`] takes both out.

use std::fmt;

use zeroize::Zeroizing;

/// Shown in place of a secret.
const HIDDEN: &str = "[hidden]";
/// Bytes. No vendor's key is longer; tokens of gateways reach some kilobytes.
const LONGEST: usize = 8 * 1024;
/// Bytes. Shorter keys are placeholders for servers that ask for none ("none", "x"): taking them out of every word would spoil the text.
const SHORTEST_HIDDEN: usize = 8;
/// Bytes that a word and a key have in common at the beginning before the word counts as a part of the key.
const COMMON: usize = 6;

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// Why a text cannot be a key. Says nothing about the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretProblem {
    /// Nothing but blanks.
    Empty,
    /// A blank, a line break, a control character or a letter outside ASCII: no header can carry it.
    Character,
    /// More than 8 kB.
    TooLong,
}

impl SecretProblem {
    /// The rest of a sentence that begins with "The key".
    pub fn says(self) -> &'static str {
        match self {
            SecretProblem::Empty => "is empty",
            SecretProblem::Character => "has a character that cannot stand in an HTTP header",
            SecretProblem::TooLong => "is longer than 8192 bytes",
        }
    }
}

impl Secret {
    /// Takes a key from a text; blanks around it go.
    pub fn new(text: String) -> Result<Secret, SecretProblem> {
        Secret::from_file(text.into_bytes())
    }

    /// Takes a key from the content of a file: one line, blanks around it go. The bytes are wiped.
    pub fn from_file(bytes: Vec<u8>) -> Result<Secret, SecretProblem> {
        let bytes = Zeroizing::new(bytes);
        let key = bytes.trim_ascii();
        if key.is_empty() {
            return Err(SecretProblem::Empty);
        }
        if key.len() > LONGEST {
            return Err(SecretProblem::TooLong);
        }
        if !key.iter().all(u8::is_ascii_graphic) {
            return Err(SecretProblem::Character);
        }
        let text = std::str::from_utf8(key).map_err(|_| SecretProblem::Character)?;
        Ok(Secret(Zeroizing::new(text.to_owned())))
    }

    /// The key itself, for the one header that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key behind a scheme, as `Authorization: Bearer` wants it.
    pub fn with_prefix(&self, prefix: &str) -> Secret {
        // With room for all of it from the start: a text that grows would leave the key behind where it lay before.
        let mut text = String::with_capacity(prefix.len() + self.0.len());
        text.push_str(prefix);
        text.push_str(&self.0);
        Secret(Zeroizing::new(text))
    }

    /// The text without the key, and without what vendors show of a key: its beginning, stars, its end.
    pub fn scrub(&self, text: &str) -> String {
        let key = self.expose();
        let without_key = if key.len() >= SHORTEST_HIDDEN { text.replace(key, HIDDEN) } else { text.to_owned() };
        without_key.split_inclusive(|c| !is_key_letter(c)).map(|word| self.scrub_word(word)).collect()
    }

    /// Whether a text holds the whole key. Never for keys so short that they may be words.
    pub fn is_repeated_in(&self, text: &str) -> bool {
        self.expose().len() >= SHORTEST_HIDDEN && text.contains(self.expose())
    }

    /// One word with the separator behind it.
    fn scrub_word(&self, word: &str) -> String {
        let bare = word.trim_end_matches(|c| !is_key_letter(c));
        if bare.is_empty() || !self.is_shown_in(bare) {
            return word.to_owned();
        }
        format!("{HIDDEN}{}", &word[bare.len()..])
    }

    fn is_shown_in(&self, word: &str) -> bool {
        let key = self.expose();
        let end_of_sentence = word.trim_end_matches('.');
        if word == key || end_of_sentence == key {
            return true;
        }
        let head = common(word.bytes(), key.bytes());
        let tail = common(word.bytes().rev(), key.bytes().rev());
        let shortened = ["**", "..", "…", "xxx", "XXX"].iter().any(|mark| end_of_sentence.contains(mark));
        let is_long = key.len() >= SHORTEST_HIDDEN;
        is_long && (head >= COMMON || tail >= COMMON || (shortened && (head >= 2 || tail >= 2)))
    }
}

fn common(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Letters that keys, and shortened keys in messages, consist of.
fn is_key_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '…' | '+' | '/' | '=')
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-canary-5f3a9b72c1d84e60";

    fn key() -> Secret {
        Secret::new(KEY.to_owned()).expect("a key")
    }

    #[test]
    fn nothing_that_formats_shows_it() {
        let key = key();
        for text in
            [format!("{key}"), format!("{key:?}"), format!("{:#?}", Some(&key)), format!("{:?}", key.with_prefix("Bearer "))]
        {
            assert!(!text.contains("canary"), "{text}");
        }
        assert_eq!(key.expose(), KEY);
        assert_eq!(key.with_prefix("Bearer ").expose(), format!("Bearer {KEY}"));
    }

    #[test]
    fn a_file_holds_one_line() {
        assert_eq!(Secret::from_file(format!(" {KEY}\r\n").into_bytes()), Ok(key()));
        assert_eq!(Secret::from_file(b" \n".to_vec()), Err(SecretProblem::Empty));
        for bytes in [&b"two lines\nhere"[..], b"null\0byte", b"caf\xc3\xa9", b"\xff\xfe", b"a\nb"] {
            assert_eq!(Secret::from_file(bytes.to_vec()), Err(SecretProblem::Character), "{bytes:?}");
        }
        assert_eq!(Secret::from_file(vec![b'x'; LONGEST + 1]), Err(SecretProblem::TooLong));
    }

    #[test]
    fn the_key_and_its_parts_leave_a_text() {
        for text in [
            format!("Incorrect API key provided: {KEY}."),
            "Incorrect API key provided: sk-canar**************4e60. See https://example.com/keys".to_owned(),
            "invalid key sk-c...4e60".to_owned(),
            format!("{{\"auth\":\"Bearer {KEY}\",\"again\":\"{KEY}\"}}"),
            "key ends in ****4e60".to_owned(),
            format!("x{KEY}y"),
            "cut: sk-canary-5f3a9b".to_owned(),
        ] {
            let clean = key().scrub(&text);
            assert!(!clean.contains("sk-c") && !clean.contains("4e60") && clean.contains(HIDDEN), "{clean}");
        }
    }

    #[test]
    fn a_text_repeats_the_key_or_does_not() {
        assert!(key().is_repeated_in(&format!("SELECT '{KEY}'")));
        assert!(!key().is_repeated_in("SELECT 'sk-canary-'"));
        assert!(!Secret::new("none".to_owned()).expect("a key").is_repeated_in("none of it"));
    }

    #[test]
    fn other_words_stay() {
        let text = "The model `gpt-x` does not exist... 429, see https://example.com/a-b_c?d=e — «ключ» **bold**";
        assert_eq!(key().scrub(text), text);
        let short = Secret::new("x".to_owned()).expect("a key");
        assert_eq!(short.scrub("x marks the text, six times."), format!("{HIDDEN} marks the text, six times."));
    }
}
