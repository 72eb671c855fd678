//! Everything in the corpus through `nl_prove`, as a role with few privileges: what attacks is refused for the right reason, what is
//! legitimate is allowed, and neither leaves anything behind.

use nl_query_tests::corpus::{self, Case, READER};
use postgres::Client;
use std::collections::BTreeMap;

/// What `nl_prove` says: the reason of a refusal, or none.
fn verdict(client: &mut Client, sql: &str) -> (Option<String>, String) {
    let row = client.query_one("SELECT allowed, reason, detail FROM nl_prove($1)", &[&sql]).expect("nl_prove answers");
    let (allowed, reason, detail): (bool, Option<String>, Option<String>) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(allowed, reason.is_none(), "{sql}");
    (reason, detail.unwrap_or_default())
}

/// Locks on relations, settings that differ from their defaults, and what a session may leave behind.
fn traces(client: &mut Client) -> Vec<String> {
    let sql = "SELECT format('lock %s %s %s', locktype, coalesce(relation::regclass::text, objid::text), mode) FROM pg_locks
                 WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND relation IS DISTINCT FROM 'pg_locks'::regclass
               UNION ALL SELECT format('setting %s=%s', name, setting) FROM pg_settings WHERE source = 'session'
               UNION ALL SELECT 'xid ' || pg_current_xact_id_if_assigned() WHERE pg_current_xact_id_if_assigned() IS NOT NULL
               UNION ALL SELECT 'listens to ' || c FROM pg_listening_channels() c
               UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> ''
               UNION ALL SELECT 'temporary file ' || name FROM pg_ls_tmpdir()
               UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
               ORDER BY 1";
    client.query(sql, &[]).expect("traces").into_iter().map(|row| row.get(0)).collect()
}

fn wrong(cases: Vec<Case>, client: &mut Client, mut is_right: impl FnMut(&Case, Option<&str>) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let (reason, detail) = verdict(client, &case.sql);
        if !is_right(&case, reason.as_deref()) {
            let said = reason.as_deref().unwrap_or("allowed");
            wrong.push(format!("{}\n    {}\n    said {said}, wanted {:?}: {detail}", case.name, case.sql, case.reasons));
        }
    }
    wrong
}

#[test]
fn the_corpus() {
    let cluster = corpus::cluster();
    let database = corpus::database(&cluster);
    database.run(&format!("GRANT EXECUTE ON FUNCTION pg_ls_tmpdir() TO {READER}"));
    let mut client = database.connect_as(READER);
    client.batch_execute("SET app.owner = 'me'; BEGIN").expect("BEGIN");
    traces(&mut client); // the catalogs that it reads are locked from now on
    let before = traces(&mut client);

    let attacks = corpus::attacks(&database);
    assert!(attacks.len() > 2400, "only {} attacks were read", attacks.len());
    let wrong_attacks =
        wrong(attacks, &mut client, |case, reason| reason.is_some_and(|reason| case.reasons.iter().any(|right| right == reason)));
    let legitimate = corpus::legitimate(&database);
    assert!(legitimate.len() > 80, "only {} legitimate statements were read", legitimate.len());
    let wrong_legitimate = wrong(legitimate, &mut client, |_, reason| reason.is_none());

    assert!(wrong_attacks.is_empty(), "{} attacks:\n{}", wrong_attacks.len(), first(&wrong_attacks));
    assert!(wrong_legitimate.is_empty(), "{} legitimate:\n{}", wrong_legitimate.len(), first(&wrong_legitimate));
    assert_eq!(traces(&mut client), before, "something was left behind");
}

fn first(wrong: &[String]) -> String {
    wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn refusals_are_counted_by_role_and_reason() {
    let cluster = corpus::cluster();
    let database = corpus::database(&cluster);
    let mut client = database.connect_as(READER);
    for sql in ["SELECT pg_sleep(1)", "SELECT pg_sleep(2)", "DELETE FROM countries", "SELECT 1"] {
        verdict(&mut client, sql);
    }
    let sql = "SELECT reason, count FROM pg_stat_nl_query_refusals WHERE role = 'guard_reader'";
    let rows = database.connect().query(sql, &[]).expect("the view");
    let counted: BTreeMap<String, i64> = rows.into_iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(counted.get("denied_function"), Some(&2), "{counted:?}");
    assert_eq!(counted.get("not_select"), Some(&1), "{counted:?}");
}
