//! Text cut into tokens: words, numbers and the symbols that carry meaning, with quoted stretches marked.
//!
//! One pass over the text that stops at the cap of tokens. Nothing is looked up but word forms; a date in digits
//! (`2007-05-24`, `24.05.2007`, `10:30`) stays one token for `dates` to read, and two numbers with a dash between them are two tokens.

use std::ops::Range;

use super::{MAX_TOKENS, Quoted, Token, TokenKind, contractions};
use crate::lexicon::{morphology::stem, units};

/// A word stops here: nothing longer names anything, and everything after it works letter by letter.
const LONGEST_WORD: usize = 160;
/// How many bytes of a text are looked at: ten times what so many tokens of usual length take.
const LONGEST_TEXT: usize = 32 * 1024;
/// How far a closing quote is looked for, in bytes: the search runs once for each opening quote.
const LONGEST_QUOTE: usize = 400;
/// A prefix that is one word with what follows its hyphen: e-mail, co-workers, re-order.
const JOINED_PREFIXES: [&str; 8] = ["e", "co", "re", "un", "non", "pre", "sub", "multi"];

/// The tokens of a text, its quoted stretches, and whether the text went on after the last token.
pub(super) fn tokenise(text: &str) -> (Vec<Token>, Vec<Quoted>, bool) {
    let whole = text;
    let text = &text[..text.floor_char_boundary(LONGEST_TEXT)];
    let mut scanner = Scanner { text, at: 0, tokens: Vec::new(), quoted: Vec::new(), open: None, after_break: false };
    while scanner.at < text.len() && scanner.tokens.len() < MAX_TOKENS {
        scanner.step();
    }
    scanner.close_quote();
    let truncated = whole[scanner.at..].chars().any(char::is_alphanumeric);
    (scanner.tokens, scanner.quoted, truncated)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    quoted: Vec<Quoted>,
    /// The quoted stretch that the scanner is in: the bytes of its content and its first token.
    open: Option<(Range<usize>, usize)>,
    after_break: bool,
}

