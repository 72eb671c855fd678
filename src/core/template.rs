//! A question cut into a template and typed slots: the key under which an answer is remembered.
//!
//! `top 5 customers` and `top 10 customers` share a template and differ in a slot. Everything that is no slot stays byte for byte:
//! a negation, a swapped name or another letter case is another template. Cutting loses nothing: [`Template::question`] puts the slots
//! back, so two questions with equal template and equal slots are one question. Whether an answer may serve other slot values the
//! engine says, not this file; a number that is cut out here is not thereby one that may change.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Stands before the letter of a slot's kind in the template. A normalised question has no control characters.
const MARK: char = '\u{1}';
/// Digits of a slot: more do not fit an `i64` for certain.
const MOST_DIGITS: usize = 18;
/// A longer stretch between quotes is two quotes that do not belong together.
const LONGEST_QUOTE: usize = 400;
/// What ends a sentence and means nothing at the end of a question.
const ENDINGS: [char; 3] = ['?', '!', '.'];

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Digits without sign, separators and leading zeros.
    Integer,
    /// Digits on both sides of a point.
    Decimal,
    /// A day as ISO 8601 writes it.
    Date,
    /// What stands between quotes, without them.
    Text,
}

/// A value that was cut out of a question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slot {
    pub kind: SlotKind,
    /// As typed.
    pub text: String,
    /// Bytes of [`Template::question`].
    pub span: Range<usize>,
}

/// A question without the values in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Template {
    /// The question with a mark that no question can hold in the place of each slot.
    pub text: String,
    pub slots: Vec<Slot>,
}

impl SlotKind {
    fn letter(self) -> char {
        match self {
            SlotKind::Integer => 'i',
            SlotKind::Decimal => 'd',
            SlotKind::Date => 'D',
            SlotKind::Text => 't',
        }
    }
}

impl Slot {
    /// The value of an integer slot.
    pub fn integer(&self) -> Option<i64> {
        if self.kind == SlotKind::Integer { self.text.parse().ok() } else { None }
    }
}

impl Template {
    /// Cuts a normalised question ([`crate::question::normalise`]), tidied: see [`tidy`].
    pub fn cut(question: &str) -> Template {
        let question = tidy(question);
        let mut slots: Vec<Slot> = Vec::new();
        let mut at = 0;
        while let Some(letter) = question[at..].chars().next() {
            match slot_at(&question, at) {
                // A text with the mark in it is no normalised question; it stays whole, so that nothing can be mistaken for its slots.
                _ if letter == MARK => return Template { text: question, slots: Vec::new() },
                Some((kind, span, end)) => {
                    slots.push(Slot { kind, text: question[span.clone()].to_owned(), span });
                    at = end;
                }
                None => at += letter.len_utf8(),
            }
        }
        let mut text = String::with_capacity(question.len());
        let mut from = 0;
        for slot in &slots {
            text.push_str(&question[from..slot.span.start]);
            text.extend([MARK, slot.kind.letter()]);
            from = slot.span.end;
        }
        text.push_str(&question[from..]);
        Template { text, slots }
    }

    /// The question that template and slots stand for. Ask the engine this one: then equal keys are equal questions.
    pub fn question(&self) -> String {
        fill(&self.text, &self.slots).unwrap_or_else(|| self.text.clone())
    }
}

/// The text of a template with slots put in; none where their number or kinds are not those of the template.
pub fn fill(template: &str, slots: &[Slot]) -> Option<String> {
    if slots.is_empty() {
        // No slot may be filled, and a text that was kept whole comes back whole.
        return Some(template.to_owned());
    }
    let mut pieces = template.split(MARK);
    let mut text = pieces.next()?.to_owned();
    let mut left = slots.iter();
    for piece in pieces {
        let slot = left.next()?;
        text.push_str(&slot.text);
        text.push_str(piece.strip_prefix(slot.kind.letter())?);
    }
    left.next().is_none().then_some(text)
}

