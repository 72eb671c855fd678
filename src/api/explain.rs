//! `nl_explain`: how a question is read, in lines for people or as one json object for programs.

use std::time::Duration;

use nl_query_core::error::Error;
use pgrx::iter::SetOfIterator;
use pgrx::prelude::*;
use serde_json::{Value, json};

use crate::cache::Level;
use crate::catalog::Origin;
use crate::pg::report::report;
use crate::service::{self, Explained, Understood};

use super::OrRaise;

/// How the question is understood: SQL, engine, confidence, word by word, times.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_explain(question: &str, format: default!(&str, "'text'")) -> SetOfIterator<'static, String> {
    let as_json = match format.to_ascii_lowercase().as_str() {
        "text" => Ok(false),
        "json" => Ok(true),
        _ => Err(Error::Argument {
            message: format!("unrecognized format: \"{format}\""),
            hint: "Formats are \"text\" and \"json\".".to_owned(),
        }),
    };
    let as_json = as_json.or_raise();
    let explained = service::explain(question).or_raise();
    let lines = if as_json { vec![object(explained).to_string()] } else { lines(explained) };
    SetOfIterator::new(lines)
}

fn lines(explained: Explained) -> Vec<String> {
    let Explained { understood, chosen, remembered, times } = explained;
    let mut lines = Vec::new();
    match chosen {
        Ok(chosen) => {
            let best = &understood.candidates()[chosen.place];
            lines.push("SQL:".to_owned());
            lines.extend(best.sql.lines().map(|line| format!("  {line}")));
            lines.push(format!("In words: {}", best.paraphrase));
            lines.push(format!("Engine: embedded, confidence {:.2}", best.confidence));
            lines.push(format!("Plan: cost {:.2}, rows {:.0}", chosen.proof.plan_cost, chosen.proof.plan_rows));
        }
        Err(error) => {
            let error = report(error);
            lines.push(format!("No answer: {}", error.message()));
            lines.extend(error.detail().into_iter().flat_map(str::lines).map(|line| format!("  {line}")));
            lines.extend(error.hint().map(|hint| format!("Hint: {hint}")));
            lines.push("Engine: embedded".to_owned());
        }
    }
    lines.extend(word_lines(&understood));
    if understood.left_out() > 0 {
        lines.push(format!("Left out: {} relations beyond nl_query.max_relations", understood.left_out()));
    }
    lines.push(format!("Cache: {}, catalog {}", tier(remembered), origin(understood.origin)));
    let times: Vec<String> =
        times.iter().map(|(stage, time)| format!("{} {:.3} ms", stage.name(), milliseconds(*time))).collect();
    lines.push(format!("Time: {}", times.join(", ")));
    lines
}

fn word_lines(understood: &Understood) -> Vec<String> {
    if understood.words().is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["Words:".to_owned()];
    for account in understood.words() {
        let rejected =
            if account.rejected.is_empty() { String::new() } else { format!(" (not {})", account.rejected.join(", ")) };
        lines.push(format!("  {}: {}{rejected}", account.words, account.meaning));
    }
    lines
}

fn object(explained: Explained) -> Value {
    let Explained { understood, chosen, remembered, times } = explained;
    let words: Vec<Value> = understood
        .words()
        .iter()
        .map(|account| json!({"words": account.words, "meaning": account.meaning, "rejected": account.rejected}))
        .collect();
    let times: serde_json::Map<String, Value> =
        times.iter().map(|(stage, time)| (stage.name().to_owned(), json!(milliseconds(*time)))).collect();
    let mut object = json!({"engine": "embedded", "cache": tier(remembered), "catalog": origin(understood.origin), "words": words,
        "left_out": understood.left_out(), "times_ms": times});
    match chosen {
        Ok(chosen) => {
            let best = &understood.candidates()[chosen.place];
            object["sql"] = json!(best.sql);
            object["paraphrase"] = json!(best.paraphrase);
            object["confidence"] = json!(best.confidence);
            object["plan_cost"] = json!(chosen.proof.plan_cost);
            object["plan_rows"] = json!(chosen.proof.plan_rows);
        }
        Err(error) => {
            let class = error.class();
            let error = report(error);
            object["error"] = json!({"class": class, "message": error.message(), "detail": error.detail(), "hint": error.hint()});
        }
    }
    object
}

fn tier(remembered: Option<Level>) -> &'static str {
    remembered.map_or("none", Level::name)
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Kept => "kept",
        Origin::Shared => "shared",
        Origin::Read => "read",
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
