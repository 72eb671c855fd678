//! A role learns nothing from nl_query that it could not read by itself: no rows, and no names either.

use nl_query_tests::{Cluster, Database, Refusal, Table, ask, refusal};

/// A role with one table and two columns of another; the rest of the schema carries names that occur nowhere else.
fn clinic(name: &str, role: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    database.plain_role(role);
    database.run(&format!(
        "CREATE TABLE visits (visit_id int PRIMARY KEY, visited date, room text);
         INSERT INTO visits VALUES (1, '2024-01-05', 'A'), (2, '2024-01-06', 'B');
         CREATE TABLE patients (patient_id int PRIMARY KEY, city text, zymurgic text);
         INSERT INTO patients VALUES (1, 'Turin', 'Xanthippe'), (2, 'Lyon', 'Quetzal');
         CREATE TABLE vulcanized (vulcanized_id int PRIMARY KEY, patient_id int REFERENCES patients, amount int);
         INSERT INTO vulcanized VALUES (1, 1, 7);
         CREATE SCHEMA cryptic; CREATE TABLE cryptic.ledger (x int); GRANT SELECT ON cryptic.ledger TO {role};
         GRANT SELECT ON visits TO {role};
         GRANT SELECT (patient_id, city) ON patients TO {role};
         ANALYZE"
    ));
    database
}

/// Names and values that the role may not see.
const SECRETS: [&str; 6] = ["zymurgic", "vulcanized", "amount", "Xanthippe", "Quetzal", "ledger"];

fn everything_said(database: &Database<'_>, role: &str, question: &str) -> String {
    let mut said = String::new();
    for call in ["nl_sql($$%$$)", "nl_query($$%$$)", "nl_explain($$%$$)", "nl_explain($$%$$, 'json')", "nl_candidates($$%$$, 10)"]
    {
        let mut client = database.connect_as(role);
        let sql = format!("SELECT * FROM {} AS t", call.replace('%', question));
        match Table::of(&mut client, &sql) {
            Ok(table) => said.push_str(&format!("{:?}\n", table.rows)),
            Err(e) => {
                let e = Refusal::from(&e);
                said.push_str(&format!("{} {} {}\n", e.message, e.detail, e.hint));
            }
        }
    }
    said
}

#[test]
fn what_may_be_read_is_answered() {
    let database = clinic("priv_allowed", "priv_allowed_role");
    let mut client = database.connect_as("priv_allowed_role");
    let sql = ask(&mut client, "how many visits are there").expect("an answer");
    assert_eq!(Table::of(&mut client, &sql).expect("runs").only_value().as_deref(), Some("2"));
    let sql = ask(&mut client, "cities of all patients").expect("an answer");
    assert_eq!(Table::of(&mut client, &sql).expect("runs").rows.len(), 2, "{sql}");
}

#[test]
fn names_and_values_out_of_sight_stay_there() {
    let database = clinic("priv_hidden", "priv_hidden_role");
    let questions = [
        "how many visits per room",
        "show all patients with everything about them",
        "patients named Xanthip",
        "what is there to ask about?",
        "total of all patients",
        "all about patients and what belongs to them",
        "show me every table",
    ];
    for question in questions {
        let said = everything_said(&database, "priv_hidden_role", question);
        for secret in SECRETS {
            assert!(
                !said.to_lowercase().contains(&secret.to_lowercase()),
                "\"{secret}\" is in what \"{question}\" gave:\n{said}"
            );
        }
    }
}

#[test]
fn asking_for_a_hidden_name_is_like_asking_for_none() {
    let database = clinic("priv_same", "priv_same_role");
    let mut client = database.connect_as("priv_same_role");
    let hidden = refusal(&mut client, "SELECT nl_sql('how many vulcanized are there')");
    let nothing = refusal(&mut client, "SELECT nl_sql('how many quixotries are there')");
    assert_eq!(hidden.sqlstate, nothing.sqlstate, "{hidden:?} {nothing:?}");
    assert_eq!(hidden.message.replace("vulcanized", "quixotries"), nothing.message);
    assert_eq!(hidden.hint, nothing.hint);
}

#[test]
fn grants_and_revokes_count_at_once() {
    let database = clinic("priv_grant", "priv_grant_role");
    let mut client = database.connect_as("priv_grant_role");
    let question = "how many vulcanized are there";
    ask(&mut client, question).expect_err("not granted yet");
    database.run("GRANT SELECT ON vulcanized TO priv_grant_role");
    let sql = ask(&mut client, question).expect("granted");
    assert_eq!(Table::of(&mut client, &sql).expect("runs").only_value().as_deref(), Some("1"));
    database.run("REVOKE SELECT ON vulcanized FROM priv_grant_role");
    ask(&mut client, question).expect_err("revoked");
}

#[test]
fn row_level_security_holds() {
    let database = clinic("priv_rls", "priv_rls_role");
    database.run("ALTER TABLE visits ENABLE ROW LEVEL SECURITY; CREATE POLICY one_room ON visits USING (room = 'A')");
    let mut client = database.connect_as("priv_rls_role");
    let row = client.query_one("SELECT count(*) FROM nl_query('show all visits')", &[]).expect("nl_query");
    assert_eq!(row.get::<_, i64>(0), 1);
}
