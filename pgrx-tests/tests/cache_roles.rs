//! What one role was answered is nobody else's: names, values, statements and texts of questions stay with those who may see them,
//! whatever role a session takes on and whoever asked first.

use nl_query_tests::{Cluster, Database, Refusal, Table, ask, ask_anew, refusal};
use postgres::Client;
use std::sync::MutexGuard;

/// Two roles, each with a table and a column of its own, rows of its own, and a schema of its own first on its path.
fn house(name: &str) -> (Database<'static>, MutexGuard<'static, ()>) {
    let (cluster, turn) = Cluster::alone();
    let database = cluster.database(name);
    for who in ["left", "right"] {
        database.plain_role(&format!("{name}_{who}"));
    }
    let sql = "
        CREATE TABLE visits (visit_id int PRIMARY KEY, city text, owner_name text, zymurgic text, quixotic text);
        INSERT INTO visits VALUES (1, 'Xanthi', '{n}_left', 'a', 'b'), (2, 'Quimper', '{n}_right', 'c', 'd');
        ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_rows ON visits USING (owner_name = current_user);
        GRANT SELECT (visit_id, city, owner_name, zymurgic) ON visits TO {n}_left;
        GRANT SELECT (visit_id, city, owner_name, quixotic) ON visits TO {n}_right;
        CREATE TABLE vulcanized (id int, hue text); INSERT INTO vulcanized VALUES (1, 'Xylenol');
        CREATE TABLE yttrious (id int, hue text); INSERT INTO yttrious VALUES (1, 'Quercitron'), (2, 'Quercitron');
        GRANT SELECT ON vulcanized TO {n}_left; GRANT SELECT ON yttrious TO {n}_right;
        CREATE SCHEMA xeric; CREATE TABLE xeric.parcels (id int, xebec int); INSERT INTO xeric.parcels VALUES (1, 1);
        CREATE SCHEMA quaint; CREATE TABLE quaint.parcels (id int, quagga int); INSERT INTO quaint.parcels VALUES (1, 1), (2, 2);
        GRANT USAGE ON SCHEMA xeric TO {n}_left; GRANT SELECT ON xeric.parcels TO {n}_left;
        GRANT USAGE ON SCHEMA quaint TO {n}_right; GRANT SELECT ON quaint.parcels TO {n}_right;
        ANALYZE";
    database.run(&sql.replace("{n}", name));
    (database, turn)
}

/// What only the one of them may see.
const LEFT: [&str; 6] = ["xanthi", "zymurgic", "vulcanized", "xylenol", "xeric", "xebec"];
const RIGHT: [&str; 6] = ["quimper", "quixotic", "yttrious", "quercitron", "quaint", "quagga"];

/// Asked by both; none holds a secret whole.
const QUESTIONS: [&str; 12] = [
    "how many visits are there",
    "visits per city",
    "all about visits",
    "show everything",
    "how many visits in quimpe",
    "how many visits in xanth",
    "how many parcels are there",
    "all about parcels",
    "hues and how often each",
    "what is there to ask about?",
    "how many vulcanised are there",
    "how many ytrious are there",
];

fn everything_said(client: &mut Client, question: &str) -> String {
    let mut said = String::new();
    for call in [
        "nl_sql($$%$$)",
        "nl_sql($$%$$)",
        "nl_query($$%$$)",
        "nl_explain($$%$$)",
        "nl_explain($$%$$, 'json')",
        "nl_candidates($$%$$, 10)",
    ] {
        let sql = format!("SELECT * FROM {} AS t", call.replace('%', question));
        match Table::of(client, &sql) {
            Ok(table) => said.push_str(&format!("{:?}\n", table.rows)),
            Err(e) => {
                let e = Refusal::from(&e);
                said.push_str(&format!("{} {} {}\n", e.message, e.detail, e.hint));
            }
        }
    }
    said
}

fn holds_none(said: &str, secrets: &[&str], what: &str) {
    let small = said.to_lowercase();
    for secret in secrets {
        assert!(!small.contains(secret), "\"{secret}\" is in what {what} gave:\n{said}");
    }
}

