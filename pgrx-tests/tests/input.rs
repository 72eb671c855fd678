//! What comes in at the front door: nothing, nonsense, far too much. An error that says what is wrong, never a crash.

use nl_query_tests::{Cluster, Refusal, refusal};

/// The functions that take a question, with a place for it.
const DOORS: [&str; 4] = ["nl_sql(%)", "nl_query(%)", "nl_explain(%)", "nl_candidates(%)"];

fn ask(database: &nl_query_tests::Database<'_>, door: &str, literal: &str) -> Refusal {
    refusal(&mut database.connect(), &format!("SELECT * FROM {}", door.replace('%', literal)))
}

#[test]
fn empty_and_blank() {
    let database = Cluster::shared().database("input_empty");
    for door in DOORS {
        for literal in ["''", "'   '", "E'\\n\\t'", "'?!.'", "E'\\u200B'"] {
            let said = ask(&database, door, literal);
            assert_eq!(said.sqlstate, "22023", "{door} {literal}: {said:?}");
        }
    }
}

#[test]
fn null_is_no_question() {
    let database = Cluster::shared().database("input_null");
    let mut client = database.connect();
    let sql: Option<String> = client.query_one("SELECT nl_sql(NULL)", &[]).expect("nl_sql(NULL)").get(0);
    assert_eq!(sql, None);
    for door in ["nl_query(NULL)", "nl_explain(NULL)", "nl_candidates(NULL)"] {
        let rows = client.query(&format!("SELECT * FROM {door}"), &[]).unwrap_or_else(|e| panic!("{door}: {e}"));
        assert!(rows.is_empty(), "{door}");
    }
}

#[test]
fn far_too_long() {
    let database = Cluster::shared().database("input_long");
    for door in DOORS {
        let said = ask(&database, door, "repeat('customers ', 100000)");
        assert_eq!(said.sqlstate, "54000", "{door}: {said:?}");
        // The question itself must not fill the log and the client's screen.
        assert!(said.message.len() + said.detail.len() < 1000, "{door}");
    }
}

#[test]
fn odd_characters_and_impossible_dates() {
    let database = Cluster::shared().database("input_odd");
    database.run("CREATE TABLE orders (order_id int PRIMARY KEY, placed date, note text); INSERT INTO orders VALUES (1, '2024-02-29', 'x')");
    let questions = [
        "how many orders on 2024-02-30",
        "orders since 31 June 2023",
        "orders between 99999-99-99 and 0000-00-00",
        "orders with note 'a\\0b'",
        "orders with note \\x00",
        "orders '); DROP TABLE orders; --",
        "orders whose note is \"\"\"\"\"\"",
        "orders with note '''",
        "🦒🦒🦒 orders 🦒",
        "orders \u{202E}gnihtyna",
        "commandes passées après Noël ?",
        "注文はいくつありますか",
        "top 99999999999999999999999999 orders",
        "orders in the year -5",
        "((((((((((((((((((((orders",
        "%s %n %d %1$s orders",
    ];
    for question in questions {
        let mut client = database.connect();
        if let Err(e) = client.query_one("SELECT nl_sql($1)", &[&question]) {
            let said = Refusal::from(&e);
            assert!(!said.sqlstate.starts_with("XX"), "{question}: {said:?}");
        }
        // The session and the table are still there.
        assert_eq!(client.query_one("SELECT count(*) FROM orders", &[]).expect("still alive").get::<_, i64>(0), 1, "{question}");
    }
}

#[test]
fn many_words_end_in_time() {
    let database = Cluster::shared().database("input_words");
    database.run("CREATE TABLE orders (order_id int PRIMARY KEY, placed date, note text)");
    let question = "orders and notes and dates ".repeat(70);
    let mut client = database.connect();
    let start = std::time::Instant::now();
    let _ = client.query("SELECT nl_sql($1)", &[&question]);
    assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
}