/// Marks of writing direction, joiners and soft hyphens: they are between the letters of a word, but no letters.
fn invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ' | '‘' | '´' | '`' | '＇')
}

fn word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || matches!(letter, '\u{300}'..='\u{36f}') || invisible(letter)
}

fn dash(letter: char) -> bool {
    matches!(letter, '-' | '‐' | '‑' | '–' | '—' | '−')
}

/// The mark that closes a quote which `letter` opens.
fn closing_mark(letter: char) -> Option<&'static [char]> {
    Some(match letter {
        '\'' => &['\''],
        '"' => &['"'],
        '“' | '„' => &['”', '“'],
        '‘' | '‚' => &['’', '‘'],
        '«' => &['»'],
        '»' => &['«'],
        '`' => &['`'],
        _ => return None,
    })
}

impl Scanner<'_> {
    fn peek(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at).and_then(|start| start.chars().next_back())
    }

    fn step(&mut self) {
        if self.open.as_ref().is_some_and(|(content, _)| self.at >= content.end) {
            self.close_quote();
            let closing = self.peek(self.at).map_or(0, char::len_utf8);
            self.at += closing;
            return;
        }
        let Some(letter) = self.peek(self.at) else {
            self.at = self.text.len();
            return;
        };
        if self.opens_quote(letter) || self.number() {
            return;
        }
        if letter.is_alphanumeric() || letter == '_' {
            self.word();
        } else {
            self.symbol(letter);
        }
    }

    fn push(&mut self, span: Range<usize>, lower: String, kind: TokenKind) {
        let text = self.text[span.clone()].to_string();
        let stem = if kind == TokenKind::Word { stem(&lower) } else { lower.clone() };
        let after_break = std::mem::take(&mut self.after_break) && !self.tokens.is_empty();
        self.tokens.push(Token { span, text, lower, stem, kind, after_break });
    }

    /// A quote opens where no word or number stands before the mark and the closing mark stands before no word.
    fn opens_quote(&mut self, letter: char) -> bool {
        let Some(closing) = closing_mark(letter) else { return false };
        if self.open.is_some() || self.before(self.at).is_some_and(char::is_alphanumeric) {
            return false;
        }
        let start = self.at + letter.len_utf8();
        if self.peek(start) == Some(letter) {
            return false;
        }
        let content = &self.text[start..];
        let mut previous = None;
        for (offset, mark) in content.char_indices() {
            if offset > LONGEST_QUOTE {
                return false;
            }
            let next = self.peek(start + offset + mark.len_utf8());
            let inside =
                next.is_some_and(char::is_alphanumeric) || (mark == '\'' && (next == Some('\'') || previous == Some('\'')));
            if closing.contains(&mark) && !(apostrophe(mark) && inside) {
                if content[..offset].trim().is_empty() {
                    return false;
                }
                self.open = Some((start..start + offset, self.tokens.len()));
                self.at = start;
                return true;
            }
            previous = Some(mark);
        }
        false
    }

    fn close_quote(&mut self) {
        if let Some((span, first)) = self.open.take() {
            let end = span.end.min(self.at.max(span.start));
            let content = self.text[span.start..end].replace("''", "'").trim().to_string();
            if self.tokens.len() > first {
                self.quoted.push(Quoted { tokens: first..self.tokens.len(), span: span.start..end, content });
            }
        }
    }

    /// The end of the text that may be read now: a token never crosses the end of a quote.
    fn end(&self) -> usize {
        self.open.as_ref().map_or(self.text.len(), |(content, _)| content.end)
    }

    /// The end of the run of letters that `keep` accepts.
    fn run(&self, from: usize, keep: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[from..self.end().max(from)];
        rest.char_indices()
            .find(|(offset, letter)| *offset > LONGEST_WORD || !keep(*letter))
            .map_or(from + rest.len(), |(offset, _)| from + offset)
    }

    fn symbol(&mut self, letter: char) {
        let start = self.at;
        let next = self.peek(start + letter.len_utf8());
        let (symbol, second) = match (letter, next) {
            ('>', Some('=')) | ('<', Some('=' | '>')) | ('!', Some('=')) | ('=', Some('=')) => {
                (self.text[start..start + 2].replace("==", "="), true)
            }
            ('≥', _) => (">=".to_string(), false),
            ('≤', _) => ("<=".to_string(), false),
            ('≠', _) => ("!=".to_string(), false),
            ('>' | '<' | '=' | '%' | '$' | '€' | '£' | '¥' | '₹' | '&' | '+' | '/', _) => (letter.to_string(), false),
            _ => {
                let between_blanks = |mark: char| dash(mark) && !self.before(start).is_some_and(char::is_alphanumeric);
                if matches!(letter, ',' | ';' | '.' | '?' | '!' | '(' | ')' | ':' | '[' | ']' | '…' | '—')
                    || between_blanks(letter)
                {
                    self.after_break = true;
                }
                self.at += letter.len_utf8();
                return;
            }
        };
        self.at += letter.len_utf8() + usize::from(second);
        self.push(start..self.at, symbol, TokenKind::Symbol);
    }

    /// A number, a date or a time in digits; false where none begins here.
    fn number(&mut self) -> bool {
        let start = self.at;
        let digit_at = |at: usize| self.peek(at).is_some_and(|letter| letter.is_ascii_digit());
        let stands_free = !self.before(start).is_some_and(word_letter);
        let signed = stands_free
            && matches!(self.peek(start), Some('-' | '.'))
            && digit_at(start + 1)
            && !self.before(start).is_some_and(|l| ".,-".contains(l));
        if !digit_at(start) && !signed {
            return false;
        }
        if let Some(end) = self.dotted(start) {
            self.at = end;
            self.push(start..end, self.text[start..end].to_string(), TokenKind::Word);
            return true;
        }
        let (end, suffix_end) = (self.digits_end(start), self.run(self.digits_end(start), word_letter));
        let suffix = self.text[end..suffix_end].to_lowercase();
        let digits = &self.text[start..end];
        let end = match suffix.as_str() {
            "" => end,
            "k" | "m" | "b" | "bn" | "mn" | "mio" => suffix_end,
            "st" | "nd" | "rd" | "th" => suffix_end,
            "s" if digits.len() == 4 || (digits.len() == 2 && digits.ends_with('0')) => suffix_end,
            _ if units::unit(&suffix).is_some() || matches!(suffix.as_str(), "am" | "pm" | "usd" | "eur" | "gbp") => end,
            // A timestamp: `2007-05-24T10:30:00Z`.
            _ if suffix.starts_with('t') && digits.len() == 10 && digits.contains('-') => {
                self.run(end, |l| word_letter(l) || ":.".contains(l))
            }
            _ if signed => end,
            _ => return false,
        };
        self.at = end;
        let end = start + self.text[start..end].trim_end_matches([':', '.']).len();
        self.push(start..end, self.text[start..end].to_lowercase(), TokenKind::Number);
        true
    }

    /// Where the number, date or time that begins at `start` ends: over separators that have digits on both sides, as long as all of it
    /// reads as one thing.
    fn digits_end(&self, start: usize) -> usize {
        let sign = usize::from(matches!(self.peek(start), Some('-' | '.')));
        let whole = self.run(start + sign, |letter| letter.is_ascii_digit() || ".,:/-".contains(letter));
        let run = self.text[start + sign..whole].trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let longest = start + sign + run.len();
        if sign == 0 && (super::dates::written::looks_like_date(run) || super::dates::written::looks_like_time(run)) {
            return longest;
        }
        start + sign + number_length(run)
    }

    /// A version or an address, `1.2.3`: no number, but one thing.
    fn dotted(&self, start: usize) -> Option<usize> {
        let end = self.run(start, |letter| letter.is_ascii_digit() || letter == '.');
        let text = self.text[start..end].trim_end_matches('.');
        let parts = text.split('.');
        let dotted = parts.clone().count() > 2
            && parts.clone().all(|part| !part.is_empty())
            && !super::dates::written::looks_like_date(text);
        dotted.then_some(start + text.len())
    }

    fn word(&mut self) {
        let start = self.at;
        let mut end = self.run(start, word_letter);
        if self.peek(end) == Some('@') && self.peek(end + 1).is_some_and(char::is_alphanumeric) {
            end = self.run(start, |letter| word_letter(letter) || "@.-+".contains(letter));
            end = start + self.text[start..end].trim_end_matches(['.', '-', '+']).len();
            return self.finish_word(start, end);
        }
        if let Some(end) = self.acronym(start, end) {
            let lower = self.text[start..end].replace('.', "").to_lowercase();
            self.at = end;
            return self.push(start..end, lower, TokenKind::Word);
        }
        // Apostrophes inside: artist's, O'Brien, don't.
        while self.peek(end).is_some_and(apostrophe) && end < self.end() && end - start < LONGEST_WORD {
            let mark = self.peek(end).map_or(0, char::len_utf8);
            if !self.peek(end + mark).is_some_and(char::is_alphanumeric) || end + mark >= self.end() {
                break;
            }
            end = self.run(end + mark, word_letter);
        }
        let joined = JOINED_PREFIXES.contains(&self.text[start..end].to_lowercase().as_str());
        let hyphen = self.peek(end).filter(|letter| matches!(letter, '-' | '‐' | '‑')).map_or(0, char::len_utf8);
        if joined && hyphen > 0 && end < self.end() && self.peek(end + hyphen).is_some_and(char::is_alphabetic) {
            end = self.run(end + hyphen, word_letter);
        }
        // C#, C++
        let one_letter = self.text[start..end].chars().count() == 1;
        if one_letter && self.text[end..self.end()].starts_with("++") {
            end += 2;
        } else if one_letter && self.text[end..self.end()].starts_with('#') {
            end += 1;
        }
        self.finish_word(start, end);
    }

    /// `U.S.A.`: single letters with full stops between them.
    fn acronym(&self, start: usize, end: usize) -> Option<usize> {
        let mut at = end;
        let mut letters = 1;
        if self.text[start..end].chars().count() != 1 {
            return None;
        }
        while at < self.end() && self.peek(at) == Some('.') && self.peek(at + 1).is_some_and(char::is_alphabetic) && letters < 8 {
            let next = self.run(at + 1, word_letter);
            if self.text[at + 1..next].chars().count() != 1 {
                break;
            }
            at = next;
            letters += 1;
        }
        let closed = if self.peek(at) == Some('.') && at < self.end() { at + 1 } else { at };
        (letters > 1).then_some(closed)
    }

    fn finish_word(&mut self, start: usize, end: usize) {
        self.at = end.max(start + 1);
        let plain: String = self.text[start..end]
            .chars()
            .filter(|letter| !invisible(*letter) && !matches!(letter, '‐' | '‑'))
            .map(|letter| if apostrophe(letter) { '\'' } else { letter })
            .flat_map(char::to_lowercase)
            .collect();
        if plain.is_empty() {
            return;
        }
        if let Some((first, second, letters)) = contractions::split(&plain) {
            let middle = start + self.text[start..end].char_indices().nth(letters).map_or(end - start, |(at, _)| at);
            self.push(start..middle, first.to_string(), TokenKind::Word);
            if self.tokens.len() < MAX_TOKENS {
                self.push(middle..end, second.to_string(), TokenKind::Word);
            }
            return;
        }
        let lower = match plain.strip_suffix("'s") {
            Some(owner) if !owner.is_empty() => owner.to_string(),
            _ => plain,
        };
        let hyphenated = lower.contains('-') && !lower.contains('@');
        let lower = if hyphenated { lower.replace('-', "") } else { lower };
        self.push(start..end, lower, TokenKind::Word);
    }
}

/// How many bytes at the beginning of `run` are one number: thousands separators must stand before three digits, and one full stop
/// may begin the decimals.
fn number_length(run: &str) -> usize {
    let digits = |from: usize| run[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if end <= 3 {
        while run[end..].starts_with(',') && digits(end + 1) == 3 {
            end += 4;
        }
    }
    if run[end..].starts_with('.') && digits(end + 1) > 0 {
        let decimals_end = end + 1 + digits(end + 1);
        // `1.2.3` is a version, not a number: its first part is cut off there, as text it is whole.
        end = if run[decimals_end..].starts_with('.') { end } else { decimals_end };
    }
    end
}