fn tell_secrets(left: &mut Client, right: &mut Client, what: &str) {
    for question in QUESTIONS {
        holds_none(&everything_said(left, question), &RIGHT, &format!("{what}: left \"{question}\""));
        holds_none(&everything_said(right, question), &LEFT, &format!("{what}: right \"{question}\""));
    }
}

#[test]
fn nothing_crosses_between_sessions_of_two_roles() {
    let (database, _turn) = house("two_sessions");
    let mut left = database.connect_as("two_sessions_left");
    let mut right = database.connect_as("two_sessions_right");
    // The superuser asks first: what is in the shared tiers then holds everything.
    let mut all = database.connect();
    for question in QUESTIONS {
        everything_said(&mut all, question);
    }
    for round in ["first", "second"] {
        tell_secrets(&mut left, &mut right, round);
    }
    // The secrets are there for those who may see them: the test would see them cross.
    assert!(everything_said(&mut left, "zymurgic of all visits").contains("SELECT zymurgic"));
    assert!(everything_said(&mut right, "quixotic of all visits").contains("SELECT quixotic"));
    assert!(everything_said(&mut left, "how many vulcanised are there").contains("vulcanized"));
    assert!(everything_said(&mut right, "visits per city").contains("Quimper"));
}

#[test]
fn nothing_crosses_within_a_session_that_changes_its_role() {
    let (database, _turn) = house("one_session");
    let mut client = database.connect();
    for round in 0..3 {
        for question in QUESTIONS {
            for (role, secrets) in [("one_session_left", RIGHT), ("one_session_right", LEFT)] {
                client.batch_execute(&format!("SET ROLE {role}")).expect("SET ROLE");
                holds_none(&everything_said(&mut client, question), &secrets, &format!("round {round}, {role} \"{question}\""));
                client.batch_execute("RESET ROLE").expect("RESET ROLE");
            }
        }
        // Back as the superuser, who sees all again.
        assert!(ask(&mut client, "how many vulcanized are there").is_ok());
    }
    // SET LOCAL ROLE, and a role that a rolled-back savepoint takes back.
    client.batch_execute("BEGIN; SET LOCAL ROLE one_session_left").expect("SET LOCAL ROLE");
    assert!(ask(&mut client, "how many vulcanized are there").is_ok());
    client.batch_execute("SAVEPOINT s; SET LOCAL ROLE one_session_right").expect("SET LOCAL ROLE");
    holds_none(&format!("{:?}", ask(&mut client, "how many vulcanised are there")), &["vulcanized"], "right");
    client.batch_execute("ROLLBACK TO s").expect("ROLLBACK TO");
    assert!(ask(&mut client, "how many vulcanized are there").is_ok());
    client.batch_execute("ROLLBACK").expect("ROLLBACK");
}

#[test]
fn run_as_asks_as_that_role() {
    let (database, _turn) = house("run_as");
    let mut client = database.connect();
    assert!(ask(&mut client, "how many vulcanized are there").is_ok());
    for round in 0..2 {
        client.batch_execute("SET nl_query.run_as = run_as_right").expect("SET");
        for question in QUESTIONS {
            holds_none(&everything_said(&mut client, question), &LEFT, &format!("round {round}, run_as right \"{question}\""));
        }
        client.batch_execute("SET nl_query.run_as = run_as_left").expect("SET");
        for question in QUESTIONS {
            holds_none(&everything_said(&mut client, question), &RIGHT, &format!("round {round}, run_as left \"{question}\""));
        }
        client.batch_execute("RESET nl_query.run_as").expect("RESET");
        assert!(ask(&mut client, "how many vulcanized are there").is_ok());
    }
}

