//! UTF-8 databases only: others are refused with words that help, at CREATE EXTENSION or at the first question.

use nl_query_tests::{Cluster, refusal};
use postgres::Client;

/// CREATE EXTENSION may refuse already; where it does not, asking must.
fn refused_in(client: &mut Client) -> nl_query_tests::Refusal {
    match client.batch_execute("CREATE EXTENSION nl_query") {
        Err(e) => nl_query_tests::Refusal::from(&e),
        Ok(()) => refusal(client, "SELECT nl_sql('how many parcels')"),
    }
}

#[test]
fn other_encodings_are_refused() {
    let cluster = Cluster::shared();
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
        let name = format!("enc_{}", encoding.to_lowercase());
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
        cluster.connect("postgres").batch_execute(&sql).expect("CREATE DATABASE");
        let said = refused_in(&mut cluster.connect(&name));
        assert_eq!(said.sqlstate, "0A000", "{encoding}: {said:?}");
        assert!(said.message.contains("UTF8") && said.message.contains(encoding), "{encoding}: {said:?}");
    }
}

#[test]
fn a_client_may_speak_another_encoding() {
    let database = Cluster::shared().database("enc_client");
    database.run("CREATE TABLE straße (länge int); INSERT INTO straße VALUES (7), (9)");
    let mut psql = Cluster::shared().psql("enc_client", "postgres");
    psql.env("PGCLIENTENCODING", "LATIN1").args(["-At", "-c"]);
    // "straße" in Latin-1.
    let question = [&b"SELECT nl_sql('how many stra"[..], &[0xDF], b"e are there')"].concat();
    let out = psql.arg(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&question)).output().expect("psql");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stdout.contains(&0xDF), "{}", String::from_utf8_lossy(&out.stdout));
}
