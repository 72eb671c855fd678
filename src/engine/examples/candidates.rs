//! Prints all candidates of questions with their traits for training the judge, and the one that the judge that ships takes: one json
//! object a question.
//!
//! ```text
//! candidates CATALOG.json VALUES.json QUESTIONS.jsonl [WEIGHTS.bin] > CANDIDATES.jsonl
//! ```
//!
//! The first three are those of `features`; without the fourth the weights that ship are used. Candidates stand in the order of their
//! making, so that the first is the network's own choice. Where questions are refused before anything is understood there are none.

use std::error::Error;
use std::io::{BufWriter, Write};

use nl_query_engine::parser::candidates::{self, Asked};
use nl_query_engine::parser::{Network, rank};
use nl_query_engine::{question, understand};
use serde_json::{Value, json};

mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (catalog, values, questions, weights) = match args.as_slice() {
        [catalog, values, questions] => (catalog, values, questions, None),
        [catalog, values, questions, weights] => (catalog, values, questions, Some(weights)),
        _ => return Err("candidates CATALOG.json VALUES.json QUESTIONS.jsonl [WEIGHTS.bin]".into()),
    };
    let other = weights.map(std::fs::read).transpose()?.map(|bytes| Network::read(bytes.leak())).transpose()?;
    let network = other.as_ref().unwrap_or_else(|| Network::shipped());
    let prepared = common::prepared(catalog)?;
    let mut probe = common::Values::read(values, &prepared)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (at, line) in std::fs::read_to_string(questions)?.lines().enumerate() {
        let object: Value = serde_json::from_str(line)?;
        let question = question::read(object["question"].as_str().ok_or("a line without a question")?, common::TODAY);
        let understanding = understand::understand(&question, &prepared, &mut probe);
        let asked = Asked { question: &question, prepared: &prepared, understanding: &understanding };
        let (made, _) = candidates::made(&asked, network, None);
        let judged = candidates::judged(&asked, made.clone(), candidates::shipped_forest());
        let best = judged.first().map(|best| json!({ "sql": best.sql, "confidence": best.confidence }));
        let made: Vec<Value> = made
            .iter()
            .map(|one| json!({ "sql": one.sql, "traits": one.traits, "reading": one.reading, "network": one.origin.network }))
            .collect();
        let mut line = json!({ "id": object["id"], "candidates": made, "best": best });
        if at == 0 {
            line["names"] = json!(rank::traits::names());
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}
