//! Many sessions at once, while tables come and go: right answers or clear errors, and a server that stays up.

use nl_query_tests::{Cluster, Database, ask};
use std::sync::atomic::{AtomicBool, Ordering};

const SESSIONS: usize = 8;
const QUESTIONS: usize = 40;

fn warehouse(name: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    database.run(
        "CREATE TABLE parcels (parcel_id int PRIMARY KEY, city text, weight numeric);
         INSERT INTO parcels SELECT i, (ARRAY['Turin', 'Lyon', 'Porto'])[i % 3 + 1], i FROM generate_series(1, 30) i;
         CREATE TABLE couriers (courier_id int PRIMARY KEY, name text); INSERT INTO couriers VALUES (1, 'Ada'), (2, 'Grace');
         ANALYZE",
    );
    database
}

#[test]
fn sessions_agree() {
    let database = warehouse("many_sessions");
    let questions = ["how many parcels are there", "average weight of parcels per city", "how many couriers are there"];
    let expected: Vec<_> = questions.iter().map(|q| ask(&mut database.connect(), q)).collect();
    assert!(expected.iter().all(Result::is_ok), "{expected:?}");
    std::thread::scope(|scope| {
        for session in 0..SESSIONS {
            let (database, expected) = (&database, &expected);
            scope.spawn(move || {
                let mut client = database.connect();
                for round in 0..QUESTIONS {
                    let which = (session + round) % questions.len();
                    assert_eq!(&ask(&mut client, questions[which]), &expected[which], "session {session}, round {round}");
                }
            });
        }
    });
}

#[test]
fn tables_that_come_and_go() {
    let database = warehouse("moving_tables");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = database.connect();
            while !done.load(Ordering::Relaxed) {
                for sql in [
                    "CREATE TABLE pallets (pallet_id int PRIMARY KEY, city text)",
                    "ALTER TABLE pallets RENAME COLUMN city TO town",
                    "BEGIN; ALTER TABLE parcels ADD COLUMN fragile bool; ROLLBACK",
                    "CREATE TEMP TABLE scratch (x int); DROP TABLE scratch",
                    "DROP TABLE pallets",
                ] {
                    client.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                }
            }
        });
        let sessions: Vec<_> = (0..SESSIONS).map(|_| scope.spawn(|| session(&database))).collect();
        let ended: Vec<_> = sessions.into_iter().map(|s| s.join()).collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a session failed");
    });
    assert!(!Cluster::shared().log().contains("was terminated by signal"), "{}", Cluster::shared().log_tail(40));
}

/// The steady table is always found; the one that comes and goes may be missing, or be gone when its SQL is proven.
fn session(database: &Database<'_>) {
    let mut client = database.connect();
    for _ in 0..QUESTIONS {
        let steady = ask(&mut client, "how many parcels are there");
        assert!(steady.is_ok(), "{steady:?}");
        if let Err(said) = ask(&mut client, "how many pallets are there") {
            assert!(!said.sqlstate.starts_with("XX") && said.sqlstate != "57P01", "{said:?}");
        }
    }
}
