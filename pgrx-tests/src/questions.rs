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

/// What came of a question.
enum Outcome {
    Right,
    /// An honest no where an answer was expected.
    Refused(String),
    /// An answer with other rows, an answer where none was possible, or an error that is no refusal.
    Wrong(String),
}

/// Asks every question as `role`, prints what came of them, and panics where that differs from what is known: questions that the
/// engine does not answer yet are listed in `<database>.open`, one a line, so that neither a loss nor a gain goes unseen.
/// `NL_QUERY_ACCEPT=1` writes that list anew.
pub fn ask_all(database: &Database<'_>, role: &str, questions: &[Question]) {
    let mut client = database.connect_as(role);
    client.batch_execute("SET statement_timeout = '30s'").expect("SET");
    let mut by_level: BTreeMap<u32, Tally> = BTreeMap::new();
    let (mut report, mut open) = (String::new(), Vec::new());
    for question in questions {
        let outcome = ask(&mut client, question);
        by_level.entry(question.level).or_default().count(&outcome);
        let (kind, why) = match outcome {
            Outcome::Right => continue,
            Outcome::Refused(why) => ("refused", why),
            Outcome::Wrong(why) => ("WRONG", why),
        };
        open.push(question.text.clone());
        let _ = writeln!(report, "line {}: {}\n     {kind}: {}", question.line, question.text, why.replace('\n', "\n     "));
    }
    for (level, tally) in &by_level {
        println!("{} level {level}: {tally}", database.name);
    }
    println!("{report}");
    compare_with_open(&database.name, &open, &report);
}

fn compare_with_open(name: &str, open: &[String], report: &str) {
    let path = checkout().join(format!("pgrx-tests/questions/{name}.open"));
    if std::env::var_os("NL_QUERY_ACCEPT").is_some() {
        let lines: String = open.iter().map(|q| format!("{q}\n")).collect();
        std::fs::write(&path, lines).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let known: Vec<String> = std::fs::read_to_string(&path).unwrap_or_default().lines().map(String::from).collect();
    let lost: Vec<&String> = open.iter().filter(|q| !known.contains(q)).collect();
    let gained: Vec<&String> = known.iter().filter(|q| !open.contains(q)).collect();
    assert!(lost.is_empty(), "{name}: no longer answered as expected: {lost:#?}\n{report}");
    assert!(gained.is_empty(), "{name}: answered now; take them out of {}: {gained:#?}", path.display());
}

#[derive(Default)]
struct Tally {
    right: usize,
    refused: usize,
    wrong: usize,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::Refused(_) => self.refused += 1,
            Outcome::Wrong(_) => self.wrong += 1,
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} right, {} refused, {} wrong", self.right, self.refused, self.wrong)
    }
}

fn ask(client: &mut Client, question: &Question) -> Outcome {
    let answer = client.query_one("SELECT nl_sql($1)", &[&question.text]);
    match (&question.expected, answer) {
        (Expected::Refusal, Ok(row)) => Outcome::Wrong(format!("answered what cannot be answered: {}", one_line(row.get(0)))),
        (expected, Err(e)) => match (is_refusal(&Refusal::from(&e)), expected) {
            (true, Expected::Refusal) => Outcome::Right,
            (true, _) => Outcome::Refused(said(&e)),
            (false, _) => Outcome::Wrong(said(&e)),
        },
        (Expected::Rows { sql, ordered }, Ok(row)) => {
            let ours: Option<&str> = row.get(0);
            match ours.ok_or("nl_sql gave NULL".into()).and_then(|ours| compare(client, sql, ours, *ordered)) {
                Ok(()) => Outcome::Right,
                Err(why) => Outcome::Wrong(why),
            }
        }
    }
}

/// The SQLSTATEs of an honest no: cannot be asked of a database, not clear enough, nothing of that name. An internal error, a
/// time-out or a statement that does not hold is none.
fn is_refusal(refusal: &Refusal) -> bool {
    ["0A000", "22023", "42704"].contains(&refusal.sqlstate.as_str())
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
