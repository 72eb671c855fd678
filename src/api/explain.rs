//! `nl_explain`: how a question is read, in lines for people or as one json object for programs.

use std::time::Duration;

use nl_query_core::error::Error;
use pgrx::iter::SetOfIterator;
use pgrx::prelude::*;
use serde_json::{Value, json};

use crate::catalog::Origin;
use crate::guard::Verdict;
use crate::pg::report::report;
use crate::service::{self, Chosen, Understood};

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
    let (understood, chosen) = service::explain(question).or_raise();
    let lines = if as_json { vec![object(&understood, chosen).to_string()] } else { lines(&understood, chosen) };
    SetOfIterator::new(lines)
}

fn lines(understood: &Understood, chosen: Result<Chosen<Verdict>, Error>) -> Vec<String> {
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
    lines.extend(word_lines(understood));
    if understood.left_out() > 0 {
        lines.push(format!("Left out: {} relations beyond nl_query.max_relations", understood.left_out()));
    }
    lines.push(format!("Cache: none, catalog {}", origin(understood.origin)));
    let times: Vec<String> =
        times(understood).iter().map(|(stage, time)| format!("{stage} {:.3} ms", milliseconds(*time))).collect();
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

fn object(understood: &Understood, chosen: Result<Chosen<Verdict>, Error>) -> Value {
    let words: Vec<Value> = understood
        .words()
        .iter()
        .map(|account| json!({"words": account.words, "meaning": account.meaning, "rejected": account.rejected}))
        .collect();
    let times: serde_json::Map<String, Value> =
        times(understood).iter().map(|(stage, time)| ((*stage).to_owned(), json!(milliseconds(*time)))).collect();
    let mut object = json!({"engine": "embedded", "cache": "none", "catalog": origin(understood.origin), "words": words,
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

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Kept => "kept",
        Origin::Read => "read",
    }
}

fn times(understood: &Understood) -> [(&'static str, Duration); 5] {
    let times = understood.times;
    [("catalog", times.catalog), ("engine", times.engine), ("probe", times.probe), ("prove", times.prove), ("total", times.total)]
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
