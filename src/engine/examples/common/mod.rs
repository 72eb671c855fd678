//! What the tools that read a catalog and values from files have in common.
#![allow(dead_code)] // each tool takes the part that it needs

use std::collections::HashMap;
use std::error::Error;

use nl_query_core::introspection::{Described, Seen, Sight, Whole};
use nl_query_core::schema::RelationId;
use nl_query_engine::ir::Day;
use nl_query_engine::parser::features::{Features, features};
use nl_query_engine::question::Question;
use nl_query_engine::{Prepared, ValueHit, ValueProbe, question, understand};
use serde_json::Value;

/// The day that the questions are read on; any fixed one will do.
pub const TODAY: Day = Day { year: 2024, month: 6, day: 15 };

/// Calls `each` with the id, the question and the features of every line of QUESTIONS.
pub fn read(
    catalog: &str,
    values: &str,
    questions: &str,
    mut each: impl FnMut(&Value, &Question, &Features, &Prepared) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let prepared = prepared(catalog)?;
    let mut probe = Values::read(values, &prepared)?;
    for line in std::fs::read_to_string(questions)?.lines() {
        let object: Value = serde_json::from_str(line)?;
        let text = object["question"].as_str().ok_or("a line without a question")?;
        let question = question::read(text, TODAY);
        let mentions = understand::mentions(&question, &prepared, &mut probe);
        each(&object["id"], &question, &features(&question, &prepared, &mentions), &prepared)?;
    }
    Ok(())
}

/// The schema in a file that holds what `sql/catalog.sql` gives.
pub fn prepared(catalog: &str) -> Result<Prepared, Box<dyn Error>> {
    let whole = Whole::from_json(&std::fs::read_to_string(catalog)?)?;
    Ok(Prepared::new(whole.seen_by(&mut OnPath, usize::MAX).schema))
}

/// Sees what is on the search path.
struct OnPath;

impl Sight for OnPath {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        described.relation.visible.then_some(Seen { visible: true, columns: None, all_rows: true })
    }
}

/// Answers from a file what a probe of the data would answer.
#[derive(Default)]
pub struct Values {
    /// Lower-case value to where it stands and how it is spelled there.
    places: HashMap<String, Vec<(RelationId, usize, String)>>,
}

impl Values {
    /// Of a file by positions in the schema: `{"relation": {"column": ["value", …]}}`.
    pub fn by_position(path: &str) -> Result<Self, Box<dyn Error>> {
        let file: HashMap<RelationId, HashMap<usize, Vec<String>>> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let mut places: HashMap<String, Vec<(RelationId, usize, String)>> = HashMap::new();
        for (relation, columns) in file {
            for (column, values) in columns {
                for value in values {
                    places.entry(value.to_lowercase()).or_default().push((relation, column, value));
                }
            }
        }
        // The maps above come in any order; answers must not depend on it.
        places.values_mut().for_each(|list| list.sort());
        Ok(Values { places })
    }

    /// Of a file by the names of relations and columns.
    pub fn read(path: &str, prepared: &Prepared) -> Result<Self, Box<dyn Error>> {
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
