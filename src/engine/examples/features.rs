//! Prints what the trained parser sees, for training: one json object a question.
//!
//! ```text
//! features --grammar
//! features CATALOG.json VALUES.json QUESTIONS.jsonl > FEATURES.jsonl
//! ```
//!
//! CATALOG.json is the object that `sql/catalog.sql` gives, VALUES.json stands for the data that a probe would look through
//! (`{"relation name": {"column name": ["value", …]}}`), QUESTIONS.jsonl has `id` and `question` a line. Links are base16 text.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};

use nl_query_engine::Prepared;
use nl_query_engine::parser::features::{CandidateKind, Features, Target};
use nl_query_engine::parser::grammar;
use nl_query_engine::question::Question;
use serde_json::{Value, json};

mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "--grammar") {
        println!("{}", grammar::describe());
        return Ok(());
    }
    let [catalog, values, questions] = args.as_slice() else {
        return Err("features CATALOG.json VALUES.json QUESTIONS.jsonl".into());
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    common::read(catalog, values, questions, |id, question, features, prepared| {
        Ok(writeln!(out, "{}", describe(id, question, features, prepared))?)
    })
}

fn describe(id: &Value, question: &Question, features: &Features, prepared: &Prepared) -> Value {
    let relations = &prepared.schema().relations;
    let items: Vec<Value> = features
        .items
        .iter()
        .map(|item| match item.target {
            Target::Relation(relation) => json!([item.kind, item.words, relations[relation].name]),
            Target::Column((relation, column)) => {
                json!([item.kind, item.words, relations[relation].name, relations[relation].columns[column].name])
            }
        })
        .collect();
    let candidates: Vec<Value> = features
        .candidates
        .iter()
        .map(|candidate| {
            let (kind, text, target) = match &candidate.kind {
                CandidateKind::Stored(value) => ("stored", value.text.clone(), Some(Target::Column(value.column))),
                CandidateKind::Quoted(text) => ("quoted", text.clone(), None),
                CandidateKind::Number(at) => ("number", question.numbers[*at].value.digits(), None),
                CandidateKind::Date(at) => ("date", format!("{:?}", question.dates[*at].range), None),
                CandidateKind::Capitals(text) => ("capitals", text.clone(), None),
            };
            let item = target.and_then(|target| features.item(target));
            json!([candidate.words.start, candidate.words.end, kind, text, item])
        })
        .collect();
    let links = features.links.iter().fold(String::new(), |mut text, link| {
        let _ = write!(text, "{link:02x}");
        text
    });
    let lower: Vec<&str> = question.tokens.iter().take(features.words.len()).map(|token| token.lower.as_str()).collect();
    json!({
        "id": id, "words": features.words, "lower": lower, "flags": features.flags, "items": items, "relations": features.relations,
        "links": links, "candidates": candidates,
    })
}
