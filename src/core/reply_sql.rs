//! The one SQL statement in what a model answered.
//!
//! Models are asked for a JSON object and do what they like: they fence it, explain it, think aloud before it, or write bare SQL. All
//! of that is read. Where it is not certain which statement is meant, or whether it is complete, there is none: half a statement can
//! be a valid one with another meaning. Whether the statement may run is for the guard to prove, not for this.

mod fences;
mod statements;

use serde_json::Value;

use crate::complaint::Complaint;
use crate::provider::failure::{Failure, FailureClass};
use crate::provider::reply::{Finish, Reply};
use crate::text::shortened;

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSql {
    /// The model says that it cannot be answered, and why; may be empty.
    Declined(String),
    /// The model refuses, in these words; may be empty.
    Refused(String),
    /// A filter cut the answer off.
    Filtered,
    /// A limit on tokens cut the answer off, or it ends in the middle.
    Truncated,
    /// There is nothing in it.
    Empty,
    /// More than one statement, and nothing that says which is meant.
    Several,
    /// Text, but no statement; its beginning.
    NoStatement(String),
    /// The model wants a tool.
    ToolCall,
}

impl NoSql {
    /// What a user is told where this is an answer after all: the model, or its filter, will not or cannot. Another server is not asked
    /// the same then. None where the reply is of no use, which is a failure of the server.
    pub fn complaint(&self, server: &str) -> Option<Complaint> {
        let complaint = |says: &str| Complaint::new("22023", format!("model server \"{server}\" {says}"));
        let told = |says: &str, words: &str| {
            if words.is_empty() { complaint(says) } else { complaint(says).with_detail(format!("It says: {words}")) }
        };
        Some(match self {
            NoSql::Declined(words) => told("finds no answer in the tables that you may read", words),
            NoSql::Refused(words) => told("refuses to answer", words),
            NoSql::Filtered => complaint("stopped its answer by a filter"),
            _ => return None,
        })
        .map(|complaint| complaint.with_hint("Ask in other words."))
    }

    /// The failure of a server whose reply is of no use.
    pub fn failure(&self) -> Box<Failure> {
        let says = match self {
            NoSql::Truncated => "the answer is cut off; max_tokens may be too low".to_owned(),
            NoSql::Several => "the answer has more than one statement".to_owned(),
            NoSql::ToolCall => "the model wants to call a tool".to_owned(),
            NoSql::NoStatement(text) => format!("the answer has no statement: {text}"),
            NoSql::Empty | NoSql::Declined(_) | NoSql::Refused(_) | NoSql::Filtered => "the answer is empty".to_owned(),
        };
        Failure::transport(FailureClass::Garbage, &says)
    }
}

/// Characters of an answer that an error shows.
const SHOWN: usize = 200;
/// Bytes. No query that somebody asked for in words is longer.
const LONGEST: usize = 64 * 1024;

/// The statement in a reply, without a semicolon behind it.
pub fn from_reply(reply: &Reply) -> Result<String, NoSql> {
    match reply.finish {
        Finish::Truncated => Err(NoSql::Truncated),
        Finish::Filtered => Err(NoSql::Filtered),
        Finish::Refused => Err(NoSql::Refused(shown(&reply.text))),
        Finish::ToolCall if reply.text.trim().is_empty() => Err(NoSql::ToolCall),
        Finish::Complete | Finish::Unknown | Finish::ToolCall => from_text(&reply.text),
    }
}

/// The statement in a text.
pub fn from_text(text: &str) -> Result<String, NoSql> {
    let text = without_thoughts(text)?.trim();
    if text.is_empty() {
        return Err(NoSql::Empty);
    }
    if text.len() > LONGEST {
        return Err(NoSql::NoStatement(shown(text)));
    }
    if let Some(found) = from_json(text) {
        return found;
    }
    let fenced = fences::blocks(text)?;
    if !fenced.is_empty() {
        return from_blocks(&fenced);
    }
    if let Some(found) = json_inside(text).and_then(from_json) {
        return found;
    }
    from_bare(text)
}

/// Models that think aloud do so between marks, at the beginning.
fn without_thoughts(text: &str) -> Result<&str, NoSql> {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")] {
        if let Some(at) = text.rfind(close) {
            return Ok(&text[at + close.len()..]);
        }
        if text.trim_start().starts_with(open) {
            return Err(NoSql::Truncated);
        }
    }
    Ok(text)
}

