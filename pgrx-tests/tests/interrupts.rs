//! Whoever waits for an answer can stop waiting: cancel, statement_timeout, the guard's own time limit.

use nl_query_tests::{Cluster, Database, Refusal, refusal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A view whose rows take for ever to make, behind a harmless name: nobody can know from the plan.
fn slow(name: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    database.run(
        "CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels SELECT generate_series(1, 4000);
         CREATE VIEW deliveries AS SELECT a.id AS delivery_id FROM parcels a, parcels b, parcels c
           WHERE sqrt(a.id) + sqrt(b.id) + sqrt(c.id) < 0;
         ANALYZE",
    );
    database
}

fn without_cost_limit(database: &Database<'_>) -> postgres::Client {
    let mut client = database.connect();
    client
        .batch_execute("SET nl_query.max_plan_cost = 0; SET nl_query.max_plan_rows = 0; SET nl_query.min_confidence = 0")
        .expect("SET");
    client
}

const SLOW: &str = "SELECT * FROM nl_query('how many deliveries are there')";

fn stopped_in_time(started: Instant, said: &Refusal) {
    assert_eq!(said.sqlstate, "57014", "{said:?}");
    assert!(started.elapsed() < Duration::from_secs(15), "took {:?}", started.elapsed());
}

#[test]
fn statement_timeout() {
    let database = slow("slow_statement");
    let mut client = without_cost_limit(&database);
    client.batch_execute("SET statement_timeout = '300ms'").expect("SET");
    let started = Instant::now();
    stopped_in_time(started, &refusal(&mut client, SLOW));
    client.batch_execute("SET statement_timeout = 0; SELECT 1").expect("the session goes on");
}

#[test]
fn the_guards_own_limit() {
    let database = slow("slow_execution");
    let mut client = without_cost_limit(&database);
    // The limit is that of answers which the guard runs; an expanded one runs as any query of the caller.
    client.batch_execute("SET nl_query.expand = off; SET nl_query.execution_timeout = '300ms'").expect("SET");
    let started = Instant::now();
    stopped_in_time(started, &refusal(&mut client, SLOW));
    client.batch_execute("SELECT pg_sleep(0.5)").expect("the limit ends with the answer");
}

#[test]
fn cancel() {
    let database = slow("slow_cancel");
    let mut client = without_cost_limit(&database);
    let token = client.cancel_token();
    let started = Instant::now();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Again and again: the first may come before the statement.
            for _ in 0..200 {
                std::thread::sleep(Duration::from_millis(100));
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let _ = token.cancel_query(postgres::NoTls);
            }
        });
        let said = refusal(&mut client, SLOW);
        done.store(true, Ordering::Relaxed);
        stopped_in_time(started, &said);
    });
}

#[test]
fn the_plan_cost_limit_stops_it_before_it_starts() {
    let database = slow("slow_plan");
    let mut client = database.connect();
    client.batch_execute("SET nl_query.min_confidence = 0").expect("SET");
    let said = refusal(&mut client, SLOW);
    assert_eq!(said.sqlstate, "54000", "{said:?}");
}
