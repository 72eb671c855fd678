//! Databases with more tables than `nl_query.max_relations`: a question is read against what it is about, wherever that stands in the
//! alphabet, and still only against what the role may see.

use nl_query_tests::{Cluster, Database, ask, ask_anew, refusal, value};
use postgres::Client;

/// Tables that nobody asks for.
const SHELVES: usize = 300;

/// 300 tables before, by name, those that are asked for; room for 50.
fn warehouse(name: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    database.run(&format!(
        "ALTER DATABASE {name} SET nl_query.max_relations = 50;
         DO $$BEGIN FOR i IN 1..{SHELVES} LOOP
             EXECUTE format('CREATE TABLE shelf_%s (shelf_id int PRIMARY KEY, label text, made date)', to_char(i, 'FM000'));
         END LOOP; END$$;
         ALTER TABLE shelf_277 ADD altitude int;
         INSERT INTO shelf_277 VALUES (1, 'a', '2024-01-01', 40), (2, 'b', '2024-01-02', 60);
         COMMENT ON TABLE shelf_288 IS 'Vineyards';
         INSERT INTO shelf_288 VALUES (1, 'c', '2024-01-01');
         CREATE TABLE vendors (vendor_id int PRIMARY KEY); INSERT INTO vendors VALUES (1), (2), (3), (4);
         CREATE TABLE yards (yard_id int PRIMARY KEY, city text);
         CREATE TABLE zeppelins (zeppelin_id int PRIMARY KEY, yard_id int REFERENCES yards, pilot text);
         INSERT INTO yards VALUES (1, 'Turin'), (2, 'Lyon');
         INSERT INTO zeppelins VALUES (1, 1, 'Ada'), (2, 1, 'Bob'), (3, 2, 'Cyd');
         ANALYZE"
    ));
    database
}

fn answer(client: &mut Client, question: &str) -> String {
    let sql = ask_anew(client, question).unwrap_or_else(|e| panic!("{question}: {e:?}"));
    value(client, &format!("SELECT t::text FROM ({sql}) AS t"))
}

#[test]
fn what_is_asked_for_is_found_wherever_it_stands() {
    let database = warehouse("many_found");
    let mut client = database.connect();
    // Twice: what is kept for one question must not answer another.
    for _ in 0..2 {
        for (question, said) in [
            ("how many zeppelins are there", "(3)"),
            ("how many suppliers are there", "(4)"),
            ("average altitude", "(50.0000000000000000)"),
            ("how many vineyards are there", "(1)"),
            ("pilots of zeppelins in Lyon", "(Cyd)"),
        ] {
            assert_eq!(answer(&mut client, question), said, "{question}");
        }
    }
    let sql = ask(&mut client, "number of zeppelins per city").expect("an answer");
    assert!(sql.contains("yards") && sql.contains("zeppelins"), "{sql}");
    // What was not looked at is told.
    let lines = client.query("SELECT nl_explain('how many zeppelins are there')", &[]).expect("an explanation");
    let lines: Vec<String> = lines.iter().map(|row| row.get(0)).collect();
    let left_out = format!("Left out: {} relations beyond nl_query.max_relations", SHELVES + 3 - 50);
    assert!(lines.contains(&left_out), "{lines:?}");
}

#[test]
fn a_role_is_answered_by_what_it_may_see() {
    let database = warehouse("many_roles");
    database.plain_role("many_roles_reader");
    database.run(
        "DO $$BEGIN FOR i IN 1..80 LOOP
             EXECUTE format('GRANT SELECT ON shelf_%s TO many_roles_reader', to_char(i, 'FM000'));
         END LOOP; END$$;
         GRANT SELECT (zeppelin_id, yard_id) ON zeppelins TO many_roles_reader",
    );
    let mut client = database.connect_as("many_roles_reader");
    assert_eq!(answer(&mut client, "how many zeppelins are there"), "(3)");
    for (question, hidden) in [("average altitude", "277"), ("cities of all yards", "yards"), ("pilots", "pilot")] {
        let said = refusal(&mut client, &format!("SELECT nl_sql('{question}')"));
        let said = format!("{} {} {}", said.message.replace(question, ""), said.detail, said.hint);
        assert!(!said.contains(hidden), "{question}: {said}");
    }
    // Privileges that come and go change what is found in the same session.
    database.run("GRANT SELECT ON shelf_277 TO many_roles_reader");
    assert_eq!(answer(&mut client, "average altitude"), "(50.0000000000000000)");
    database.run("REVOKE SELECT ON shelf_277 FROM many_roles_reader");
    assert!(ask_anew(&mut client, "average altitude").is_err());
}

#[test]
fn tables_come_and_go() {
    let database = warehouse("many_changes");
    let mut client = database.connect();
    let question = "how many zithers are there";
    assert!(ask_anew(&mut client, question).is_err());
    // Nobody else sees it yet, and the rest is found all the same.
    client.batch_execute("BEGIN; CREATE TABLE zithers (zither_id int); INSERT INTO zithers VALUES (1)").expect("a table");
    assert_eq!(answer(&mut client, question), "(1)");
    assert_eq!(answer(&mut client, "how many zeppelins are there"), "(3)");
    assert_eq!(answer(&mut client, question), "(1)");
    client.batch_execute("ROLLBACK").expect("ROLLBACK");
    assert!(ask_anew(&mut client, question).is_err());
    client.batch_execute("CREATE TEMP TABLE zithers AS SELECT generate_series(1, 7) AS zither_id").expect("a temporary table");
    assert_eq!(answer(&mut client, question), "(7)");
    assert_eq!(answer(&mut client, "how many zeppelins are there"), "(3)");
    client.batch_execute("DROP TABLE zithers").expect("DROP");
    database.run("CREATE TABLE zithers (zither_id int); INSERT INTO zithers VALUES (1), (2)");
    assert_eq!(answer(&mut client, question), "(2)");
}
