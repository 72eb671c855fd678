//! Prints what the trained parser makes of questions: one json object a question, its likeliest queries best first.
//!
//! ```text
//! parse CATALOG.json VALUES.json QUESTIONS.jsonl WEIGHTS.bin [--width K] [--models 0,2] [--each] > PARSES.jsonl
//! ```
//!
//! The first three are those of `features`. A step is [symbol, choice], numbered as in training: productions, then words, then items.
//! `micros` is the time of the network alone.

use std::error::Error;
use std::io::{BufWriter, Write};
use std::time::Instant;

use nl_query_engine::parser::features::Features;
use nl_query_engine::parser::{Choice, Free, Mode, Network, Parsed, grammar};
use serde_json::{Value, json};

mod common;

struct Options {
    files: Vec<String>,
    width: usize,
    models: Option<Vec<usize>>,
    mode: Mode,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let [catalog, values, questions, weights] = options.files.as_slice() else {
        return Err("parse CATALOG.json VALUES.json QUESTIONS.jsonl WEIGHTS.bin [--width K] [--models 0,2] [--each]".into());
    };
    let network = Network::read(std::fs::read(weights)?.leak())?;
    let models = options.models.unwrap_or_else(|| (0..network.models()).collect());
    let mut out = BufWriter::new(std::io::stdout().lock());
    common::read(catalog, values, questions, |id, _, features, _| {
        let begun = Instant::now();
        let parses = network.parse_by(features, options.width, &Free, &models, options.mode);
        let micros = begun.elapsed().as_micros() as u64;
        let parses: Vec<Value> = parses.iter().map(|parsed| described(parsed, features)).collect();
        Ok(writeln!(out, "{}", json!({ "id": id, "parses": parses, "micros": micros }))?)
    })
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { files: Vec::new(), width: 5, models: None, mode: Mode::Together };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        match arg.as_str() {
            "--width" => options.width = value()?.parse()?,
            "--models" => options.models = Some(value()?.split(',').map(str::parse).collect::<Result<_, _>>()?),
            "--each" => options.mode = Mode::Each,
            _ => options.files.push(arg),
        }
    }
    Ok(options)
}

fn described(parsed: &Parsed, features: &Features) -> Value {
    let productions = grammar::productions().len();
    let steps: Vec<Value> = parsed
        .steps
        .iter()
        .map(|(symbol, choice)| {
            let choice = match choice {
                Choice::Production(number) => *number,
                Choice::Word(word) => productions + word,
                Choice::Item(item) => productions + features.words.len() + item,
            };
            json!([grammar::symbol_number(*symbol), choice])
        })
        .collect();
    json!({ "score": parsed.score, "per_model": parsed.per_model, "steps": steps })
}
