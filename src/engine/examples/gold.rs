//! Builds queries from given steps and prints their SQL: how much of a gold standard survives the grammar, the joins and the
//! rendering.
//!
//! ```text
//! gold [--repeats] CATALOG.json VALUES.json QUESTIONS.jsonl STEPS.jsonl > SQL.jsonl
//! ```
//!
//! The first three are those of `features`. STEPS.jsonl has `id` and `steps` a line: pairs of a symbol's number and a choice's
//! number as in training (productions, then words, then items). A line of the answer has `sql` or `error`, `unknown` (texts that
//! no column is known to have), `forbidden`: steps that the constraints of the search rule out, `same`: whether the query gives these
//! very steps, and `again`: whether the steps that it gives make it once more. With --repeats all that is named is joined, as a join
//! written by hand does.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufWriter, Write};

use nl_query_engine::parser::build;
use nl_query_engine::parser::constraints::Constraints;
use nl_query_engine::parser::features::Features;
use nl_query_engine::parser::grammar::{Choice, SYMBOLS, Symbol, productions};
use nl_query_engine::question::Question;
use nl_query_engine::{Prepared, render};
use serde_json::{Value, json};

mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let repeats = args.first().is_some_and(|arg| arg == "--repeats");
    let [catalog, values, questions, steps] = &args[usize::from(repeats)..] else {
        return Err("gold [--repeats] CATALOG.json VALUES.json QUESTIONS.jsonl STEPS.jsonl".into());
    };
    let steps = by_id(steps)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    common::read(catalog, values, questions, |id, question, features, prepared| {
        let Some(numbers) = steps.get(&id.to_string()) else { return Ok(()) };
        let steps = choices(numbers, features).ok_or("a number without a meaning")?;
        let rules = build::constraints(features, question, prepared);
        let forbidden: Vec<usize> =
            (0..steps.len()).filter(|&at| !rules.allowed(&steps[..at], steps[at].0, steps[at].1)).collect();
        let mut answer = answer(id, &steps, features, question, prepared, repeats);
        answer["forbidden"] = json!(forbidden);
        Ok(writeln!(out, "{answer}")?)
    })
}

/// The numbers of some steps: symbol and choice.
type Numbers = Vec<(usize, usize)>;

fn by_id(path: &str) -> Result<HashMap<String, Numbers>, Box<dyn Error>> {
    let mut found = HashMap::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let object: Value = serde_json::from_str(line)?;
        found.insert(object["id"].to_string(), serde_json::from_value(object["steps"].clone())?);
    }
    Ok(found)
}

fn choices(numbers: &[(usize, usize)], features: &Features) -> Option<Vec<(Symbol, Choice)>> {
    let first = productions().len();
    let words = first + features.words.len();
    let choice = |number: usize| match number {
        _ if number < first => Choice::Production(number),
        _ if number < words => Choice::Word(number - first),
        _ => Choice::Item(number - words),
    };
    numbers.iter().map(|(symbol, number)| Some((*SYMBOLS.get(*symbol)?, choice(*number)))).collect()
}

fn answer(
    id: &Value,
    steps: &[(Symbol, Choice)],
    features: &Features,
    question: &Question,
    prepared: &Prepared,
    repeats: bool,
) -> Value {
    let built = match build::built(steps, features, question, prepared) {
        Ok(built) => built,
        Err(error) => return json!({"id": id, "error": error.to_string()}),
    };
    let unknown: Vec<&String> = built.unknown_values.iter().map(|unknown| &unknown.text).collect();
    let read_back = build::steps(&built.query, features, question, prepared);
    let again = read_back.as_ref().map(|steps| build::query(steps, features, question, prepared).as_ref() == Ok(&built.query));
    let query = if repeats { build::repeating(built.query) } else { built.query };
    match render::sql(&query, prepared.schema(), prepared.graph()) {
        Ok(sql) => json!({"id": id, "sql": sql, "unknown": unknown, "again": again, "same": read_back.as_deref() == Some(steps)}),
        Err(error) => json!({"id": id, "error": error.to_string()}),
    }
}
