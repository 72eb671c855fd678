//! The caches under load: maintenance that must flush nothing, more questions than there is room for, counters that must be exact,
//! many sessions that find nothing and one of them that dies, definitions that change back and forth meanwhile.

use nl_query_tests::{Cluster, Database, Options, Refusal, Table, Tiers, Totals, ask, hits_of, value, wait_until};
use postgres::error::SqlState;
use postgres::{Client, NoTls};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

const SESSIONS: usize = 8;

fn warehouse<'a>(cluster: &'a Cluster, name: &str) -> Database<'a> {
    let database = cluster.database(name);
    database.run(
        "CREATE TABLE parcels (parcel_id int PRIMARY KEY, city text, weight numeric);
         INSERT INTO parcels SELECT i, (ARRAY['Turin', 'Lyon', 'Porto'])[i % 3 + 1], i FROM generate_series(1, 30) i;
         CREATE TABLE couriers (courier_id int PRIMARY KEY, name text); INSERT INTO couriers VALUES (1, 'Ada'), (2, 'Grace');
         CREATE TABLE diary (id int PRIMARY KEY, entry text);
         ANALYZE",
    );
    database
}

/// Runs `work` in so many threads at once, each with a session; panics with the first that failed.
fn together<'a>(database: &Database<'a>, sessions: usize, work: impl Fn(usize, &mut Client) + Sync) {
    let barrier = Barrier::new(sessions);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sessions)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    let mut client = database.connect();
                    barrier.wait();
                    work(number, &mut client);
                })
            })
            .collect();
        let ended: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        let failed: Vec<String> = ended.into_iter().filter_map(Result::err).map(|panic| text_of(&*panic)).collect();
        assert!(failed.is_empty(), "{} of {sessions} sessions failed: {}", failed.len(), failed.join("\n"));
    });
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// Runs a statement, again where it was the victim of a deadlock: REINDEX CONCURRENTLY and an ANALYZE of another session may meet in one.
fn until_no_deadlock(client: &mut Client, sql: &str) {
    loop {
        match client.batch_execute(sql) {
            Ok(()) => return,
            Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {
                client.batch_execute("ROLLBACK").expect("ROLLBACK")
            }
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }
}

#[test]
fn maintenance_flushes_nothing() {
    let options = Options::default()
        .with("autovacuum_naptime", "1s")
        .with("autovacuum_vacuum_threshold", "1")
        .with("autovacuum_vacuum_scale_factor", "0")
        .with("autovacuum_analyze_threshold", "1")
        .with("autovacuum_analyze_scale_factor", "0")
        .with("autovacuum_vacuum_insert_threshold", "1");
    let cluster = Cluster::start(&options);
    let database = warehouse(&cluster, "maintained");
    database.run(
        "CREATE MATERIALIZED VIEW digest AS SELECT count(*) AS entries FROM diary; CREATE TABLE ledger (id int, entry text);
         INSERT INTO ledger VALUES (1, 'x'); CREATE INDEX on_entry ON ledger (entry)",
    );
    let questions = ["how many parcels are there", "average weight of parcels per city", "names of all couriers"];
    let mut asking = database.connect();
    for question in questions {
        ask(&mut asking, question).expect("answer");
    }
    database.run("SELECT pg_stat_nl_query_reset()");
    let done = AtomicBool::new(false);
    let asked = std::thread::scope(|scope| {
        let storm = |statements: &'static [&'static str], rounds: usize| {
            let mut client = database.connect();
            for _ in 0..rounds {
                for sql in statements {
                    until_no_deadlock(&mut client, sql);
                }
            }
        };
        let first = scope.spawn(move || {
            storm(
                &[
                    "INSERT INTO diary SELECT i, 'entry ' || i FROM generate_series(1, 200) i",
                    "ANALYZE",
                    "CREATE TEMP TABLE scratch (x int PRIMARY KEY, t text)",
                    "INSERT INTO scratch VALUES (1, 'a'); ANALYZE scratch; ALTER TABLE scratch ADD y int; CREATE INDEX ON scratch (t)",
                    "TRUNCATE scratch; DROP TABLE scratch",
                    "CREATE TEMP VIEW glance AS SELECT * FROM parcels; DROP VIEW glance",
                    "BEGIN; CREATE TEMP TABLE brief (x int) ON COMMIT DROP; COMMIT",
                    "SELECT 1 AS x INTO TEMP kept; DROP TABLE kept",
                    "CREATE TEMP SEQUENCE s; SELECT nextval('s'); DROP SEQUENCE s",
                    "REFRESH MATERIALIZED VIEW digest",
                    "BEGIN; ALTER TABLE parcels ADD COLUMN fragile bool; ROLLBACK",
                    "BEGIN; SAVEPOINT s; CREATE TABLE pallets (id int); ROLLBACK TO s; COMMIT",
                    "TRUNCATE diary",
                    "SET work_mem = '8MB'; RESET work_mem; DISCARD PLANS; CHECKPOINT",
                ],
                25,
            );
        });
        let second = scope.spawn(move || {
            storm(
                &[
                    "VACUUM",
                    "REINDEX TABLE parcels",
                    "REINDEX INDEX CONCURRENTLY on_entry",
                    "CLUSTER couriers USING couriers_pkey",
                    "VACUUM FULL couriers",
                    "VACUUM (ANALYZE, FREEZE) parcels",
                    "DO $$BEGIN CREATE TEMP TABLE inner_one (x int); DROP TABLE inner_one; END$$",
                ],
                25,
            );
        });
        let asking = scope.spawn(|| {
            let mut asked = 0;
            while !done.load(SeqCst) || asked < 100 {
                for question in questions {
                    ask(&mut asking, question).expect("answer");
                    asked += 1;
                }
            }
            asked
        });
        let ended = [first.join(), second.join()];
        done.store(true, SeqCst);
        let asked = asking.join().expect("the asking session");
        assert!(ended.iter().all(Result::is_ok), "a storm failed");
        asked
    });
    let mut client = database.connect();
    wait_until("autovacuum has been there", || {
        value(&mut client, "SELECT coalesce(sum(autoanalyze_count), 0)::text FROM pg_stat_user_tables") != "0"
    });
    let totals = Totals::of(&mut client);
    assert_eq!((totals.calls, totals.hits), (asked, asked), "{totals:?} {:?}", Tiers::of(&mut client));
    // And what the cluster shares is there as well.
    for question in questions {
        assert_eq!(hits_of(&mut client, question).0, 1, "{question} in a new session");
    }
    assert_eq!(Tiers::of(&mut client).get("statement shared").invalidations, 0);
}

