//! Values that are no plain words, as they are typed: "65%", "7-10", "Matt Barnes (11)", "October 6, 1988", "10 – 6". Columns of text
//! hold them letter by letter, so they are looked up that way.
//!
//! Knows the text and what statistics say of the columns; looks nothing up itself.

use std::ops::{Deref, Range};

use crate::lexicon;
use crate::link::values::known_values;
use crate::prepared::{ColumnId, Prepared};
use crate::question::{DateMention, Question};

/// Bytes between parentheses that may belong to a value.
const LONGEST_INSIDE: usize = 40;

/// Words in front of parentheses that may belong to the same value.
const MOST_BEFORE: usize = 3;

/// A stretch of the question that may be a value, and how it is spelled there, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub tokens: Range<usize>,
    pub text: String,
}

/// What stands between two blanks, by bytes, the marks of the sentence left out.
struct Piece<'q> {
    text: &'q str,
    start: usize,
}

impl Piece<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The stretches that are worth a look into `columns`, which are gathered only if they are asked for.
pub fn stretches(question: &Question, prepared: &Prepared, columns: &impl Deref<Target = Vec<ColumnId>>) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut add = |bytes: Range<usize>| {
        let Some(tokens) = tokens_of(question, &bytes) else { return };
        let Some(text) = question.text.get(bytes) else { return };
        for text in spellings(&text.to_lowercase()) {
            let stretch = Stretch { tokens: tokens.clone(), text };
            if !found.contains(&stretch) {
                found.push(stretch);
            }
        }
    };
    let pieces = pieces(&question.text);
    for (at, piece) in pieces.iter().enumerate() {
        if has_figures_and_signs(piece.text) && may_be_held(piece.text, prepared, columns) && !is_date(question, piece) {
            add(piece.start..piece.end());
        }
        if let [first, dash, second, ..] = &pieces[at..]
            && is_number(first.text)
            && matches!(dash.text, "-" | "–" | "—")
            && is_number(second.text)
        {
            add(first.start..second.end());
        }
    }
    for inside in parentheses(&question.text) {
        let before = pieces.iter().rev().filter(|piece| piece.end() <= inside.start).take(MOST_BEFORE);
        before.for_each(|piece| add(piece.start..inside.end));
    }
    if !question.dates.is_empty() && !has_calendar(prepared) {
        question.dates.iter().filter_map(|date| in_words(question, date)).for_each(&mut add);
    }
    found
}

/// The stretch as typed, and with the other kind of dash.
fn spellings(text: &str) -> Vec<String> {
    let plain = text.replace(['–', '—'], "-");
    let long = text.replace('-', "–");
    let mut all = vec![text.to_owned()];
    all.extend([plain, long].into_iter().filter(|other| other != text));
    all
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let begins = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
    let trimmed = text.split_whitespace().map(|piece| {
        let piece = piece.trim_end_matches(['?', '.', ',', ';', ':', '!', '\'', '"']).trim_start_matches(['\'', '"']);
        let (opens, closes) = (piece.matches('(').count(), piece.matches(')').count());
        let around = piece.starts_with('(') && piece.ends_with(')') && opens == 1;
        let piece = if around || closes > opens { piece.trim_end_matches(')') } else { piece };
        if around || opens > closes { piece.trim_start_matches('(') } else { piece }
    });
    trimmed.filter(|piece| !piece.is_empty()).map(|piece| Piece { text: piece, start: begins(piece) }).collect()
}

