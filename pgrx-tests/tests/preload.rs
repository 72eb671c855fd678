//! Where the library is not loaded at server start: the objects can exist, and each function says what is missing.

use nl_query_tests::{Cluster, Options, refusal};

#[test]
fn functions_say_that_the_library_must_be_preloaded() {
    let cluster = Cluster::start(&Options::default().without_preload());
    let database = cluster.database("bare");
    for call in ["nl_sql('x')", "nl_query('x')", "nl_record('x') AS t (a int)", "nl_explain('x')", "nl_candidates('x')"] {
        let said = refusal(&mut database.connect(), &format!("SELECT * FROM {call}"));
        assert_eq!(said.sqlstate, "55000", "{call}: {said:?}");
        assert!(said.hint.contains("shared_preload_libraries"), "{call}: {said:?}");
    }
}

#[test]
fn views_do_not_stop_pg_dump() {
    let cluster = Cluster::start(&Options::default().without_preload());
    cluster.database("bare");
    let out = cluster.client("pg_dump", "postgres").arg("bare").output().expect("pg_dump");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("CREATE EXTENSION IF NOT EXISTS nl_query"));
}