/// A word that no other number gives, of letters only: digits would make a slot of it.
fn word(number: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    format!("qu{}{}{}o", letter(number / 676), letter(number / 26), letter(number))
}

#[test]
fn more_questions_than_there_is_room_for() {
    const EACH: usize = 700;
    // A probe that runs out of time on a busy machine would find no value.
    let options = Options::default().with("nl_query.shared_memory", "2MB").with("nl_query.probe_timeout", "20s");
    let cluster = Cluster::start(&options);
    let database = warehouse(&cluster, "crowded");
    let words: Vec<String> = (0..SESSIONS * EACH).map(|number| format!("('{}')", word(number))).collect();
    database
        .run(&format!("CREATE TABLE depots (depot text PRIMARY KEY); INSERT INTO depots VALUES {}; ANALYZE", words.join(", ")));
    let longest = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    together(&database, SESSIONS, |session, client| {
        for round in 0..EACH {
            let word = word(session * EACH + round);
            let started = Instant::now();
            let question = format!("how many depots with depot {word} are there");
            match ask(client, &question) {
                Ok(sql) => assert!(sql.contains(&format!("'{word}'")), "{question}: {sql}"),
                Err(said) => {
                    refused.fetch_add(1, SeqCst);
                    assert!(!said.sqlstate.starts_with("XX") && said.sqlstate != "53200", "{question}: {said:?}");
                }
            }
            // What is not answered fills the memory for refusals.
            let nothing = format!("how many {word}x are there in {word}y");
            if let Err(said) = ask(client, &nothing) {
                assert!(said.sqlstate.starts_with("22") || said.sqlstate.starts_with("42"), "{nothing}: {said:?}");
            }
            if round % 50 == 0 {
                assert!(ask(client, "how many parcels are there").is_ok_and(|sql| sql.contains("parcels")));
            }
            longest.fetch_max(started.elapsed().as_millis() as usize, SeqCst);
        }
    });
    let mut client = database.connect();
    let tiers = Tiers::of(&mut client);
    println!("longest {longest:?} ms, refused {refused:?}: {tiers:#?}");
    assert!(longest.load(SeqCst) < 5_000, "one call took {longest:?} ms");
    assert!(refused.load(SeqCst) * 10 < SESSIONS * EACH, "{refused:?} were not answered");
    let all: i64 = ["schema shared", "statement shared", "negative shared"].iter().map(|name| tiers.get(name).bytes).sum();
    assert!(all <= 2 * 1024 * 1024, "{all} bytes");
    for name in ["schema shared", "statement shared", "negative shared"] {
        assert!(tiers.get(name).bytes <= tiers.get(name).limit && tiers.get(name).limit < 2 * 1024 * 1024, "{name}: {tiers:?}");
    }
    assert!(tiers.get("statement shared").evictions > 0 && tiers.get("statement shared").entries > 0, "{tiers:?}");
    let totals = Totals::of(&mut client);
    assert!(totals.dropped > 0, "{totals:?}");
    assert_eq!(totals.calls as usize, SESSIONS * (2 * EACH + EACH.div_ceil(50)));
    assert_eq!(value(&mut client, "SELECT memory::text FROM pg_stat_nl_query_info"), (2 * 1024 * 1024).to_string());
    // What was evicted is found again, and is right.
    for number in [0, 1, EACH, SESSIONS * EACH - 1] {
        let said = ask(&mut client, &format!("how many depots with depot {} are there", word(number)));
        assert!(said.is_err() || said.is_ok_and(|sql| sql.contains(&word(number))));
    }
}

