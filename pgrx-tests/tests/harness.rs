//! The harness as a user runs it: against a database and a server of one's own.

use nl_query_tests::bakery::bakery;
use nl_query_tests::erring::{Asked, Erring, Manners};
use nl_query_tests::model::{Answer, Model};
use nl_query_tests::{Cluster, Database};
use std::process::Command;

const QUESTIONS: [(&str, &str); 4] = [
    ("how many qwertz", "SELECT count(*) FROM loaves"),
    ("which uiop", "SELECT flour, price FROM loaves ORDER BY price"),
    ("yxcv of rye", "SELECT price FROM loaves WHERE flour = 'rye'"),
    ("dearest asdf", "SELECT flour FROM loaves ORDER BY price DESC LIMIT 1"),
];

/// A server that errs like this at the questions above.
fn model(rates: &str, mends: f64) -> Model {
    let asked = QUESTIONS.iter().enumerate().map(|(number, (question, gold))| Asked {
        id: number.to_string(),
        question: (*question).to_owned(),
        gold: (*gold).to_owned(),
        names: ["loaves", "loaf_id", "flour", "price"].map(str::to_owned).into(),
        plausible: Vec::new(),
    });
    Model::start(Erring::new(Manners { rates: rates.parse().expect("rates"), mends, stubborn: 0.0, seed: 1 }, asked.collect()))
}

/// The lines of the table, split at wide gaps: run, right, no answer, wrong, requests, …
fn harness(database: &Database<'_>, options: &[&str]) -> (Vec<Vec<String>>, String) {
    let file = std::env::temp_dir().join(format!("nlq-harness-{}-{}.jsonl", std::process::id(), database.name));
    let line = |(question, gold): &(&str, &str)| {
        serde_json::json!({"question": question, "sql": gold, "order_matters": gold.contains("ORDER BY")}).to_string()
    };
    std::fs::write(&file, QUESTIONS.iter().map(line).collect::<Vec<_>>().join("\n")).expect("a file of questions");
    let socket = database.cluster.socket();
    let dsn = format!("host={} port=5432 user=postgres dbname={}", socket.parent().expect("a folder").display(), database.name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_nl_query_harness"));
    command.args(["--dsn", &dsn, "--questions"]).arg(&file).args(options);
    let out = command.output().expect("the harness");
    let _ = std::fs::remove_file(&file);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let cells = |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
    (
        text.lines()
            .skip_while(|line| !line.starts_with("run "))
            .skip(1)
            .map(cells)
            .filter(|row: &Vec<_>| row.len() > 1)
            .collect(),
        said,
    )
}

#[test]
fn a_model_that_is_right_is_told_from_one_that_is_not() {
    let (right, wrong) = (model("", 0.0), model("plausible=1", 0.0));
    let database = bakery(Cluster::shared(), "harness_scores", &[("good", &right, ""), ("bad", &wrong, "")]);
    let (rows, _) = harness(&database, &["--server", "good", "--runs", "one answer"]);
    assert_eq!(rows[0][..5], ["one answer", "100.0", "0.0", "0.0", "1.00"], "{rows:?}");
    let (rows, said) = harness(&database, &["--server", "bad", "--runs", "one answer", "--show", "9"]);
    assert_eq!(rows[0][..5], ["one answer", "0.0", "0.0", "100.0", "1.00"], "{rows:?}\n{said}");
    assert_eq!((right.count(), wrong.count()), (4, 4));
}

#[test]
fn repairs_are_worth_what_the_model_mends() {
    let model = model("wrong-column=0.5,dialect=0.5", 1.0);
    let database = bakery(Cluster::shared(), "harness_repairs", &[("gpt", &model, "")]);
    let (rows, _) = harness(&database, &["--server", "gpt", "--runs", "one answer,repair 1"]);
    assert_eq!(rows[0][..5], ["one answer", "0.0", "100.0", "0.0", "1.00"], "{rows:?}");
    assert_eq!(rows[1][..5], ["repair 1", "100.0", "0.0", "0.0", "2.00"], "{rows:?}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    let model = Model::start(Answer::says("SELECT count(*) FROM loaves"));
    let database = bakery(Cluster::shared(), "harness_skips", &[("gpt", &model, "")]);
    let (rows, said) = harness(&database, &["--server", "gpt", "--runs", "one answer,fast then strong + repair 1"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(said.contains("skipped: fast then strong + repair 1: it wants two servers"), "{said}");
    // Without --server, the configured ones are asked.
    let (rows, _) = harness(&database, &["--runs", "one answer"]);
    assert_eq!(rows[0][..4], ["one answer", "25.0", "0.0", "75.0"], "{rows:?}");
}