#[test]
fn functions_with_their_owners_rights_ask_as_their_owner_only() {
    let (database, _turn) = house("definer");
    database.run(
        "CREATE FUNCTION asks(question text) RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT nl_sql(question)';
         ALTER FUNCTION asks OWNER TO definer_left;
         CREATE FUNCTION asks_elsewhere(question text) RETURNS text LANGUAGE sql SET search_path = xeric AS 'SELECT public.nl_sql(question)'",
    );
    let mut right = database.connect_as("definer_right");
    let question = "how many vulcanized are there";
    for _ in 0..2 {
        let inside: String = right.query_one("SELECT asks($1)", &[&question]).expect("as the owner").get(0);
        assert!(inside.contains("vulcanized"));
        ask(&mut right, question).expect_err("outside of the function");
    }
    // The path of a function is its own.
    let mut all = database.connect();
    all.batch_execute("SET search_path = quaint, public").expect("SET");
    for _ in 0..2 {
        let sql = ask(&mut all, "average quagga of parcels").expect("on this path");
        assert!(!sql.contains("quaint."), "{sql}");
        let sql: String = all.query_one("SELECT asks_elsewhere('average xebec of parcels')", &[]).expect("on that path").get(0);
        assert!(!sql.contains("xeric."), "{sql}");
    }
}

#[test]
fn the_same_question_on_another_path_is_another_question() {
    let (database, _turn) = house("paths");
    let mut client = database.connect();
    let count = |client: &mut Client, path: &str| {
        client.batch_execute(&format!("SET search_path = {path}")).expect("SET");
        let sql: String = client.query_one("SELECT public.nl_sql('how many parcels are there')", &[]).expect("answer").get(0);
        client.query_one(&sql, &[]).expect("runs").get::<_, i64>(0)
    };
    for _ in 0..3 {
        assert_eq!(count(&mut client, "xeric, public"), 1);
        assert_eq!(count(&mut client, "quaint, public"), 2);
        assert_eq!(count(&mut client, "xeric, quaint"), 1);
        assert_eq!(count(&mut client, "quaint, xeric"), 2);
    }
}

#[test]
fn a_revoked_membership_ends_at_once() {
    let (database, _turn) = house("membership");
    database.run("GRANT membership_left TO membership_right");
    let mut right = database.connect_as("membership_right");
    let mut early = database.connect_as("membership_right");
    let question = "how many vulcanized are there";
    assert!(ask(&mut right, question).is_ok() && ask(&mut early, question).is_ok());
    database.run("REVOKE membership_left FROM membership_right");
    for client in [&mut right, &mut early, &mut database.connect_as("membership_right")] {
        let said = ask(client, question).expect_err("revoked");
        assert_eq!(Err(said), ask_anew(client, question));
    }
}

/// One role for all tenants, told apart by a setting that the policy reads.
#[test]
fn rows_of_another_tenant_decide_nothing() {
    let (cluster, _turn) = Cluster::alone();
    let database = cluster.database("tenants");
    database.plain_role("tenants_r");
    database.run(
        "CREATE TABLE visits (id int, city text, tenant text); INSERT INTO visits VALUES (1, 'Xanthi', 'a'), (2, 'Quimper', 'b');
         ALTER TABLE visits ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON visits USING (tenant = current_setting('app.tenant', true));
         GRANT SELECT ON visits TO tenants_r; ANALYZE",
    );
    let (mut a, mut b) = (database.connect_as("tenants_r"), database.connect_as("tenants_r"));
    a.batch_execute("SET app.tenant = 'a'").expect("SET");
    b.batch_execute("SET app.tenant = 'b'").expect("SET");
    let question = "how many visits in xanthi";
    assert!(ask(&mut a, question).is_ok_and(|sql| sql.contains("'Xanthi'")));
    assert!(!ask_anew(&mut b, question).is_ok_and(|sql| sql.contains("'Xanthi'")));
    assert!(!ask(&mut b, question).is_ok_and(|sql| sql.contains("'Xanthi'")), "a value of a hidden row");
    a.batch_execute("SET app.tenant = 'b'").expect("SET");
    assert!(!ask(&mut a, question).is_ok_and(|sql| sql.contains("'Xanthi'")), "the same session as another tenant");
}

/// With `row_security = off` a query that a policy would change is an error, remembered or not.
#[test]
fn row_security_off_is_an_error() {
    let (database, _turn) = house("no_rows");
    let mut left = database.connect_as("no_rows_left");
    assert!(ask(&mut left, "how many visits are there").is_ok());
    left.batch_execute("SET row_security = off").expect("SET");
    let anew = ask_anew(&mut left, "how many visits are there").expect_err("the policy would be in the way");
    assert_eq!(ask(&mut left, "how many visits are there"), Err(anew));
}

