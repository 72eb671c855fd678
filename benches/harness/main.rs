//! Replays questions whose answers are known through `nl_sql`, and says how many end right, with which settings, at what cost:
//! `make harness`. Against scripted models whose errors are set, to see what repair, agreement and routing are worth; or, with --dsn,
//! against a real server, to see how good one's own model is at one's own questions.

mod args;
mod benchmark;
mod judge;
mod machine;
mod place;
mod questions;
mod replay;
mod runs;
mod score;
mod table;

use args::Args;
use judge::Judge;
use place::Place;
use replay::{Judged, Report, judged, replay};
use runs::Run;
use std::process::ExitCode;
use table::Table;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{}", args::HELP);
        return ExitCode::SUCCESS;
    }
    match Args::read(words.iter().cloned()).and_then(|args| measure(&args, &words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args, words: &[String]) -> Result<(), String> {
    let runs = runs::named(&args.runs)?;
    let (tables, place) = match &args.dsn {
        Some(dsn) => own(args, dsn, &runs)?,
        None => scripted(args, &runs)?,
    };
    if let Some(file) = &args.markdown {
        let tables: Vec<String> = tables.iter().map(Table::markdown).collect();
        let command = format!("    make harness ARGS={}", place::literal(&machine::command(words)));
        table::write_between_marks(file, &format!("{place}\n\n{command}\n\n{}", tables.join("\n")))?;
    }
    Ok(())
}

/// A user's own database and servers.
fn own(args: &Args, dsn: &str, runs: &[Run]) -> Result<(Vec<Table>, String), String> {
    let place = Place::at(dsn, args.servers.clone())?;
    let mut judge = Judge::new(place.connect()?)?;
    let file = args.questions.as_deref().ok_or("--questions is missing")?;
    let questions = judged(&place, &mut judge, questions::read(file, args.limit)?);
    let asked = if args.servers.is_empty() { "the servers that are configured".to_owned() } else { args.servers.join(", ") };
    let title = format!("{} questions, {asked}.", questions.len());
    let table = all_runs(&place, runs, &mut judge, &questions, &mut Report::new(args)?, title, || ())?;
    let machine = machine::told(&mut place.connect()?)?;
    Ok((vec![table], machine))
}

/// A benchmark and scripted models.
fn scripted(args: &Args, runs: &[Run]) -> Result<(Vec<Table>, String), String> {
    let folder = benchmark::folder(args);
    let file = args.questions.clone().unwrap_or_else(|| folder.join("questions.jsonl"));
    let questions = questions::read(&file, args.limit)?;
    let cluster = benchmark::cluster();
    let database = benchmark::load(&cluster, &folder)?;
    let models = benchmark::Models::start(&database);
    let place = benchmark::place(&cluster, args)?;
    let mut judge = benchmark::judge(&place)?;
    let questions = judged(&place, &mut judge, questions);
    let is_plausible = args.mixes.iter().any(|(_, rates)| rates.of(nl_query_tests::erring::Error::Plausible) > 0.0);
    let known = benchmark::known(&database, &mut judge, &questions, is_plausible);
    let mut report = Report::new(args)?;
    let mut tables = Vec::new();
    for (name, rates) in &args.mixes {
        let title = format!(
            "Mix {name}: {} questions of {}; errors {}; told of one, the model mends it with probability {}.",
            questions.len(),
            args.benchmark,
            rates.told().replace(',', ", "),
            args.mends
        );
        let before_each = || models.script(args, rates, &known);
        tables.push(all_runs(&place, runs, &mut judge, &questions, &mut report, title, before_each)?);
    }
    let machine = machine::told(&mut place.connect()?)?;
    eprintln!("{} requests in all", models.count());
    Ok((tables, machine))
}

/// Every run that can be made here; printed at once.
fn all_runs(
    place: &Place<'_>,
    runs: &[Run],
    judge: &mut Judge,
    questions: &[Judged],
    report: &mut Report,
    title: String,
    before_each: impl Fn(),
) -> Result<Table, String> {
    let mut table = Table { title, rows: Vec::new() };
    for run in runs {
        if let Err(why) = run.set_up(place, &mut place.connect()?) {
            eprintln!("skipped: {}: {why}", run.name);
            continue;
        }
        before_each();
        table.rows.push((run.name, replay(place, run, judge, questions, report)?));
    }
    println!("{}", table.plain());
    Ok(table)
}

/// An error of the server in one line, or of the connection.
pub fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => {
            let detail = db.detail().map(|detail| format!(" ({})", detail.replace('\n', " "))).unwrap_or_default();
            format!("{}: {}{detail}", db.code().code(), db.message())
        }
        None => error.to_string(),
    }
}