/// A question as it is remembered: in one without any quotes, runs of blanks are one blank, and marks that only end the last sentence
/// are left out. Quoted values must reach the data as they were typed.
pub fn tidy(question: &str) -> String {
    if question.contains(is_quote) {
        return question.to_owned();
    }
    let mut text = String::with_capacity(question.len());
    for letter in question.chars() {
        if letter != ' ' || !(text.is_empty() || text.ends_with(' ')) {
            text.push(letter);
        }
    }
    let end = text.trim_end_matches(|letter| letter == ' ' || ENDINGS.contains(&letter)).len();
    // The point of `U.S.` or `5 p.m.` belongs to the word, and a mark behind a sign may belong to the sign.
    let mut before = text[..end].chars().rev().take_while(|letter| letter.is_alphanumeric());
    let whole =
        before.next().is_some_and(|last| !text[end..].starts_with('.') || last.is_ascii_digit() || before.next().is_some());
    if whole {
        text.truncate(end);
    }
    text
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`' | '´' | '‘' | '’' | '‚' | 'ʼ' | '＇' | '“' | '”' | '„' | '«' | '»')
}

/// The slot that begins at a byte: its kind, the bytes of its value, and where to go on.
fn slot_at(question: &str, at: usize) -> Option<(SlotKind, Range<usize>, usize)> {
    let before = question[..at].chars().next_back();
    if !before.is_none_or(|letter| letter == ' ' || letter == '(') {
        return None;
    }
    let rest = &question[at..];
    if let Some(inner) = quoted(rest) {
        let span = at + inner.start..at + inner.end;
        let end = span.end + question[span.end..].chars().next().map_or(0, char::len_utf8);
        return Some((SlotKind::Text, span, end));
    }
    let length = rest.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-')).unwrap_or(rest.len());
    let number = rest[..length].trim_end_matches('.');
    let kind = kind_of(number)?;
    ends_here(&rest[number.len()..]).then(|| (kind, at..at + number.len(), at + number.len()))
}

/// A number or a day that stands alone; `1.2.3`, `2024-03`, `007` are something else.
fn kind_of(number: &str) -> Option<SlotKind> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = |text: &str| digits(text) && text.len() <= MOST_DIGITS && (text == "0" || !text.starts_with('0'));
    if whole(number) {
        return Some(SlotKind::Integer);
    }
    if let Some((left, right)) = number.split_once('.') {
        return (whole(left) && digits(right) && number.len() <= MOST_DIGITS).then_some(SlotKind::Decimal);
    }
    let mut parts = number.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let in_calendar = |part: &str, most: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|value| (1..=most).contains(&value));
    let is_day = digits(year) && year.len() == 4 && in_calendar(month, 12) && in_calendar(day, 31) && parts.next().is_none();
    is_day.then_some(SlotKind::Date)
}

/// A blank, the end, or a mark with one of them behind it: no sign, unit or letter is glued to what stands before.
fn ends_here(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['?', '!', '.', ',', ';', ')']);
    rest.is_empty() || rest.starts_with(' ')
}

/// The bytes between the quotes that a text begins with.
fn quoted(text: &str) -> Option<Range<usize>> {
    let opening = text.chars().next()?;
    let closing = match opening {
        '"' | '\'' | '`' => opening,
        '“' => '”',
        '‘' => '’',
        '«' => '»',
        _ => return None,
    };
    let start = opening.len_utf8();
    let close = |(offset, letter): &(usize, char)| *letter == closing && ends_here(&text[start + offset + letter.len_utf8()..]);
    let (length, _) = text[start..].char_indices().take_while(|(offset, _)| *offset <= LONGEST_QUOTE).find(close)?;
    let inner = &text[start..start + length];
    (!inner.trim().is_empty() && !inner.contains(opening) && !inner.contains(closing)).then_some(start..start + length)
}

#[cfg(test)]
mod tests;
