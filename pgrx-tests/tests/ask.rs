//! The four ways to ask, by ordinary clients and by psql.

use nl_query_tests::{Cluster, Database, Table};

fn zoo(name: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    database.run(
        "CREATE TABLE keepers (keeper_id int PRIMARY KEY, name text NOT NULL);
         CREATE TABLE animals (animal_id int PRIMARY KEY, name text NOT NULL, species text NOT NULL, weight_kg numeric NOT NULL,
                               keeper_id int REFERENCES keepers);
         INSERT INTO keepers VALUES (1, 'Ada'), (2, 'Grace');
         INSERT INTO animals VALUES (1, 'Kiko', 'Giraffe', 800, 1), (2, 'Nala', 'Lion', 130.5, 2), (3, 'Simba', 'Lion', 190, 2);
         ANALYZE",
    );
    database
}

#[test]
fn nl_sql_gives_a_statement_that_answers() {
    let zoo = zoo("ask_sql");
    assert_eq!(zoo.answer("how many animals are there?"), "3");
}

#[test]
fn nl_query_gives_rows_as_json_with_keys_in_column_order() {
    let zoo = zoo("ask_json");
    let mut client = zoo.connect();
    let rows = client.query("SELECT * FROM nl_query($1)", &[&"names and weights of all lions"]).expect("nl_query");
    assert_eq!(rows.len(), 2);
    let table = Table::of(&mut client, "SELECT q::text FROM nl_query('names and weights of all lions') AS q").expect("nl_query");
    for row in &table.rows {
        let text = row[0].clone().expect("a row of json");
        let object: serde_json::Value = serde_json::from_str(&text).expect("json");
        assert!(object.is_object(), "{text}");
        let (name, weight) = (text.find("\"name\""), text.find("\"weight_kg\""));
        assert!(name.is_some() && weight.is_some() && name < weight, "{text}");
    }
}

#[test]
fn nl_explain_says_what_was_understood() {
    let zoo = zoo("ask_explain");
    let mut client = zoo.connect();
    let text = Table::of(&mut client, "SELECT * FROM nl_explain('how many animals per species')").expect("nl_explain");
    let text: Vec<String> = text.rows.iter().filter_map(|r| r[0].clone()).collect();
    let text = text.join("\n").to_lowercase();
    for part in ["select", "species", "confidence"] {
        assert!(text.contains(part), "no \"{part}\" in:\n{text}");
    }
    let json = zoo.value("SELECT * FROM nl_explain('how many animals per species', format => 'json')");
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert!(json.to_string().to_lowercase().contains("group by"), "{json}");
}

#[test]
fn nl_candidates_ranks_readings() {
    let zoo = zoo("ask_candidates");
    let mut client = zoo.connect();
    let rows = client.query("SELECT rank, sql, confidence FROM nl_candidates('heaviest animal', 3)", &[]).expect("nl_candidates");
    assert!(!rows.is_empty() && rows.len() <= 3);
    let confidences: Vec<f64> = rows.iter().map(|r| r.get("confidence")).collect();
    assert!(confidences.windows(2).all(|w| w[0] >= w[1]), "{confidences:?}");
    let ranks: Vec<i32> = rows.iter().map(|r| r.get("rank")).collect();
    assert_eq!(ranks, (1..=rows.len() as i32).collect::<Vec<_>>());
}

#[test]
fn a_question_may_come_as_people_type_it() {
    let zoo = zoo("ask_typed");
    for question in ["how many animals", "HOW MANY ANIMALS?", "  how many animals are there .  ", "How many animlas are there?"] {
        assert_eq!(zoo.answer(question), "3", "{question}");
    }
}

#[test]
fn psql_shows_an_error_that_helps() {
    let zoo = zoo("ask_psql");
    let mut psql = Cluster::shared().psql(&zoo.name, "postgres");
    let out = psql.args(["-c", "SELECT nl_sql('what is the weather')"]).output().expect("psql");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success(), "the weather was answered");
    assert!(said.contains("ERROR:") && said.contains("HINT:"), "{said}");
}
