//! Asks the engine without a server: a schema as JSON, questions on the command line or in a file, SQL on standard output.
//!
//! ```text
//! ask SCHEMA.json [VALUES.json] [--today YYYY-MM-DD] [--jsonl] [--all] [--file FILE | QUESTION …]
//! ```
//!
//! SCHEMA.json is a serialised `nl_query_core::schema::Schema`, or what `sql/catalog.sql` gives. VALUES.json stands for the data that a
//! value probe would look through: `{"relation": {"column": ["value", …]}}`, both keys being positions in the schema, or names as
//! `training.catalogs` writes them. FILE holds one question a line:
//! plain text (`#` starts a comment), `question TAB flag TAB SQL` as in the test sets, or a JSON object with `question` and
//! perhaps `id`. `--all` prints every candidate, not only the best. `--jsonl` prints one object a question: `id` (or the
//! question's number), `question`, `sql`, `confidence`, `error` and `micros`, the time that the answer took alone.
//!
//! A tool for whoever works on the engine; nothing here ships.

use std::error::Error;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use nl_query_core::schema::Schema;
use nl_query_engine::ir::Day;
use nl_query_engine::{Answer, Prepared, answer};
use serde_json::{Value, json};

mod common;
use common::Values;

const USAGE: &str = "ask SCHEMA.json [VALUES.json] [--today YYYY-MM-DD] [--jsonl] [--all] [--file FILE | QUESTION ...]";

/// A question with the `id` that its file gives it, if any.
type Asked = (Option<Value>, String);

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let started = Instant::now();
    let (prepared, by_name) = match serde_json::from_str::<Schema>(&std::fs::read_to_string(&options.schema)?) {
        Ok(schema) => (Prepared::new(schema), false),
        Err(_) => (common::prepared(&options.schema)?, true),
    };
    let preparing = started.elapsed();
    let mut probe = match &options.values {
        Some(path) if by_name => Values::read(path, &prepared)?,
        Some(path) => Values::by_position(path)?,
        None => Values::default(),
    };
    for (number, (id, question)) in options.questions.iter().enumerate() {
        let started = Instant::now();
        let answer = answer(question, &prepared, &mut probe, options.today);
        let micros = started.elapsed().as_micros() as u64;
        if options.jsonl {
            let id = id.clone().unwrap_or(json!(number));
            println!("{}", line(&id, question, &answer, micros, preparing.as_micros() as u64));
        } else {
            print(question, &answer, micros, options.all);
        }
    }
    Ok(())
}

struct Options {
    schema: String,
    values: Option<String>,
    today: Day,
    jsonl: bool,
    all: bool,
    questions: Vec<Asked>,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let schema = args.next().ok_or(USAGE)?;
        let mut options = Options { schema, values: None, today: today(), jsonl: false, all: false, questions: Vec::new() };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--today" => options.today = parse_day(&args.next().ok_or(USAGE)?).ok_or("not a date")?,
                "--file" => options.questions.extend(read_questions(&args.next().ok_or(USAGE)?)?),
                "--jsonl" => options.jsonl = true,
                "--all" => options.all = true,
                _ if arg.starts_with("--") => return Err(USAGE.into()),
                _ if arg.ends_with(".json") && options.questions.is_empty() => options.values = Some(arg),
                _ => options.questions.push((None, arg)),
            }
        }
        Ok(options)
    }
}

fn read_questions(path: &str) -> Result<Vec<Asked>, Box<dyn Error>> {
    let mut questions = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('{') {
            let object: Value = serde_json::from_str(line)?;
            let question = object["question"].as_str().ok_or("a line without a question")?;
            questions.push((object.get("id").cloned(), question.to_owned()));
        } else {
            let question = line.split('\t').next().unwrap_or(line);
            questions.push((None, question.to_owned()));
        }
    }
    Ok(questions)
}

fn line(id: &Value, question: &str, answer: &Answer, micros: u64, preparing: u64) -> Value {
    let words: Vec<Value> = answer.words.iter().map(|word| json!([word.words, word.meaning])).collect();
    let mut object = json!({ "id": id, "question": question, "micros": micros, "prepare_micros": preparing, "words": words });
    match (answer.candidates.first(), &answer.refusal) {
        (Some(best), _) => {
            object["sql"] = json!(best.sql);
            object["confidence"] = json!(best.confidence);
            object["others"] = answer.candidates.iter().skip(1).map(|other| json!([other.confidence, other.sql])).collect();
        }
        (None, refusal) => object["error"] = json!(format!("{refusal:?}")),
    }
    object
}

fn print(question: &str, answer: &Answer, micros: u64, all: bool) {
    println!("? {question}   [{:.1} ms]", micros as f64 / 1000.0);
    if let Some(refusal) = &answer.refusal {
        println!("refused: {refusal:?}");
    }
    let shown = if all { answer.candidates.len() } else { 1 };
    for candidate in answer.candidates.iter().take(shown) {
        println!("{}\n  -- {:.2}: {}", candidate.sql, candidate.confidence, candidate.paraphrase);
    }
    for word in &answer.words {
        println!("  {:<24} {}", word.words, word.meaning);
        for rejected in &word.rejected {
            println!("  {:<24}   not {rejected}", "");
        }
    }
    println!();
}

fn parse_day(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Some(Day { year, month, day })
}

/// The current day in UTC: days since 1970 turned into a date of the 400-year cycle that starts on 1 March.
fn today() -> Day {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let days = (seconds / 86_400) as i64 + 719_468;
    let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    Day { year: year as i32, month: month as u8, day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u8 }
}