#[test]
fn counters_are_exact() {
    const EACH: usize = 1250;
    const SLOW: usize = 3;
    let cluster = Cluster::start(&Options::default());
    let database = warehouse(&cluster, "exact");
    database.run(
        "INSERT INTO diary SELECT i, 'x' FROM generate_series(1, 4000) i;
         CREATE VIEW deliveries AS SELECT a.id AS delivery_id FROM diary a, diary b, diary c WHERE sqrt(a.id) + sqrt(b.id) + sqrt(c.id) < 0;
         ANALYZE; SELECT pg_stat_nl_query_reset()",
    );
    let questions = [
        "how many parcels are there",
        "average weight of parcels per city",
        "names of all couriers",
        "heaviest parcel",
        "parcels in Lyon",
        "parcels that weigh more than 7",
        "how many zeppelins are there",
    ];
    let answered = AtomicUsize::new(0);
    together(&database, SESSIONS, |session, client| {
        for round in 0..EACH {
            match (ask(client, questions[(session + round) % questions.len()]), (session + round) % questions.len()) {
                (Ok(_), 0..6) => answered.fetch_add(1, SeqCst),
                (Err(said), 6) => usize::from(!said.sqlstate.starts_with("42")),
                (said, which) => panic!("{}: {said:?}", questions[which]),
            };
            if round % (EACH / SLOW) == 1 {
                client
                    .batch_execute(
                        "SET nl_query.max_plan_cost = 0; SET nl_query.max_plan_rows = 0; SET nl_query.min_confidence = 0;
                         SET statement_timeout = '100ms'; SET nl_query.expand = off",
                    )
                    .expect("SET");
                let said = Refusal::from(
                    &client.simple_query("SELECT * FROM nl_query('how many deliveries are there')").expect_err("slow"),
                );
                assert_eq!(said.sqlstate, "57014", "{said:?}");
                client.batch_execute("RESET ALL").expect("RESET");
            }
        }
    });
    let mut client = database.connect();
    let (asked, slow) = (SESSIONS * EACH, SESSIONS * (SLOW + usize::from(EACH % (EACH / SLOW) > 1)));
    let totals = Totals::of(&mut client);
    assert_eq!(totals.calls as usize, asked + slow, "{totals:?}");
    assert_eq!(totals.answers as usize, answered.load(SeqCst), "{totals:?}");
    assert_eq!(totals.calls, totals.answers + totals.errors, "{totals:?}");
    let sql = "SELECT sum(calls)::int8, sum(hits)::int8, sum(errors)::int8, count(*) FROM pg_stat_nl_query";
    let row = client.query_one(sql, &[]).expect("pg_stat_nl_query");
    let sums: (i64, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
    assert_eq!(sums, (totals.calls, totals.hits, totals.errors, questions.len() as i64 + 1), "{totals:?}");
    for question in questions {
        let calls: i64 =
            client.query_one("SELECT calls FROM pg_stat_nl_query WHERE question = $1", &[&question]).expect("row").get(0);
        let wanted =
            (0..SESSIONS).flat_map(|s| (0..EACH).map(move |r| s + r)).filter(|n| questions[n % questions.len()] == question);
        assert_eq!(calls as usize, wanted.count(), "{question}");
    }
    let tiers = Tiers::of(&mut client);
    let (local, shared) = (tiers.get("statement local"), tiers.get("statement shared"));
    assert_eq!(local.hits + local.misses, totals.calls, "{tiers:?}");
    assert_eq!(shared.hits + shared.misses, local.misses, "{tiers:?}");
    let negative = tiers.get("negative local").hits + tiers.get("negative shared").hits;
    assert_eq!(local.hits + shared.hits + negative, totals.hits, "{tiers:?} {totals:?}");
    let total: i64 =
        client.query_one("SELECT count FROM pg_stat_nl_query_timing WHERE stage = 'total'", &[]).expect("total").get(0);
    assert!(total == totals.calls || total == totals.answers, "{total} {totals:?}");
}

/// What an exception block catches is counted like all else.
#[test]
fn caught_cancels_are_counted() {
    let cluster = Cluster::start(&Options::default());
    let database = warehouse(&cluster, "caught");
    database.run(
        "INSERT INTO diary SELECT i, 'x' FROM generate_series(1, 4000) i;
         CREATE VIEW deliveries AS SELECT a.id AS delivery_id FROM diary a, diary b, diary c WHERE sqrt(a.id) + sqrt(b.id) + sqrt(c.id) < 0;
         ANALYZE; SELECT pg_stat_nl_query_reset()",
    );
    let mut client = database.connect();
    client
        .batch_execute(
            "SET nl_query.max_plan_cost = 0; SET nl_query.max_plan_rows = 0; SET nl_query.min_confidence = 0; SET statement_timeout = '300ms';
             SET nl_query.expand = off",
        )
        .expect("SET");
    client
        .batch_execute(
            "DO $$BEGIN BEGIN PERFORM * FROM nl_query('how many deliveries are there'); EXCEPTION WHEN query_canceled THEN NULL; END; END$$",
        )
        .expect("caught");
    let totals = Totals::of(&mut database.connect());
    assert_eq!((totals.calls, totals.errors), (1, 1), "{totals:?}");
}

/// About 300 tables: reading the catalog takes a while.
fn wide<'a>(cluster: &'a Cluster, name: &str) -> Database<'a> {
    let database = warehouse(cluster, name);
    database.run(
        "DO $$BEGIN FOR i IN 1..300 LOOP
             EXECUTE format('CREATE TABLE shelf_%s (id int PRIMARY KEY, c1 text, c2 text, c3 int, c4 numeric, c5 date, c6 text)', i);
         END LOOP; END$$",
    );
    database
}