#[test]
fn statistics_hide_what_others_asked() {
    let (database, _turn) = house("hidden_stats");
    let mut left = database.connect_as("hidden_stats_left");
    let mut right = database.connect_as("hidden_stats_right");
    ask(&mut left, "how many vulcanized are there").expect("answer");
    ask(&mut right, "how many yttrious are there").expect("answer");
    let seen = |client: &mut Client| {
        let sql = "SELECT * FROM pg_stat_nl_query WHERE datname = 'hidden_stats' ORDER BY userid";
        format!("{:?}", Table::of(client, sql).expect("pg_stat_nl_query").rows)
    };
    let (by_left, by_right) = (seen(&mut left), seen(&mut right));
    assert!(by_left.contains("how many vulcanized are there") && by_right.contains("how many yttrious are there"));
    holds_none(&by_left, &RIGHT, "pg_stat_nl_query to left");
    holds_none(&by_right, &LEFT, "pg_stat_nl_query to right");
    let sql = "SELECT question, queryid, questionid FROM pg_stat_nl_query WHERE datname = 'hidden_stats' AND role = 'hidden_stats_left'";
    let row = right.query_one(sql, &[]).expect("a row that is there to be counted");
    assert_eq!(row.get::<_, String>(0), "<insufficient privilege>");
    assert_eq!((row.get::<_, Option<i64>>(1), row.get::<_, Option<i64>>(2)), (None, None));
    let row = left.query_one(sql, &[]).expect("the own row");
    assert!(row.get::<_, Option<i64>>(2).is_some());
    // The role of a function's owner, taken on, shows that role's.
    database.run("GRANT pg_read_all_stats TO hidden_stats_right");
    assert!(seen(&mut right).contains("how many vulcanized are there"), "pg_read_all_stats sees all");
    database.run("REVOKE pg_read_all_stats FROM hidden_stats_right");
    holds_none(&seen(&mut right), &LEFT, "pg_stat_nl_query after REVOKE");
}

#[test]
fn queryid_joins_pg_stat_statements() {
    let (cluster, _turn) = Cluster::alone();
    let database = cluster.database("queryid");
    database.run("CREATE TABLE parcels (id int)");
    let mut client = database.connect();
    client.batch_execute("SET compute_query_id = on").expect("SET");
    let sql = ask(&mut client, "how many parcels are there").expect("answer");
    let sql_of = "SELECT queryid FROM pg_stat_nl_query WHERE datname = 'queryid'";
    let ours: Option<i64> = client.query_one(sql_of, &[]).expect("row").get(0);
    let rows = Table::of(&mut client, &format!("EXPLAIN (VERBOSE) {sql}")).expect("EXPLAIN").rows;
    let theirs = rows.iter().filter_map(|r| r[0].as_deref()?.strip_prefix("Query Identifier: ").map(String::from)).next();
    assert_eq!(ours.map(|id| id.to_string()), theirs);
}

#[test]
fn ordinary_roles_clear_and_reset_nothing() {
    let (database, _turn) = house("no_reset");
    let mut left = database.connect_as("no_reset_left");
    for call in ["nl_cache_clear()", "pg_stat_nl_query_reset()"] {
        assert_eq!(refusal(&mut left, &format!("SELECT {call}")).sqlstate, "42501", "{call}");
    }
    left.batch_execute("SELECT nl_cache_warm()").expect("warming is for everybody");
    database.run("SELECT nl_cache_clear(); SELECT pg_stat_nl_query_reset()");
}

/// Warming asks one's own questions, not those of others.
#[test]
fn warming_asks_ones_own_questions() {
    let (database, _turn) = house("warming");
    let mut left = database.connect_as("warming_left");
    ask(&mut left, "how many vulcanized are there").expect("answer");
    database.run("SELECT nl_cache_clear()");
    let warmed = |client: &mut Client| client.query_one("SELECT nl_cache_warm()", &[]).expect("nl_cache_warm").get::<_, i64>(0);
    assert_eq!(warmed(&mut database.connect_as("warming_right")), 0);
    assert_eq!(warmed(&mut database.connect_as("warming_left")), 1);
}