/// Pairs of parentheses by bytes, both included, that have something in front and hold little.
fn parentheses(text: &str) -> Vec<Range<usize>> {
    let opened = text.match_indices('(').map(|(start, _)| start).filter(|start| *start > 0);
    let closed = opened.filter_map(|start| text[start..].find(')').map(|length| start..start + length + 1));
    closed.filter(|inside| (3..=LONGEST_INSIDE).contains(&inside.len())).collect()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits beside a sign that is neither a decimal point nor a comma between thousands.
fn has_figures_and_signs(text: &str) -> bool {
    let sign = |letter: char| !letter.is_alphanumeric() && !matches!(letter, ',' | '.' | '\'' | '’' | '_');
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().any(sign)
}

/// Shares and amounts of money are said of numbers all the time: they are looked for only where some column is known to hold their sign,
/// or nothing is known of a column.
fn may_be_held(text: &str, prepared: &Prepared, columns: &impl Deref<Target = Vec<ColumnId>>) -> bool {
    let Some(sign) = text.chars().find(|letter| matches!(letter, '%' | '$' | '€' | '£' | '¥')) else { return true };
    columns.iter().any(|id| {
        let mut known = known_values(prepared.column(*id)).peekable();
        known.peek().is_none() || known.any(|value| value.contains(sign))
    })
}

/// A day or a time in digits: `2024-05-01`, `10:30`.
fn is_date(question: &Question, piece: &Piece) -> bool {
    let tokens = tokens_of(question, &(piece.start..piece.end()));
    tokens.is_some_and(|tokens| {
        question.dates.iter().any(|date| date.tokens.start <= tokens.start && tokens.end <= date.tokens.end)
    })
}

/// Some column holds days or times as such, so that texts need not.
fn has_calendar(prepared: &Prepared) -> bool {
    let mut columns = prepared.schema().relations.iter().flat_map(|relation| &relation.columns);
    columns.any(|column| column.kind.is_calendar())
}

/// A day as it is spoken, "on" and "in" in front of it left out.
fn in_words(question: &Question, date: &DateMention) -> Option<Range<usize>> {
    let begins = date.tokens.clone().find(|at| lexicon::stop_word(&question.tokens[*at].lower).is_none())?;
    let (first, last) = (question.tokens.get(begins)?, question.tokens.get(date.tokens.end.checked_sub(1)?)?);
    (begins + 1 < date.tokens.end).then_some(first.span.start..last.span.end)
}

/// The tokens that lie in a stretch of bytes; none where one is cut.
fn tokens_of(question: &Question, bytes: &Range<usize>) -> Option<Range<usize>> {
    let inside = |at: &usize| {
        let span = &question.tokens[*at].span;
        bytes.start <= span.start && span.end <= bytes.end
    };
    let first = (0..question.tokens.len()).find(inside)?;
    let count = (first..question.tokens.len()).take_while(inside).count();
    Some(first..first + count)
}

#[cfg(test)]
mod tests {
    use nl_query_core::schema::{ColumnStats, TypeKind};

    use super::*;
    use crate::fixtures;
    use crate::ir::Day;
    use crate::question;

    const TODAY: Day = Day { year: 2026, month: 11, day: 30 };

    /// What would be looked for in the customers' names, where the names that are known are these.
    fn found(text: &str, known: &[&str], calendar: bool) -> Vec<String> {
        let mut schema = fixtures::shop();
        let common_values = known.iter().map(|value| (*value).to_owned()).collect();
        schema.relations[0].columns[1].stats = Some(ColumnStats { common_values, ..ColumnStats::default() });
        if !calendar {
            for column in schema.relations.iter_mut().flat_map(|relation| &mut relation.columns) {
                column.kind = if column.kind.is_calendar() { TypeKind::Text } else { column.kind };
            }
        }
        let question = question::read(text, TODAY);
        let found = stretches(&question, &Prepared::new(schema), &Box::new(vec![(0, 1)]));
        found.into_iter().map(|stretch| stretch.text).collect()
    }

    #[test]
    fn figures_with_signs_are_looked_for_as_they_are_typed() {
        for (text, expected) in [
            ("who won 97-38?", &["97-38", "97–38"][..]),
            ("a price of 11/1, and more", &["11/1"]),
            ("a score of 10 - 6", &["10 - 6", "10 – 6"]),
            ("rebounds by Matt Barnes (11)?", &["barnes (11)", "matt barnes (11)", "by matt barnes (11)"]),
            ("more than 44,611 or 3.5 in 2024-05-01", &[]),
            ("orders (all of them) (5) from (", &["orders (all of them)", "them) (5)", "of them) (5)", "all of them) (5)"]),
        ] {
            assert_eq!(found(text, &["x"], true), expected, "{text}");
        }
    }

    #[test]
    fn shares_and_amounts_are_looked_for_where_columns_may_hold_them() {
        assert_eq!(found("those with 65%", &["30%"], true), ["65%"]);
        assert_eq!(found("those with 65%", &["thirty"], true), [""; 0]);
        assert_eq!(found("those with 65%", &[], true), ["65%"]);
    }

    #[test]
    fn days_in_words_are_looked_for_where_no_column_holds_days() {
        assert_eq!(found("released on October 6, 1988", &["x"], false), ["october 6, 1988"]);
        assert_eq!(found("released on October 6, 1988", &["x"], true), [""; 0]);
    }
}
