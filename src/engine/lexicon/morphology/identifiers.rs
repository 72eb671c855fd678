//! Names of tables and columns taken apart into words.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::lexicon::table;

/// What a name may begin or end with that says only that it is a table or a view.
const WRAPPING: [&str; 10] = ["tbl", "tb", "vw", "mv", "dim", "fact", "fct", "stg", "lkp", "lu"];

/// Longer pieces are not searched for words: no identifier of PostgreSQL is longer.
const LONGEST_PIECE: usize = 64;

/// The words of an identifier, lower case: `orderDate`, `order_date`, `ORDERS2018` (`orders`, `2018`), `tblCustomer` (`customer`),
/// `orderdetails` (`order`, `details`). Abbreviations stay as they are: see [`crate::lexicon::abbreviation`].
pub fn words_of_identifier(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in name.split(|letter: char| !letter.is_alphanumeric()).filter(|piece| !piece.is_empty()) {
        for part in parts_by_case(piece) {
            split_run(&part.to_lowercase(), &mut words);
        }
    }
    mend_single_letters(&mut words);
    unwrap(&mut words);
    words
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Upper,
    Lower,
    Digit,
}

fn kind(letter: char) -> Kind {
    if letter.is_numeric() {
        Kind::Digit
    } else if letter.is_uppercase() {
        Kind::Upper
    } else {
        Kind::Lower
    }
}

/// `XMLFileName2` into `XML`, `File`, `Name`, `2`.
fn parts_by_case(piece: &str) -> Vec<&str> {
    let letters: Vec<(usize, Kind)> = piece.char_indices().map(|(at, letter)| (at, kind(letter))).collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 1..letters.len() {
        let (here, before) = (letters[at].1, letters[at - 1].1);
        let next = letters.get(at + 1).map(|letter| letter.1);
        // In `IDs` and `URLs` the last letter is a plural's, not a word's.
        let plural_ending = next == Some(Kind::Lower) && at + 2 == letters.len() && piece.ends_with('s');
        let breaks = match (before, here) {
            (Kind::Lower, Kind::Upper) => true,
            (Kind::Upper, Kind::Upper) => next == Some(Kind::Lower) && !plural_ending,
            (Kind::Digit, Kind::Digit) => false,
            // `1st`, `24h`, `3d` stay; `2018orders` does not.
            (Kind::Digit, _) => letters.len() - at > 2,
            // `q1`, `v2`, `h1` stay.
            (_, Kind::Digit) => at - start > 1,
            _ => false,
        };
        if breaks {
            parts.push(&piece[letters[start].0..letters[at].0]);
            start = at;
        }
    }
    parts.extend(letters.get(start).map(|letter| &piece[letter.0..]));
    parts
}

#[derive(Default)]
struct Vocabulary {
    words: HashSet<&'static str>,
    short: HashSet<&'static str>,
    lead: HashSet<&'static str>,
    inner: HashSet<&'static str>,
}

fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    VOCABULARY.get_or_init(|| {
        let mut vocabulary = Vocabulary::default();
        for row in table::rows(include_str!("../data/identifier_words.tsv")) {
            let set = match row[0] {
                "short" => &mut vocabulary.short,
                "lead" => &mut vocabulary.lead,
                "inner" => &mut vocabulary.inner,
                _ => &mut vocabulary.words,
            };
            set.extend(table::list(table::field(&row, 1)));
        }
        vocabulary
    })
}

impl Vocabulary {
    fn word(&self, word: &str) -> bool {
        word.len() > 2 && (self.words.contains(word) || self.words.contains(super::singular(word).as_str()))
    }

    /// Whether `word` may stand as this part of a name.
    fn allows(&self, word: &str, first: bool, last: bool) -> bool {
        let small = match (first, last) {
            (true, _) => self.lead.contains(word),
            (_, true) => self.short.contains(word),
            _ => self.inner.contains(word),
        };
        small || self.word(word)
    }
}

/// Splits a piece without breaks into known words that cover all of it, the longest words first; else keeps it whole.
fn split_run(piece: &str, into: &mut Vec<String>) {
    let vocabulary = vocabulary();
    let too_short = piece.len() < 5 || piece.len() > LONGEST_PIECE;
    if too_short || !piece.bytes().all(|byte| byte.is_ascii_lowercase()) || vocabulary.word(piece) {
        into.push(piece.to_string());
        return;
    }
    // best[end]: the greatest sum of squared word lengths that covers the piece up to `end`, and where its last word begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; piece.len() + 1];
    best[0] = Some((0, 0));
    for end in 2..=piece.len() {
        for start in 0..end - 1 {
            let Some((score, _)) = best[start] else { continue };
            let word = &piece[start..end];
            if vocabulary.allows(word, start == 0, end == piece.len()) {
                let score = score + word.len() * word.len();
                if best[end].is_none_or(|(other, _)| score > other) {
                    best[end] = Some((score, start));
                }
            }
        }
    }
    let first = into.len();
    let mut end = piece.len();
    while let Some((_, start)) = best[end].filter(|_| end > 0) {
        into.insert(first, piece[start..end].to_string());
        end = start;
    }
    if end > 0 {
        into.truncate(first);
        into.push(piece.to_string());
    }
}

/// `eMail` is one word, not two.
fn mend_single_letters(words: &mut Vec<String>) {
    let mut at = 0;
    while at + 1 < words.len() {
        if words[at] == "e" && words[at + 1] == "mail" {
            words.splice(at..at + 2, ["email".to_string()]);
        }
        at += 1;
    }
}

/// Takes off `tbl`, `dim`, a single letter before a name and the like, as long as something stays.
fn unwrap(words: &mut Vec<String>) {
    let wrapping = |word: &String| WRAPPING.contains(&word.as_str());
    if words.len() > 1 && words.first().is_some_and(|word| wrapping(word) || ["t", "v"].contains(&word.as_str())) {
        words.remove(0);
    }
    if words.len() > 1 && words.last().is_some_and(|word| ["tbl", "tb", "vw", "mv"].contains(&word.as_str())) {
        words.pop();
    }
}
