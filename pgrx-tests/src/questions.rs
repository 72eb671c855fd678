//! Questions with known answers, as data: `pgrx-tests/questions/<database>.tsv`.
//!
//! One question a line: question TAB flag TAB SQL, where the flag is `unordered`, `ordered` (the order of the rows counts) or
//! `refused` (no SQL: the question must be refused). Lines that start with `#` and empty lines are skipped, but `# level: n`
//! names the difficulty of what follows. The SQL is written by hand; its rows are the right ones.
//!
//! Both statements run as the same ordinary role, ours as `nl_sql` printed it; `rows.rs` says when two results are the same.

use crate::database::{Database, Refusal, said};
use crate::rows::{Table, answers};
use crate::samples::checkout;
use postgres::Client;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub expected: Expected,
    pub level: u32,
    /// In its file, for reports.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Rows { sql: String, ordered: bool },
    Refusal,
}

/// The questions for a database; panics where the file is missing or a line is not a question.
pub fn read_questions(database: &str) -> Vec<Question> {
    let path = checkout().join(format!("pgrx-tests/questions/{database}.tsv"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    let mut level = 1;
    for (number, line) in text.lines().enumerate().map(|(i, l)| (i + 1, l)) {
        if let Some(n) = line.strip_prefix("# level:") {
            level = n.trim().parse().map_err(|_| format!("line {number}: \"{}\" is no level", n.trim()))?;
        }
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let parts: Vec<&str> = line.split('\t').collect();
        let expected = match parts.as_slice() {
            [_, "refused"] | [_, "refused", ""] => Expected::Refusal,
            [_, flag @ ("ordered" | "unordered"), sql] => Expected::Rows { sql: sql.to_string(), ordered: *flag == "ordered" },
            _ => return Err(format!("line {number} is not question TAB ordered, unordered or refused TAB SQL")),
        };
        questions.push(Question { text: parts.first().unwrap_or(&"").to_string(), expected, level, line: number });
    }
    Ok(questions)
}

/// Asks every question as `role` and panics with a list of those that were answered wrongly.
pub fn ask_all(database: &Database<'_>, role: &str, questions: &[Question]) {
    let mut client = database.connect_as(role);
    client.batch_execute("SET statement_timeout = '30s'").expect("SET");
    let mut by_level: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    let (mut wrong, mut failures) = (String::new(), 0);
    for question in questions {
        let score = by_level.entry(question.level).or_default();
        score.1 += 1;
        match ask(&mut client, question) {
            Ok(()) => score.0 += 1,
            Err(why) => {
                failures += 1;
                let _ = writeln!(wrong, "line {}: {}\n     {}", question.line, question.text, why.replace('\n', "\n     "));
            }
        }
    }
    let levels: Vec<String> = by_level.iter().map(|(level, (right, of))| format!("level {level}: {right} of {of}")).collect();
    let total =
        format!("{}: {} of {} as expected ({})", database.name, questions.len() - failures, questions.len(), levels.join(", "));
    println!("{total}");
    assert!(failures == 0, "{total}\n{wrong}");
}

fn ask(client: &mut Client, question: &Question) -> Result<(), String> {
    let answer = client.query_one("SELECT nl_sql($1)", &[&question.text]);
    match (&question.expected, answer) {
        (Expected::Refusal, Err(e)) => as_refusal(&Refusal::from(&e)),
        (Expected::Refusal, Ok(row)) => Err(format!("expected a refusal, got: {}", one_line(row.get(0)))),
        (_, Err(e)) => Err(said(&e)),
        (Expected::Rows { sql, ordered }, Ok(row)) => {
            let ours: Option<&str> = row.get(0);
            compare(client, sql, ours.ok_or("nl_sql gave NULL")?, *ordered)
        }
    }
}

/// An internal error, a time-out or a lost connection is no way to say no.
fn as_refusal(refusal: &Refusal) -> Result<(), String> {
    let failed = ["XX", "57", "58", "08", "42"].iter().any(|class| refusal.sqlstate.starts_with(class));
    if failed { Err(format!("expected a refusal, got {}: {}", refusal.sqlstate, refusal.message)) } else { Ok(()) }
}

fn compare(client: &mut Client, expected: &str, actual: &str, ordered: bool) -> Result<(), String> {
    let right = Table::of(client, expected).map_err(|e| format!("the expected SQL fails: {}\n{expected}", said(&e)))?;
    let ours = Table::of(client, actual).map_err(|e| format!("our SQL fails: {}\n{}", said(&e), one_line(actual)))?;
    if answers(&right, &ours, ordered) {
        return Ok(());
    }
    Err(format!("ours: {}\n      {}\nwant: {}\n      {}", one_line(actual), ours.glance(), one_line(expected), right.glance()))
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_questions() {
        let read = parse("# a comment\n# level: 2\n\nhow many?\tunordered\tSELECT 1\nthe weather\trefused\n").expect("parses");
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].level, read[0].line), (2, 4));
        assert_eq!(read[0].expected, Expected::Rows { sql: "SELECT 1".into(), ordered: false });
        assert_eq!(read[1].expected, Expected::Refusal);
    }

    #[test]
    fn other_lines_are_errors() {
        assert!(parse("how many?\tsorted\tSELECT 1\n").is_err());
        assert!(parse("how many?\n").is_err());
        assert!(parse("# level: hard\n").is_err());
    }
}
