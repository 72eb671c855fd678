//! The questions that are asked, from a file with one JSON object a line.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A question and its right answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub id: String,
    /// The schema, or the whole search_path; none: as the session has it.
    pub db: Option<String>,
    pub question: String,
    pub gold: String,
    /// The order of the rows belongs to the answer.
    pub ordered: bool,
}

/// So many of a file's questions, evenly spread over it. A text that comes again is left out: nobody could tell which one is meant.
pub fn read(file: &Path, limit: usize) -> Result<Vec<Question>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let question = parse(line, number + 1).map_err(|why| format!("{}, line {}: {why}", file.display(), number + 1))?;
        if seen.insert(question.question.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()) {
            all.push(question);
        }
    }
    Ok(spread(all, limit))
}

fn parse(line: &str, number: usize) -> Result<Question, String> {
    let object: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = object.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    Ok(Question {
        id: id.unwrap_or_else(|| number.to_string()),
        db: text("db"),
        question: text("question").ok_or("there is no \"question\"")?,
        gold: text("gold_sql_pg").or_else(|| text("sql")).ok_or("there is neither \"sql\" nor \"gold_sql_pg\"")?,
        ordered: object.get("order_matters").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn spread<T>(all: Vec<T>, limit: usize) -> Vec<T> {
    let (count, limit) = (all.len(), limit.min(all.len()));
    // The places k * count / limit, rounded down.
    let is_taken = |place: usize| (place * limit) % count.max(1) < limit;
    all.into_iter().enumerate().filter(|(place, _)| is_taken(*place)).map(|(_, question)| question).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_line_are_read() {
        let own = parse(r#"{"question": "how many?", "sql": "SELECT 1"}"#, 7).expect("a question");
        assert_eq!((own.id.as_str(), own.gold.as_str(), own.db, own.ordered), ("7", "SELECT 1", None, false));
        let line = r#"{"id": 3, "db": "a", "question": "how many?", "gold_sql_pg": "SELECT 2", "order_matters": true}"#;
        let theirs = parse(line, 1).expect("a question");
        assert_eq!((theirs.id.as_str(), theirs.gold.as_str(), theirs.ordered), ("3", "SELECT 2", true));
        for wrong in ["{", r#"{"question": "how many?"}"#, r#"{"sql": "SELECT 1"}"#] {
            assert!(parse(wrong, 1).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_part_is_spread_evenly() {
        for (count, limit) in [(6820, 200), (10, 3), (10, 10), (3, 200), (7, 1), (0, 5)] {
            let taken = spread((0..count).collect::<Vec<usize>>(), limit);
            assert_eq!(taken.len(), limit.min(count), "{count} {limit}");
            let gaps: Vec<usize> = taken.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let (least, most) = (gaps.iter().min(), gaps.iter().max());
            assert!(least.zip(most).is_none_or(|(least, most)| most - least <= 1), "{gaps:?}");
        }
    }
}