#[test]
fn one_introspection_serves_all() {
    let cluster = Cluster::start(&Options::default());
    let database = wide(&cluster, "cold");
    for round in 0..5 {
        database.run("SELECT nl_cache_clear()");
        let (read, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
        together(&database, SESSIONS, |_, client| {
            let rows = Table::of(client, "SELECT * FROM nl_explain('how many parcels are there')").expect("nl_explain").rows;
            let line = rows.into_iter().filter_map(|row| row[0].clone()).find(|line| line.starts_with("Cache:")).expect("Cache");
            told.fetch_add(1, SeqCst);
            read.fetch_add(usize::from(line.contains("catalog read")), SeqCst);
        });
        assert_eq!((read.load(SeqCst), told.load(SeqCst)), (1, SESSIONS), "round {round}");
    }
}

/// One session reads the catalog for all. It is cancelled, the next one's connection is ended; the others get their answers.
#[test]
fn a_leader_that_goes_hangs_nobody() {
    let cluster = Cluster::start(&Options::default());
    let database = wide(&cluster, "leaders");
    database.run("SELECT nl_cache_clear()");
    let mut admin = database.connect();
    // What every reading of the catalog needs, and nothing else here.
    let mut holder = database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_enum IN ACCESS EXCLUSIVE MODE").expect("LOCK");
    let leader =
        "SELECT coalesce(min(pid), 0)::text FROM pg_stat_activity WHERE datname = 'leaders' AND query LIKE 'SELECT nl_sql%'
                  AND state = 'active' AND wait_event_type = 'Lock'";
    let (answered, cancelled, ended) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = database.connect();
                    match client.query("SELECT nl_sql('how many parcels are there')", &[]) {
                        Ok(_) => answered.fetch_add(1, SeqCst),
                        Err(e) if e.as_db_error().is_some_and(|e| e.code().code() == "57014") => cancelled.fetch_add(1, SeqCst),
                        Err(_) => ended.fetch_add(1, SeqCst),
                    }
                })
            })
            .collect();
        let waiting = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = 'leaders' AND query LIKE 'SELECT nl_sql%' AND state = 'active'";
        wait_until("all have asked", || value(&mut admin, waiting) == SESSIONS.to_string());
        let mut pid = String::new();
        wait_until("somebody leads", || {
            pid = value(&mut admin, leader);
            pid != "0"
        });
        assert_eq!(value(&mut admin, &leader.replace("coalesce(min(pid), 0)", "count(*)")), "1", "only one reads");
        value(&mut admin, &format!("SELECT pg_cancel_backend({pid})::text"));
        let first = pid.clone();
        wait_until("somebody else leads", || {
            pid = value(&mut admin, leader);
            pid != "0" && pid != first
        });
        value(&mut admin, &format!("SELECT pg_terminate_backend({pid})::text"));
        let second = pid.clone();
        wait_until("a third one leads", || {
            pid = value(&mut admin, leader);
            pid != "0" && pid != second
        });
        holder.batch_execute("ROLLBACK").expect("ROLLBACK");
        let started = Instant::now();
        for session in sessions {
            session.join().expect("a session");
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{:?} after the way was free", started.elapsed());
    });
    assert_eq!((answered.load(SeqCst), cancelled.load(SeqCst), ended.load(SeqCst)), (SESSIONS - 2, 1, 1));
}

