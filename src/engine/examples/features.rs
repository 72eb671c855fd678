//! Prints what the trained parser sees, for training: one json object a question.
//!
//! ```text
//! features --grammar
//! features CATALOG.json VALUES.json QUESTIONS.jsonl > FEATURES.jsonl
//! ```
//!
//! CATALOG.json is the object that `sql/catalog.sql` gives, VALUES.json stands for the data that a probe would look through
//! (`{"relation name": {"column name": ["value", …]}}`), QUESTIONS.jsonl has `id` and `question` a line. Links are base16 text.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};

use nl_query_core::introspection::{Described, Seen, Sight, Whole};
use nl_query_core::schema::RelationId;
use nl_query_engine::ir::Day;
use nl_query_engine::parser::features::{CandidateKind, Features, Target, features};
use nl_query_engine::parser::grammar;
use nl_query_engine::question::{NumberValue, Question};
use nl_query_engine::{Prepared, ValueHit, ValueProbe, question, understand};
use serde_json::{Value, json};

/// The day that the questions are read on; any fixed one will do.
const TODAY: Day = Day { year: 2024, month: 6, day: 15 };

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "--grammar") {
        println!("{}", grammar::describe());
        return Ok(());
    }
    let [catalog, values, questions] = args.as_slice() else { return Err("features CATALOG.json VALUES.json QUESTIONS.jsonl".into()) };
    let whole = Whole::from_json(&std::fs::read_to_string(catalog)?)?;
    let prepared = Prepared::new(whole.seen_by(&mut OnPath, usize::MAX).schema);
    let mut probe = Values::read(values, &prepared)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::fs::read_to_string(questions)?.lines() {
        let object: Value = serde_json::from_str(line)?;
        let text = object["question"].as_str().ok_or("a line without a question")?;
        let question = question::read(text, TODAY);
        let mentions = understand::mentions(&question, &prepared, &mut probe);
        let features = features(&question, &prepared, &mentions);
        writeln!(out, "{}", describe(&object["id"], &question, &features, &prepared))?;
    }
    Ok(())
}

/// Sees what is on the search path.
struct OnPath;

impl Sight for OnPath {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        described.relation.visible.then_some(Seen { visible: true, columns: None, all_rows: true })
    }
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
                CandidateKind::Number(at) => ("number", digits(&question.numbers[*at].value), None),
                CandidateKind::Date(at) => ("date", format!("{:?}", question.dates[*at].range), None),
                CandidateKind::Capitals(text) => ("capitals", text.clone(), None),
            };
            let item = target.and_then(|target| features.items.iter().position(|item| item.target == target));
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

fn digits(value: &NumberValue) -> String {
    match value {
        NumberValue::Integer(value) => value.to_string(),
        NumberValue::Decimal(digits) => digits.clone(),
    }
}

/// Answers from a file what a probe of the data would answer.
struct Values {
    places: HashMap<String, Vec<(RelationId, usize, String)>>,
}

impl Values {
    fn read(path: &str, prepared: &Prepared) -> Result<Self, Box<dyn Error>> {
        let file: HashMap<String, HashMap<String, Vec<String>>> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let mut places: HashMap<String, Vec<(RelationId, usize, String)>> = HashMap::new();
        for (id, relation) in prepared.schema().relations.iter().enumerate() {
            let Some(columns) = file.get(&relation.name).filter(|_| relation.visible) else { continue };
            for (at, column) in relation.columns.iter().enumerate() {
                for value in columns.get(&column.name).into_iter().flatten() {
                    places.entry(value.to_lowercase()).or_default().push((id, at, value.clone()));
                }
            }
        }
        Ok(Values { places })
    }
}

impl ValueProbe for Values {
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        let mut hits = Vec::new();
        for (needle, text) in needles.iter().enumerate() {
            for (relation, column, value) in self.places.get(text).into_iter().flatten() {
                if columns.contains(&(*relation, *column)) {
                    hits.push(ValueHit { needle, relation: *relation, column: *column, value: value.clone() });
                }
            }
        }
        hits
    }
}
