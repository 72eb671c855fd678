//! `nl_explain`: how a question is read, in lines for people or as one json object for programs.

use std::time::Duration;

use nl_query_core::error::Error;
use nl_query_core::prompt::Coverage;
use pgrx::iter::SetOfIterator;
use pgrx::prelude::*;
use serde_json::{Value, json};

use crate::cache::{Engine, Level};
use crate::catalog::Origin;
use crate::pg::report::report;
use crate::service::{self, Explained, Preview, Shown, Understood};

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
    let Explained { understood, shown, told, remembered, times } = explained;
    let mut lines = Vec::new();
    match shown {
        Ok(Shown { statement, verdict }) => {
            lines.push("SQL:".to_owned());
            lines.extend(statement.sql.lines().map(|line| format!("  {line}")));
            if !statement.paraphrase.is_empty() {
                lines.push(format!("In words: {}", statement.paraphrase));
            }
            lines.push(match (&statement.server, statement.engine) {
                (Some(server), _) => format!("Engine: model, server \"{server}\""),
                (None, Engine::Model) => "Engine: model".to_owned(),
                (None, Engine::Embedded) => format!("Engine: embedded, confidence {:.2}", statement.confidence),
            });
            lines.push(format!("Plan: cost {:.2}, rows {:.0}", verdict.plan_cost, verdict.plan_rows));
        }
        Err(error) => {
            let engine = asked(&error, understood.is_some());
            let error = report(error);
            lines.push(format!("No answer: {}", error.message()));
            lines.extend(error.detail().into_iter().flat_map(str::lines).map(|line| format!("  {line}")));
            lines.extend(error.hint().map(|hint| format!("Hint: {hint}")));
            lines.push(format!("Engine: {engine}"));
        }
    }
    lines.extend(told.as_ref().map(told_line));
    if let Some(understood) = &understood {
        lines.extend(word_lines(understood));
        if understood.left_out() > 0 {
            lines.push(format!("Left out: {} relations beyond nl_query.max_relations", understood.left_out()));
        }
    }
    let catalog = understood.map(|understood| format!(", catalog {}", origin(understood.origin))).unwrap_or_default();
    lines.push(format!("Cache: {}{catalog}", tier(remembered)));
    let times: Vec<String> =
        times.iter().map(|(stage, time)| format!("{} {:.3} ms", stage.name(), milliseconds(*time))).collect();
    lines.push(format!("Time: {}", times.join(", ")));
    lines
}

fn told_line(told: &Preview) -> String {
    let Preview { server, tokens, budget, coverage, .. } = told;
    let Coverage { relations, shortened, left_out, nearest_left_out } = coverage;
    let mut line = format!("Prompt: server \"{server}\", about {tokens} of {budget} tokens, {relations} relations");
    if *shortened > 0 {
        line.push_str(&format!(" ({shortened} shortened)"));
    }
    if *left_out > 0 {
        let more = if *left_out > nearest_left_out.len() { ", …" } else { "" };
        line.push_str(&format!(", left out {left_out}: {}{more}", nearest_left_out.join(", ")));
    }
    line
}

fn told_object(told: &Preview) -> Value {
    let Preview { server, tokens, budget, coverage, .. } = told;
    json!({
        "server": server, "tokens": tokens, "budget": budget, "relations": coverage.relations, "shortened": coverage.shortened,
        "left_out": coverage.left_out, "nearest_left_out": coverage.nearest_left_out,
    })
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
    let Explained { understood, shown, told, remembered, times } = explained;
    let words: Vec<Value> = understood
        .iter()
        .flat_map(|understood| understood.words())
        .map(|account| json!({"words": account.words, "meaning": account.meaning, "rejected": account.rejected}))
        .collect();
    let times: serde_json::Map<String, Value> =
        times.iter().map(|(stage, time)| (stage.name().to_owned(), json!(milliseconds(*time)))).collect();
    let catalog = understood.as_ref().map(|understood| origin(understood.origin));
    let left_out = understood.as_ref().map_or(0, Understood::left_out);
    let mut object =
        json!({"cache": tier(remembered), "catalog": catalog, "words": words, "left_out": left_out, "times_ms": times});
    if let Some(told) = &told {
        object["prompt"] = told_object(told);
    }
    match shown {
        Ok(Shown { statement, verdict }) => {
            object["engine"] = json!(statement.engine.name());
            object["sql"] = json!(statement.sql);
            object["plan_cost"] = json!(verdict.plan_cost);
            object["plan_rows"] = json!(verdict.plan_rows);
            object["confidence"] = json!(statement.confidence);
            match statement.engine {
                Engine::Embedded => object["paraphrase"] = json!(statement.paraphrase),
                Engine::Model => object["server"] = json!(statement.server),
            }
        }
        Err(error) => {
            object["engine"] = json!(asked(&error, understood.is_some()));
            let class = error.class();
            let error = report(error);
            object["error"] = json!({"class": class, "message": error.message(), "detail": error.detail(), "hint": error.hint()});
        }
    }
    object
}

/// Who was asked in vain.
fn asked(error: &Error, embedded: bool) -> &'static str {
    match error {
        Error::Neither { .. } => "embedded, then model",
        _ if embedded => "embedded",
        _ => "model",
    }
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
