//! Step 1 and what of step 3 is about form: one SELECT, bounded, without anything that locks, writes or hides.

use std::ffi::CString;

use super::{Reason, Refusal};
use crate::pg::parse::RawStatements;
use crate::pg::walk::Facts;

/// A statement that answers a question is some kB; this leaves room for long IN lists and keeps the parser's work bounded.
const MAX_BYTES: usize = 256 * 1024;

/// PostgreSQL's own stack check ends deeper nesting with an error, but only after the work of parsing it; people stop at 20.
const MAX_NESTING: usize = 256;

/// Relations, subqueries, functions and joins in all FROM clauses together. A wide report over views has some dozens; planning a
/// join of 50 relations takes a second, of 500 many, and its memory grows alike.
const MAX_SOURCES: usize = 500;

/// The text before anything parses it.
pub fn check_text(sql: &str) -> Result<CString, Refusal> {
    if sql.len() > MAX_BYTES {
        return Err(Refusal::new(Reason::TooComplex, "statement is too long")
            .with_detail(format!("It has {} bytes, the limit is {MAX_BYTES}.", sql.len())));
    }
    if let Some(hidden) = sql.chars().find(|character| is_hidden(*character)) {
        return Err(Refusal::new(Reason::HiddenCharacter, "statement contains an invisible character")
            .with_detail(format!("It is U+{:04X}, which changes how the text reads and not what it does.", u32::from(hidden))));
    }
    if nesting(sql) > MAX_NESTING {
        return Err(Refusal::new(Reason::TooComplex, "statement is nested too deeply")
            .with_detail(format!("The limit is {MAX_NESTING} levels of brackets.")));
    }
    CString::new(sql).map_err(|_| Refusal::new(Reason::HiddenCharacter, "statement contains a NUL character"))
}

/// Direction overrides, zero-width characters and control characters: they can make a reader see another statement.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The deepest level of brackets, wherever they stand: a bound from above for what the parser can meet.
fn nesting(sql: &str) -> usize {
    let (mut level, mut deepest) = (0usize, 0usize);
    for byte in sql.bytes() {
        match byte {
            b'(' | b'[' => {
                level += 1;
                deepest = deepest.max(level);
            }
            b')' | b']' => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What the parser made of it.
pub fn check_raw(raw: &RawStatements) -> Result<(), Refusal> {
    match raw.count() {
        0 => Err(Refusal::new(Reason::Empty, "statement is empty")),
        1 if !raw.is_one_select() => Err(Refusal::new(Reason::NotSelect, "only SELECT is allowed")
            .with_hint("nl_query reads data; run other statements yourself.")),
        1 if raw.selects_into() => Err(Refusal::new(Reason::SelectInto, "SELECT INTO is not allowed")
            .with_hint("Use CREATE TABLE AS with the SELECT around it.")),
        1 => Ok(()),
        count => Err(Refusal::new(Reason::MultipleStatements, "only one statement is allowed")
            .with_detail(format!("The text holds {count} statements."))),
    }
}

/// What analysis and rewriting made of it, on every level.
pub fn check_tree(facts: &Facts) -> Result<(), Refusal> {
    if facts.sources > MAX_SOURCES {
        return Err(Refusal::new(Reason::TooComplex, "statement reads from too many places")
            .with_detail(format!("It has {} relations, subqueries and joins, the limit is {MAX_SOURCES}.", facts.sources)));
    }
    if facts.modifying_cte {
        return Err(Refusal::new(Reason::ModifyingCte, "data-modifying statements in WITH are not allowed"));
    }
    if facts.not_select {
        return Err(Refusal::new(Reason::NotSelect, "only SELECT is allowed"));
    }
    if facts.row_marks {
        return Err(Refusal::new(Reason::RowLock, "row locks are not allowed")
            .with_hint("Leave FOR UPDATE, FOR SHARE and their kin out."));
    }
    if facts.next_value {
        return Err(Refusal::new(Reason::VolatileFunction, "sequences may not be moved"));
    }
    if facts.strange_source {
        return Err(Refusal::new(Reason::Relation, "transition tables are not allowed"));
    }
    Ok(())
}