/// Who waits for another one's reading stops waiting when told to.
#[test]
fn a_follower_can_stop_waiting() {
    let cluster = Cluster::start(&Options::default());
    let database = wide(&cluster, "followers");
    database.run("SELECT nl_cache_clear()");
    let (mut holder, mut admin) = (database.connect(), database.connect());
    holder.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_enum IN ACCESS EXCLUSIVE MODE").expect("LOCK");
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| ask(&mut database.connect(), "how many parcels are there"));
        let waits = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = 'followers' AND wait_event_type = 'Lock'";
        wait_until("one leads", || value(&mut admin, waits) == "1");
        let mut follower = database.connect();
        follower.batch_execute("SET statement_timeout = '300ms'").expect("SET");
        let started = Instant::now();
        let said = ask(&mut follower, "how many couriers are there").expect_err("timeout");
        assert_eq!(said.sqlstate, "57014");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        follower.batch_execute("SET statement_timeout = 0").expect("SET");
        let token = follower.cancel_token();
        let cancelled = scope.spawn(move || ask(&mut follower, "how many couriers are there"));
        let asking = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = 'followers' AND state = 'active' AND query LIKE 'SELECT nl_sql%'";
        wait_until("the follower waits", || value(&mut admin, asking) == "2");
        let started = Instant::now();
        wait_until("the cancel has arrived", || {
            let _ = token.cancel_query(NoTls);
            cancelled.is_finished()
        });
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert_eq!(cancelled.join().expect("session").expect_err("cancelled").sqlstate, "57014");
        holder.batch_execute("ROLLBACK").expect("ROLLBACK");
        leader.join().expect("session").expect("the leader's answer");
    });
}