/// A JSON object with the statement; none where the text is none, so that other ways are tried.
fn from_json(text: &str) -> Option<Result<String, NoSql>> {
    if !text.starts_with('{') {
        return None;
    }
    let read = serde_json::from_str::<Value>(text).or_else(|_| serde_json::from_str(&with_escaped_breaks(text)));
    let members = match read {
        Ok(Value::Object(members)) => members,
        Err(error) if error.is_eof() => return Some(Err(NoSql::Truncated)),
        _ => return None,
    };
    let reason = || {
        let said = ["reason", "error", "message", "explanation"].iter().find_map(|name| members.get(*name)?.as_str());
        NoSql::Declined(shown(said.unwrap_or_default()))
    };
    let member = ["sql", "query", "SQL"].iter().find_map(|name| members.get(*name));
    Some(match member {
        Some(Value::String(sql)) if !sql.trim().is_empty() => from_code(sql),
        Some(Value::String(_) | Value::Null) => Err(reason()),
        None if members.contains_key("reason") || members.contains_key("error") => Err(reason()),
        _ => Err(NoSql::NoStatement(shown(text))),
    })
}

/// Small models write the lines of a query into a JSON text as they are, which JSON does not allow.
fn with_escaped_breaks(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let mut json = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' if inside => json.push_str("\\n"),
            '\t' if inside => json.push_str("\\t"),
            '\r' if inside => {}
            c => json.push(c),
        }
        inside ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    json
}

/// The JSON object with a statement that stands somewhere in a text.
fn json_inside(text: &str) -> Option<&str> {
    let at = text.match_indices('{').map(|(at, _)| at).find(|at| {
        let behind = text[at + 1..].trim_start();
        behind.starts_with("\"sql\"") || behind.starts_with("\"query\"")
    })?;
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
    match values.next()? {
        Ok(_) => Some(&text[at..at + values.byte_offset()]),
        // Cut off: let it be seen as such.
        Err(error) if error.is_eof() => Some(&text[at..]),
        Err(_) => None,
    }
}

/// Fenced blocks: the one that says it is SQL, or the only one. The same one twice is one.
fn from_blocks(blocks: &[fences::Block<'_>]) -> Result<String, NoSql> {
    let said: Vec<&fences::Block<'_>> = blocks.iter().filter(|block| block.is_sql()).collect();
    let chosen: Vec<&fences::Block<'_>> = if said.is_empty() { blocks.iter().collect() } else { said };
    let read = |block: &fences::Block<'_>| {
        let code = block.code.trim();
        from_json(code).unwrap_or_else(|| from_code(code))
    };
    let mut found: Vec<String> = Vec::new();
    let mut first_problem = None;
    for block in chosen {
        match read(block) {
            Ok(sql) if found.contains(&sql) => {}
            Ok(sql) => found.push(sql),
            Err(problem) => first_problem = first_problem.or(Some(problem)),
        }
    }
    match (found.pop(), first_problem) {
        (Some(sql), _) if found.is_empty() => Ok(sql),
        (Some(_), _) => Err(NoSql::Several),
        (None, problem) => Err(problem.unwrap_or(NoSql::Empty)),
    }
}

/// A text that is meant to be nothing but a statement; some models put a fence around it even here.
fn from_code(code: &str) -> Result<String, NoSql> {
    if code.trim_start().starts_with("```") {
        return match fences::blocks(code)?.as_slice() {
            [block] if !block.code.contains("```") => from_code(block.code),
            _ => Err(NoSql::Several),
        };
    }
    let parts = statements::split(code).ok_or(NoSql::Truncated)?;
    match parts.as_slice() {
        [] => Err(NoSql::Empty),
        // Statements of other kinds are handed on too: the guard refuses them, with its reason.
        [one] => Ok((*one).to_owned()),
        _ => Err(NoSql::Several),
    }
}

/// A statement without anything around it, or behind a line of text.
fn from_bare(text: &str) -> Result<String, NoSql> {
    let Some(start) = statements::start(text) else {
        return Err(if declines(text) { NoSql::Declined(shown(text)) } else { NoSql::NoStatement(shown(text)) });
    };
    let code = &text[start..];
    // Behind an empty line, or behind the semicolon, there may be an explanation.
    let parts = statements::split(code).ok_or(NoSql::Truncated)?;
    match parts.as_slice() {
        [one] => Ok(statements::until_prose(one).to_owned()),
        [one, rest @ ..] if !rest.iter().any(|part| statements::may_be_statement(part)) => Ok((*one).to_owned()),
        _ => Err(NoSql::Several),
    }
}

/// How models say that there is no answer.
fn declines(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    [
        "cannot be answered",
        "can't be answered",
        "cannot answer",
        "can't answer",
        "not possible to answer",
        "unable to answer",
        "no table",
    ]
    .iter()
    .any(|phrase| lower.contains(phrase))
}

/// The beginning of a text, on one line.
fn shown(text: &str) -> String {
    shortened(&text.split_whitespace().collect::<Vec<_>>().join(" "), SHOWN)
}

#[cfg(test)]
mod tests;
