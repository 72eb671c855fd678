//! A hot standby answers too, and asking writes nothing: no transaction id is taken there or on the primary.

use nl_query_tests::{Cluster, Options, Table, ask};

#[test]
fn a_standby_answers_and_follows_its_primary() {
    let primary = Cluster::start(&Options::default());
    let database = primary.database("shipped");
    database.run(
        "CREATE TABLE parcels (id int PRIMARY KEY, city text); INSERT INTO parcels VALUES (1, 'Turin'), (2, 'Lyon'); ANALYZE",
    );
    let standby = primary.standby(&Options::default());
    primary.wait_for(&standby);

    let mut client = standby.connect("shipped");
    assert!(client.query_one("SELECT pg_is_in_recovery()", &[]).expect("in recovery").get::<_, bool>(0));
    for call in ["nl_sql($1)", "nl_query($1)", "nl_explain($1)", "nl_candidates($1)"] {
        let rows = client.query(&format!("SELECT * FROM {call}"), &[&"how many parcels are there"]);
        assert!(!rows.unwrap_or_else(|e| panic!("{call} on a standby: {e:?}")).is_empty(), "{call}");
    }

    let typed = client.query_one("SELECT * FROM nl_query('how many parcels are there')", &[]).expect("expanded");
    assert_eq!(typed.get::<_, i64>(0), 2);

    // New tables arrive through the log, with no command of this session.
    database.run("CREATE TABLE couriers (id int PRIMARY KEY, name text); INSERT INTO couriers VALUES (1, 'Ada')");
    primary.wait_for(&standby);
    let sql = ask(&mut client, "how many couriers are there").expect("a new table");
    assert_eq!(Table::of(&mut client, &sql).expect("runs").only_value().as_deref(), Some("1"));
}

#[test]
fn asking_takes_no_transaction_id() {
    let database = Cluster::shared().database("xid");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY, city text); INSERT INTO parcels VALUES (1, 'Turin'); ANALYZE");
    let mut client = database.connect();
    let mut transaction = client.transaction().expect("BEGIN");
    for question in ["how many parcels are there", "parcels in Turin"] {
        for call in ["nl_sql($1)", "nl_query($1)", "nl_explain($1)", "nl_candidates($1)"] {
            transaction.query(&format!("SELECT * FROM {call}"), &[&question]).unwrap_or_else(|e| panic!("{call}: {e:?}"));
        }
    }
    for question in ["how many parcels are there", "parcels in Turin"] {
        transaction.query(&format!("SELECT * FROM nl_query('{question}')"), &[]).unwrap_or_else(|e| panic!("expanded: {e:?}"));
    }
    let id: Option<String> = transaction.query_one("SELECT pg_current_xact_id_if_assigned()::text", &[]).expect("the id").get(0);
    assert_eq!(id, None);
    let read_only: String = transaction.query_one("SHOW transaction_read_only", &[]).expect("SHOW").get(0);
    assert_eq!(read_only, "off", "the answer's own settings must not stay");
}