/// With a lock on the table its definition stands still: then the answer is right, though it was another one a moment ago.
#[test]
fn definitions_that_change_meanwhile() {
    let cluster = Cluster::start(&Options::default());
    let database = warehouse(&cluster, "moving");
    database.run("ALTER TABLE parcels RENAME COLUMN weight TO tonnage");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mover = scope.spawn(|| {
            let mut client = database.connect();
            let mut moves = 0;
            while !done.load(SeqCst) {
                for sql in ["tonnage TO draught", "draught TO tonnage"] {
                    client.batch_execute(&format!("ALTER TABLE parcels RENAME COLUMN {sql}")).unwrap_or_else(|e| panic!("{e:?}"));
                    moves += 1;
                }
            }
            moves
        });
        let sessions: Vec<_> = (0..4).map(|_| scope.spawn(|| still(&database))).collect();
        let ended: Vec<_> = sessions.into_iter().map(|session| session.join()).collect();
        done.store(true, SeqCst);
        assert!(mover.join().expect("the moving session") > 20, "it hardly moved");
        assert!(ended.iter().all(Result::is_ok), "a session failed");
    });
    let log = cluster.log();
    assert!(!log.contains("terminated by signal") && !log.contains("PANIC"), "{}", cluster.log_tail(40));
}

fn still(database: &Database<'_>) {
    let mut client = database.connect();
    for round in 0..150 {
        // Without a lock: an answer or a clear no.
        for column in ["tonnage", "draught"] {
            match client.simple_query(&format!("SELECT * FROM nl_query('average {column} of parcels')")) {
                Ok(_) => {}
                Err(e) => assert!(!Refusal::from(&e).sqlstate.starts_with("XX"), "round {round}: {e:?}"),
            }
        }
        client.batch_execute("BEGIN; LOCK TABLE parcels IN ACCESS SHARE MODE").expect("LOCK");
        let now = value(&mut client, "SELECT attname FROM pg_attribute WHERE attrelid = 'parcels'::regclass AND attnum = 3");
        let sql =
            ask(&mut client, &format!("average {now} of parcels")).unwrap_or_else(|e| panic!("round {round}, {now}: {e:?}"));
        assert!(sql.contains(&now), "round {round}, {now}: {sql}");
        client.simple_query(&sql).unwrap_or_else(|e| panic!("round {round}: {sql}: {e:?}"));
        client.batch_execute("COMMIT").expect("COMMIT");
    }
}

