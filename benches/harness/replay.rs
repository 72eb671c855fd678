//! Asks all questions in one way, and judges what comes back.

use crate::args::Args;
use crate::judge::Judge;
use crate::place::{Place, Spent};
use crate::questions::Question;
use crate::runs::Run;
use crate::score::{Rows, is_same};
use postgres::Client;
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A question whose right answer is known to run.
pub struct Judged {
    pub question: Question,
    pub rows: Rows,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq)]
enum End {
    Right {
        sql: String,
    },
    /// Nothing was proven; what the server said.
    Nothing(String),
    Wrong {
        sql: String,
        why: String,
    },
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    pub questions: usize,
    pub right: usize,
    pub nothing: usize,
    pub wrong: usize,
    pub spent: Spent,
    pub times: Vec<Duration>,
}

/// Finds the rows of every gold. Questions whose gold does not run are left out, and named.
pub fn judged(place: &Place<'_>, judge: &mut Judge, questions: Vec<Question>) -> Vec<Judged> {
    let mut all = Vec::new();
    for question in questions {
        let path = question.db.as_deref().map(|db| place.path(db));
        match judge.run(path.as_deref(), &question.gold) {
            Ok(rows) => all.push(Judged { question, rows }),
            Err(why) => eprintln!("left out: {}, whose right answer does not run: {why}", question.id),
        }
    }
    all
}

/// A whole run.
pub fn replay(
    place: &Place<'_>,
    run: &Run,
    judge: &mut Judge,
    questions: &[Judged],
    report: &mut Report,
) -> Result<Figures, String> {
    let mut client = place.connect()?;
    let mut watch = place.connect()?;
    run.set_up(place, &mut client)?;
    let before = place.spent(&mut watch)?;
    let mut figures = Figures { questions: questions.len(), ..Figures::default() };
    report.shown = 0;
    for judged in questions {
        let started = Instant::now();
        let answer = ask(place, &mut client, &judged.question)?;
        figures.times.push(started.elapsed());
        let end = match answer {
            Ok(sql) => end_of(place, judge, judged, sql),
            Err(said) => End::Nothing(said),
        };
        match &end {
            End::Right { .. } => figures.right += 1,
            End::Nothing(_) => figures.nothing += 1,
            End::Wrong { .. } => figures.wrong += 1,
        }
        report.tell(run, &judged.question, &end)?;
    }
    figures.spent = place.spent(&mut watch)?.since(before);
    Ok(figures)
}

/// The answer, or why there is none. Losing the connection is neither.
fn ask(place: &Place<'_>, client: &mut Client, question: &Question) -> Result<Result<String, String>, String> {
    place.become_asker(client, question.db.as_deref())?;
    let sql = format!("SELECT {}.nl_sql($1)", place.extension);
    match client.query_one(&sql, &[&question.question]) {
        Ok(row) => Ok(Ok(row.get(0))),
        Err(error) if error.as_db_error().is_some() => Ok(Err(crate::said(&error))),
        Err(error) => Err(format!("lost the connection: {error}")),
    }
}

fn end_of(place: &Place<'_>, judge: &mut Judge, judged: &Judged, sql: String) -> End {
    let path = judged.question.db.as_deref().map(|db| place.path(db));
    match judge.run(path.as_deref(), &sql) {
        Ok(rows) if is_same(&judged.rows, &rows, judged.question.ordered) => End::Right { sql },
        Ok(rows) => {
            let size = |rows: &Rows| format!("{} rows of {} columns", rows.rows.len(), rows.width);
            let why = format!("{}, where {} are right", size(&rows), size(&judged.rows));
            End::Wrong { sql, why }
        }
        Err(why) => End::Wrong { sql, why },
    }
}

/// What is told of single questions.
pub struct Report {
    /// So many of a run that did not end right are printed.
    show: usize,
    shown: usize,
    /// Every answer goes there.
    answers: Option<File>,
}

impl Report {
    pub fn new(args: &Args) -> Result<Report, String> {
        let create = |file: &PathBuf| File::create(file).map_err(|error| format!("{}: {error}", file.display()));
        Ok(Report { show: args.show, shown: 0, answers: args.answers.as_ref().map(create).transpose()? })
    }

    fn tell(&mut self, run: &Run, question: &Question, end: &End) -> Result<(), String> {
        let is_right = matches!(end, End::Right { .. });
        if !is_right && self.shown < self.show {
            self.shown += 1;
            print_end(run, question, end);
        }
        let Some(file) = &mut self.answers else { return Ok(()) };
        let mut line = json!({"run": run.name, "id": question.id});
        match end {
            End::Right { sql } => (line["end"], line["sql"]) = (json!("right"), json!(sql)),
            End::Nothing(said) => (line["end"], line["error"]) = (json!("no answer"), json!(said)),
            End::Wrong { sql, .. } => (line["end"], line["sql"]) = (json!("wrong"), json!(sql)),
        }
        writeln!(file, "{line}").map_err(|error| format!("--answers: {error}"))
    }
}

fn print_end(run: &Run, question: &Question, end: &End) {
    eprintln!("[{}] {}: {}\n  right: {}", run.name, question.id, question.question, question.gold);
    match end {
        End::Right { .. } => {}
        End::Nothing(said) => eprintln!("  said:  {said}"),
        End::Wrong { sql, why } => eprintln!("  wrong: {}\n         {why}", sql.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

impl Spent {
    fn since(self, before: Spent) -> Spent {
        Spent {
            requests: self.requests - before.requests,
            tokens_in: self.tokens_in - before.tokens_in,
            tokens_out: self.tokens_out - before.tokens_out,
        }
    }
}
