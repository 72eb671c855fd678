//! Times the stages of an answer over the questions of many schemas.
//!
//! ```text
//! stages CATALOGS QUESTIONS.jsonl [--weights WEIGHTS.bin] [--every N] [--rounds N] [--db NAME]
//! ```
//!
//! CATALOGS is a folder with `NAME.catalog.json` and `NAME.values.json` for every `db` of the questions. Each stage is timed up to
//! `--rounds` times, until nothing else ran on the processor meanwhile (where Linux tells), and the shortest counts. Prints the median
//! and the 99th percentile in milliseconds, of all questions and by the number of words and items that the network reads.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use nl_query_engine::parser::candidates::{self, Asked};
use nl_query_engine::parser::{Network, build, features};
use nl_query_engine::{Prepared, question, render, understand};
use serde_json::Value;

mod common;
use common::{TODAY, Values};

const USAGE: &str = "stages CATALOGS QUESTIONS.jsonl [--weights WEIGHTS.bin] [--every N] [--rounds N] [--db NAME]";

/// What is printed, in the order of an answer. `encode` is what each model that joins reads before it writes, `rest` what becomes of
/// what was written until it is judged.
const STAGES: [&str; 9] = ["all", "read", "understand", "features", "encode", "beam", "rest", "judge", "words"];

/// Questions of up to so many words and items are shown together.
const SIDES: [usize; 5] = [30, 45, 65, 100, usize::MAX];

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let other = options.weights.map(std::fs::read).transpose()?.map(|bytes| Network::read(bytes.leak())).transpose()?;
    let network = other.as_ref().unwrap_or_else(|| Network::shipped());
    let mut by_schema: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(&options.questions)?.lines().step_by(options.every) {
        let object: Value = serde_json::from_str(line)?;
        let text = |name: &str| object[name].as_str().map(str::to_owned).ok_or("a line without a question or a db");
        let db = text("db")?;
        if options.db.as_ref().is_none_or(|only| *only == db) {
            by_schema.entry(db).or_default().push(text("question")?);
        }
    }
    let mut all = Vec::new();
    for (db, questions) in by_schema {
        let prepared = common::prepared(&format!("{}/{db}.catalog.json", options.catalogs))?;
        let mut probe = Values::read(&format!("{}/{db}.values.json", options.catalogs), &prepared)?;
        for question in questions {
            all.extend(timed(&question, &prepared, &mut probe, network, options.rounds));
        }
    }
    print(&all);
    Ok(())
}

struct Options {
    catalogs: String,
    questions: String,
    weights: Option<String>,
    every: usize,
    rounds: usize,
    db: Option<String>,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (catalogs, questions) = (args.next().ok_or(USAGE)?, args.next().ok_or(USAGE)?);
        let mut options = Options { catalogs, questions, weights: None, every: 1, rounds: 9, db: None };
        while let Some(arg) = args.next() {
            let value = args.next().ok_or(USAGE)?;
            match arg.as_str() {
                "--weights" => options.weights = Some(value),
                "--every" => options.every = value.parse()?,
                "--rounds" => options.rounds = value.parse()?,
                "--db" => options.db = Some(value),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// The stages of one answer, in milliseconds.
struct Timed {
    /// Words and items.
    side: usize,
    stages: [f64; STAGES.len()],
}

/// Runs the stages one after the other; none for a question that is refused before anything is written.
fn timed(text: &str, prepared: &Prepared, probe: &mut Values, network: &Network, rounds: usize) -> Option<Timed> {
    let clock = |work: &mut dyn FnMut()| shortest(rounds, work);
    let mut question = question::read(text, TODAY);
    let mut understanding = understand::understand(&question, prepared, probe);
    let read = clock(&mut || question = question::read(text, TODAY));
    let understood = clock(&mut || understanding = understand::understand(&question, prepared, probe));
    if !understanding.names_something() {
        return None;
    }
    let asked = Asked { question: &question, prepared, understanding: &understanding };
    let mut seen = features::features(&question, prepared, &asked.understanding.mentions);
    let (mut list, _) = candidates::made(&asked, network, None);
    let mut judged = Vec::new();
    let looked = clock(&mut || seen = features::features(&question, prepared, &asked.understanding.mentions));
    let encoded = clock(&mut || {
        let mut panel = network.panel(&seen);
        panel.join(1);
        panel.score(&[]);
    });
    let parsed = clock(&mut || {
        network.panel(&seen).parse(&build::constraints(&seen, &question, prepared), !understanding.unknown.is_empty());
    });
    let made = clock(&mut || list = candidates::made(&asked, network, None).0);
    let judging = clock(&mut || judged = candidates::judged(&asked, list.clone(), candidates::shipped_forest()));
    let words = clock(&mut || judged.iter().for_each(|made| drop(render::paraphrase(&made.query, prepared.schema()))));
    let all = read + understood + made + judging + words;
    let stages = [all, read, understood, looked, encoded, parsed - encoded, made - looked - parsed, judging, words];
    Some(Timed { side: seen.words.len() + seen.items.len(), stages })
}

/// The least milliseconds that some work took.
fn shortest(rounds: usize, work: &mut dyn FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let (turns, started) = (turns(), Instant::now());
        work();
        least = least.min(started.elapsed().as_secs_f64() * 1000.0);
        if turns.is_some() && turns == self::turns() {
            break;
        }
    }
    least
}

/// How often this thread has been given the processor.
fn turns() -> Option<String> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().nth(2).map(str::to_owned)
}

fn print(all: &[Timed]) {
    println!("{:<16}{}", "words and items", STAGES.map(|name| format!("{name:>16}")).concat());
    let mut least = 0;
    for most in SIDES {
        let some: Vec<&Timed> = all.iter().filter(|one| (least..most).contains(&one.side)).collect();
        print_row(
            &format!("{least}-{} ({})", if most == usize::MAX { "".to_owned() } else { most.to_string() }, some.len()),
            &some,
        );
        least = most;
    }
    print_row(&format!("all ({})", all.len()), &all.iter().collect::<Vec<_>>());
}

fn print_row(name: &str, some: &[&Timed]) {
    if some.is_empty() {
        return;
    }
    let cell = |stage: usize| {
        let mut times: Vec<f64> = some.iter().map(|one| one.stages[stage]).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        format!("{:>8.3}{:>8.3}", at(0.5), at(0.99))
    };
    println!("{name:<16}{}", (0..STAGES.len()).map(cell).collect::<String>());
}