/// After REVOKE has returned nobody is answered, however many asked while it committed.
#[test]
fn privileges_that_change_meanwhile() {
    const ROUNDS: usize = 120;
    const READERS: usize = 3;
    let cluster = Cluster::start(&Options::default());
    let database = warehouse(&cluster, "moving_grants");
    database.plain_role("moving_grants_r");
    // Odd while SELECT is or may be granted.
    let epoch = AtomicUsize::new(0);
    let asked: Vec<AtomicUsize> = (0..READERS).map(|_| AtomicUsize::new(0)).collect();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (database, epoch, asked) = (&database, &epoch, &asked);
                scope.spawn(move || {
                    let mut client = database.connect_as("moving_grants_r");
                    client.batch_execute("SET nl_query.negative_cache_ttl = 3600").expect("SET");
                    while epoch.load(SeqCst) < 2 * ROUNDS {
                        let before = epoch.load(SeqCst);
                        let said = ask(&mut client, "how many couriers are there");
                        let revoked = before % 2 == 0 && epoch.load(SeqCst) == before;
                        // The writer waits for this count: it must move also where the session fails.
                        asked[reader].fetch_add(1, SeqCst);
                        if revoked && said.is_ok() {
                            return Err(format!("answered after REVOKE, round {}", before / 2));
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        let mut client = database.connect();
        let wait = |readers: &[std::thread::ScopedJoinHandle<'_, Result<(), String>>]| {
            let seen: Vec<usize> = asked.iter().map(|count| count.load(SeqCst)).collect();
            wait_until("everybody has asked twice", || {
                readers.iter().enumerate().all(|(i, r)| r.is_finished() || asked[i].load(SeqCst) >= seen[i] + 2)
            });
        };
        for _ in 0..ROUNDS {
            epoch.fetch_add(1, SeqCst);
            client.batch_execute("GRANT SELECT ON couriers TO moving_grants_r").expect("GRANT");
            wait(&readers);
            client.batch_execute("REVOKE SELECT ON couriers FROM moving_grants_r").expect("REVOKE");
            epoch.fetch_add(1, SeqCst);
            wait(&readers);
        }
        for reader in readers {
            reader.join().expect("a reader").unwrap_or_else(|e| panic!("{e}"));
        }
    });
}

/// 10,000 tables: the memory stays bounded, and what is asked for is found, whoever read the catalog.
#[test]
fn ten_thousand_tables() {
    for memory in ["32MB", "256MB"] {
        let options = Options::default().with("nl_query.shared_memory", memory).with("max_locks_per_transaction", "1024");
        let cluster = Cluster::start(&options);
        let database = warehouse(&cluster, "huge");
        for part in 0..10 {
            database.run(&format!(
                "DO $$BEGIN FOR i IN {}..{} LOOP EXECUTE format('CREATE TABLE shelf_%s (id int, name text, amount numeric, made date)', i); END LOOP; END$$",
                part * 1000 + 1,
                (part + 1) * 1000
            ));
        }
        // The last by name, far beyond the default of nl_query.max_relations.
        database.run("CREATE TABLE zeppelins (id int)");
        for relations in ["default", "20000"] {
            let mut first = database.connect();
            let mut second = database.connect();
            for client in [&mut first, &mut second] {
                if relations != "default" {
                    client.batch_execute("SET nl_query.max_relations = 20000").expect("SET");
                }
            }
            database.run("SELECT nl_cache_clear()");
            for (who, client, own) in
                [("first", &mut first, "names of all couriers"), ("second", &mut second, "parcels per city")]
            {
                for question in
                    ["how many couriers are there", own, "how many zeppelins are there", "how many couriers are there"]
                {
                    let started = Instant::now();
                    let said = ask(client, question);
                    let took = started.elapsed();
                    println!("{memory}, {relations} relations, {who} session: {took:?} \"{question}\" {:?}", said.is_ok());
                    assert!(took < Duration::from_secs(60), "{took:?}");
                    let found =
                        said.as_ref().is_ok_and(|sql| ["couriers", "parcels", "zeppelins"].iter().any(|t| sql.contains(t)));
                    assert!(found, "{question}: {said:?}");
                }
            }
            let in_all = "SELECT count(*)::text FROM pg_class WHERE relkind = 'r' AND relname LIKE 'shelf%'";
            assert_eq!(value(&mut first, in_all), "10000");
            let tiers = Tiers::of(&mut first);
            println!("{memory}: {:?}", tiers.get("schema shared"));
            assert!(tiers.get("schema shared").bytes <= tiers.get("schema shared").limit, "{tiers:?}");
        }
        let status = value(&mut database.connect(), "SELECT pg_backend_pid()::text");
        assert!(!status.is_empty());
        assert!(!cluster.log().contains("terminated by signal"), "{}", cluster.log_tail(40));
    }
}
