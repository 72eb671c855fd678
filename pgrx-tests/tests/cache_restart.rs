//! What is remembered over restarts, crashes and replication: kept where nothing can have happened meanwhile, dropped at any doubt, and
//! never the reason why a server does not start.

use nl_query_tests::{Cluster, Database, Options, Stop, Table, Tiers, Totals, ask, hits_of, value, wait_until};
use postgres::Client;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

const QUESTION: &str = "how many parcels are there";
const DROPPED: &str = "nl_query starts with empty caches";

fn parcels<'a>(cluster: &'a Cluster, name: &str) -> Database<'a> {
    let database = cluster.database(name);
    database.run(
        "CREATE TABLE parcels (id int PRIMARY KEY, city text, weight numeric); INSERT INTO parcels VALUES (1, 'Turin', 3), (2, 'Lyon', 4);
         CREATE TABLE t77 (id int); CREATE TABLE t78 (id int); COMMENT ON TABLE t77 IS 'zeppelins'; ANALYZE",
    );
    database
}

fn file(cluster: &Cluster) -> PathBuf {
    cluster.data().join("pg_stat/nl_query.statements")
}

/// The answers of a new session, and how many of them were remembered.
fn asked_anew(database: &Database<'_>) -> (i64, Vec<String>) {
    let mut client = database.connect();
    let said: Vec<_> =
        [QUESTION, "parcels that weigh more than 3", "parcels in Lyon"].iter().map(|q| hits_of(&mut client, q)).collect();
    (
        said.iter().map(|(hits, _)| hits).sum(),
        said.into_iter().map(|(_, said)| said.unwrap_or_else(|e| panic!("{e:?}"))).collect(),
    )
}

#[test]
fn statements_survive_a_clean_restart() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "kept");
    let (hits, before) = asked_anew(&database);
    assert_eq!(hits, 0);
    for how in [Stop::Fast, Stop::Smart] {
        cluster.stop(how);
        let metadata = std::fs::metadata(file(&cluster)).unwrap_or_else(|e| panic!("after a {how:?} stop: {e}"));
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "only the server may read it");
        assert_eq!(metadata.uid(), std::fs::metadata(cluster.data()).expect("data").uid());
        cluster.start_again();
        assert!(!file(&cluster).exists(), "read once only");
        let mut client = database.connect();
        assert_eq!(Totals::of(&mut client).calls, 0, "statistics begin anew");
        let proofs = "SELECT count::text FROM pg_stat_nl_query_timing WHERE stage = 'prove'";
        assert_eq!(value(&mut client, proofs), "0");
        assert_eq!(asked_anew(&database), (3, before.clone()), "after a {how:?} stop");
        assert_eq!(value(&mut client, proofs), "3", "each was proven again");
        assert_eq!(Tiers::of(&mut client).get("schema shared").misses, 0, "nothing had to be read for it");
    }
    assert!(!cluster.log().contains(DROPPED), "{}", cluster.log_tail(20));
}

#[test]
fn an_immediate_stop_leaves_nothing() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "gone");
    let (_, before) = asked_anew(&database);
    cluster.stop(Stop::Immediate);
    assert!(!file(&cluster).exists());
    cluster.start_again();
    assert_eq!(asked_anew(&database), (0, before.clone()));
    // Nor does one after a clean restart bring back what that restart had read.
    cluster.restart(Stop::Fast);
    assert_eq!(asked_anew(&database).0, 3);
    cluster.restart(Stop::Immediate);
    assert_eq!(asked_anew(&database), (0, before));
}

#[test]
fn a_killed_backend_empties_the_caches() {
    let cluster = Cluster::start(&Options::default().with("restart_after_crash", "on"));
    let database = parcels(&cluster, "killed");
    asked_anew(&database);
    for round in 1..3 {
        let (_, before) = asked_anew(&database);
        // One that is in the middle of asking, with all the locks that this takes.
        let mut victim = database.connect();
        let pid = value(&mut victim, "SELECT pg_backend_pid()::text");
        let asking = std::thread::spawn(move || while ask(&mut victim, "heaviest parcel").is_ok() {});
        assert!(std::process::Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().expect("sh").success());
        wait_until("the server takes connections again", || {
            cluster.log().matches("all server processes terminated; reinitializing").count() == round
                && cluster.try_connect("killed", "postgres").is_ok_and(|mut c| c.simple_query("SELECT 1").is_ok())
        });
        // Its connection is gone, which the helper takes for a failure of its own.
        let _ = asking.join();
        let mut client = database.connect();
        assert_eq!(Totals::of(&mut client).calls, 0, "statistics begin anew");
        assert_eq!(Tiers::of(&mut client).get("statement shared").entries, 0);
        assert_eq!(asked_anew(&database), (0, before.clone()), "round {round}");
        assert_eq!(asked_anew(&database), (3, before), "round {round}");
    }
    // What a server that has crashed and come back ends with is kept like that of any other.
    cluster.restart(Stop::Fast);
    assert_eq!(asked_anew(&database).0, 3);
}

/// CRC-32 as in zip files.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn resealed(mut body: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&body).to_le_bytes();
    body.extend_from_slice(&checksum);
    body
}

#[test]
fn a_file_in_doubt_is_dropped() {
    type Spoil = (&'static str, fn(Vec<u8>) -> Vec<u8>);
    const SPOILED: [Spoil; 11] = [
        ("empty", |_| Vec::new()),
        ("three bytes", |whole| whole[..3].to_vec()),
        ("cut in half", |whole| whole[..whole.len() / 2].to_vec()),
        ("one byte short", |whole| whole[..whole.len() - 1].to_vec()),
        ("one byte more", |mut whole| {
            whole.push(0);
            whole
        }),
        ("a flipped bit", |mut whole| {
            let middle = whole.len() / 2;
            whole[middle] ^= 4;
            whole
        }),
        ("not ours", |_| b"#!/bin/sh\nexit 0\n".repeat(100)),
        ("not ours, sealed", |_| resealed(b"#!/bin/sh\nexit 0\n".repeat(100))),
        ("another version, sealed", |whole| {
            let mut body = whole[..whole.len() - 4].to_vec();
            body[8] = b'9';
            resealed(body)
        }),
        ("cut within an entry, sealed", |whole| resealed(whole[..whole.len() - 20].to_vec())),
        ("only a checksum", |_| resealed(Vec::new())),
    ];
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "doubted");
    let (_, before) = asked_anew(&database);
    // The checksum here is the one of the file: else what is "sealed" would prove nothing.
    cluster.stop(Stop::Fast);
    let whole = std::fs::read(file(&cluster)).expect("the file");
    assert_eq!(resealed(whole[..whole.len() - 4].to_vec()), whole);
    cluster.start_again();
    assert_eq!(asked_anew(&database), (3, before.clone()));
    for (name, spoil) in SPOILED {
        cluster.stop(Stop::Fast);
        let whole = std::fs::read(file(&cluster)).expect("the file");
        assert!(whole.len() > 100, "{name}: nothing was kept before");
        std::fs::write(file(&cluster), spoil(whole)).expect("the file");
        let lines = cluster.log().matches(DROPPED).count();
        cluster.start_again();
        assert_eq!(cluster.log().matches(DROPPED).count(), lines + 1, "{name}: {}", cluster.log_tail(20));
        assert!(!file(&cluster).exists(), "{name}");
        assert_eq!(asked_anew(&database), (0, before.clone()), "{name}");
    }
    assert!(!cluster.log().contains("PANIC") && !cluster.log().contains("terminated by signal"), "{}", cluster.log_tail(40));
}

#[test]
fn what_cannot_be_read_or_written_stops_no_server() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "unreadable");
    let (_, before) = asked_anew(&database);
    // A directory in its place, when it is to be read and when it is to be written.
    cluster.stop(Stop::Fast);
    std::fs::remove_file(file(&cluster)).expect("remove");
    std::fs::create_dir(file(&cluster)).expect("a directory");
    cluster.start_again();
    assert_eq!(asked_anew(&database), (0, before.clone()));
    cluster.restart(Stop::Fast);
    assert_eq!(asked_anew(&database).1, before);
    cluster.stop(Stop::Fast);
    let _ = std::fs::remove_dir(file(&cluster));
    cluster.start_again();
    assert_eq!(asked_anew(&database).1, before);
    cluster.restart(Stop::Fast);
    assert_eq!(asked_anew(&database).0, 3, "all is well again");
}

/// A server without the library tells nobody what it changes. (An empty list cannot be set by ALTER SYSTEM.)
#[test]
fn another_server_in_between_drops_it() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "between");
    let mut client = database.connect();
    let first = ask(&mut client, "how many zeppelins are there").expect("answer");
    assert!(first.contains("t77"), "{first}");
    client.batch_execute("ALTER SYSTEM SET shared_preload_libraries = 'plpgsql'").expect("ALTER SYSTEM");
    drop(client);
    cluster.restart(Stop::Fast);
    assert!(file(&cluster).exists(), "nobody has read it");
    database.run("COMMENT ON TABLE t77 IS NULL; COMMENT ON TABLE t78 IS 'zeppelins'");
    database.run("ALTER SYSTEM RESET shared_preload_libraries");
    cluster.restart(Stop::Fast);
    assert!(cluster.log().contains(DROPPED), "{}", cluster.log_tail(20));
    let (hits, said) = hits_of(&mut database.connect(), "how many zeppelins are there");
    assert!(hits == 0 && said.as_ref().is_ok_and(|sql| sql.contains("t78")), "{hits} {said:?}");
}

/// Entries that a change had made untrue are not brought back to life.
#[test]
fn what_was_over_before_stays_over() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "over");
    let question = "how many zeppelins are there";
    ask(&mut database.connect(), question).expect("answer");
    database.run("COMMENT ON TABLE t77 IS NULL; COMMENT ON TABLE t78 IS 'zeppelins'");
    cluster.restart(Stop::Fast);
    let (hits, said) = hits_of(&mut database.connect(), question);
    assert!(hits == 0 && said.as_ref().is_ok_and(|sql| sql.contains("t78")), "{hits} {said:?}");
    // And a change after a restart ends what the file brought.
    cluster.restart(Stop::Fast);
    database.run("COMMENT ON TABLE t78 IS NULL; COMMENT ON TABLE t77 IS 'zeppelins'");
    let (hits, said) = hits_of(&mut database.connect(), question);
    assert!(hits == 0 && said.as_ref().is_ok_and(|sql| sql.contains("t77")), "{hits} {said:?}");
}

#[test]
fn a_database_made_anew_begins_with_nothing() {
    let cluster = Cluster::start(&Options::default());
    let database = parcels(&cluster, "remade");
    asked_anew(&database);
    cluster.connect("postgres").batch_execute("DROP DATABASE remade").expect("DROP DATABASE");
    let database = cluster.database("remade");
    database.run("CREATE TABLE couriers (id int)");
    ask(&mut database.connect(), QUESTION).expect_err("a table of a database that is gone");
    cluster.restart(Stop::Fast);
    ask(&mut database.connect(), QUESTION).expect_err("a table of a database that is gone");
    // A copy is another database.
    cluster.connect("postgres").batch_execute("CREATE DATABASE copied TEMPLATE remade").expect("CREATE DATABASE");
    let copy = Database { cluster: &cluster, name: "copied".into() };
    copy.run("ALTER TABLE couriers RENAME TO pilots");
    ask(&mut copy.connect(), "how many pilots are there").expect("the copy's own table");
    ask(&mut database.connect(), "how many pilots are there").expect_err("the copy's table");
}

/// A primary with a database, and a standby that follows it.
fn pair(name: &str) -> (Cluster, Cluster) {
    let primary = Cluster::start(&Options::default());
    parcels(&primary, name).plain_role(&format!("{name}_r"));
    let standby = primary.standby(&Options::default());
    primary.wait_for(&standby);
    (primary, standby)
}

/// Runs a change on the primary and waits until the standby has it.
fn replay(primary: &Cluster, standby: &Cluster, name: &str, sql: &str) {
    primary.connect(name).batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    primary.wait_for(standby);
}

#[test]
fn a_standby_remembers() {
    let (primary, standby) = pair("remembers");
    let on_standby = Database { cluster: &standby, name: "remembers".into() };
    let mut client = on_standby.connect();
    let (hits, first) = hits_of(&mut client, QUESTION);
    assert_eq!(hits, 0);
    assert_eq!(hits_of(&mut client, QUESTION), (1, first.clone()), "the same session");
    for _ in 0..3 {
        assert_eq!(hits_of(&mut on_standby.connect(), QUESTION), (1, first.clone()), "a new session");
    }
    assert_eq!(hits_of(&mut client, QUESTION).0, 1, "new sessions flush nothing");
    let (mut other, mut third) = (on_standby.connect(), on_standby.connect());
    for client in [&mut other, &mut third] {
        ask(client, QUESTION).expect("answer");
    }
    // Maintenance on the primary means nothing.
    for sql in [
        "ANALYZE",
        "VACUUM",
        "VACUUM ANALYZE parcels",
        "CREATE TEMP TABLE scratch (x int)",
        "INSERT INTO parcels VALUES (3, 'Porto', 5)",
    ] {
        replay(&primary, &standby, "remembers", sql);
        for (who, client) in
            [("first", &mut client), ("second", &mut other), ("third", &mut third), ("new", &mut on_standby.connect())]
        {
            assert_eq!(hits_of(client, QUESTION).0, 1, "{who} session after {sql}");
        }
    }
}

#[test]
fn a_standby_follows_definitions() {
    let (primary, standby) = pair("follows");
    let on_standby = Database { cluster: &standby, name: "follows".into() };
    let mut client = on_standby.connect();
    let names = |client: &mut Client, question: &str, text: &str| ask(client, question).is_ok_and(|sql| sql.contains(text));
    let zeppelins = "how many zeppelins are there";
    assert!(names(&mut client, zeppelins, "t77"));
    replay(&primary, &standby, "follows", "CREATE TABLE couriers (id int); ALTER TABLE parcels RENAME COLUMN weight TO tonnage");
    assert!(names(&mut client, "how many couriers are there", "couriers"));
    assert!(names(&mut client, "average tonnage of parcels", "tonnage"));
    replay(&primary, &standby, "follows", "DROP TABLE couriers");
    assert!(!names(&mut client, "how many couriers are there", "couriers"));
    // No message tells of comments and labels: a while may pass, but not a minute.
    replay(&primary, &standby, "follows", "COMMENT ON TABLE t77 IS NULL; COMMENT ON TABLE t78 IS 'zeppelins'");
    wait_until("the comment is seen", || names(&mut client, zeppelins, "t78"));
    assert!(names(&mut on_standby.connect(), zeppelins, "t78"));
    replay(&primary, &standby, "follows", "SECURITY LABEL FOR nl_query ON TABLE t78 IS 'private'");
    wait_until("the label is seen", || !names(&mut client, zeppelins, "t78"));
    // Privileges count at once.
    let mut role = on_standby.connect_as("follows_r");
    assert!(!names(&mut role, QUESTION, "parcels"));
    replay(&primary, &standby, "follows", "GRANT SELECT ON parcels TO follows_r");
    assert!(names(&mut role, QUESTION, "parcels"), "after GRANT");
    replay(&primary, &standby, "follows", "REVOKE SELECT ON parcels FROM follows_r");
    assert!(!names(&mut role, QUESTION, "parcels"), "after REVOKE");
    assert!(!names(&mut on_standby.connect_as("follows_r"), QUESTION, "parcels"), "after REVOKE, a new session");
    // What is rolled back on the primary never shows.
    replay(&primary, &standby, "follows", "BEGIN; CREATE TABLE pilots (id int); ROLLBACK");
    assert!(!names(&mut client, "how many pilots are there", "pilots"));
}

/// Nobody is connected while the change is replayed: no backend hears of it.
#[test]
fn a_standby_follows_while_nobody_is_connected() {
    let (primary, standby) = pair("unheard");
    let on_standby = Database { cluster: &standby, name: "unheard".into() };
    let names = |question: &str, text: &str| ask(&mut on_standby.connect(), question).is_ok_and(|sql| sql.contains(text));
    assert!(names("average weight of parcels", "(weight)") && names("how many zeppelins are there", "t77"));
    assert!(!names("how many couriers are there", "couriers"));
    replay(
        &primary,
        &standby,
        "unheard",
        "ALTER TABLE parcels RENAME COLUMN weight TO heft; ALTER TABLE parcels ADD COLUMN weight text; CREATE TABLE couriers (id int)",
    );
    assert!(!names("average weight of parcels", "avg(weight)"), "the column is of another type now");
    assert!(names("how many couriers are there", "couriers"));
    replay(
        &primary,
        &standby,
        "unheard",
        "CREATE SCHEMA front; CREATE TABLE front.zeppelins (id int); COMMENT ON TABLE t77 IS NULL",
    );
    wait_until("the new table is what is meant", || names("how many zeppelins are there", "front.zeppelins"));
}

#[test]
fn a_standby_that_was_down_meanwhile() {
    let (primary, standby) = pair("slept");
    let on_standby = Database { cluster: &standby, name: "slept".into() };
    let names = |question: &str, text: &str| ask(&mut on_standby.connect(), question).is_ok_and(|sql| sql.contains(text));
    let zeppelins = "how many zeppelins are there";
    assert!(names(zeppelins, "t77"));
    standby.restart(Stop::Fast);
    assert!(names(zeppelins, "t77"));
    standby.stop(Stop::Fast);
    primary.connect("slept").batch_execute("COMMENT ON TABLE t77 IS NULL; COMMENT ON TABLE t78 IS 'zeppelins'").expect("COMMENT");
    standby.start_again();
    primary.wait_for(&standby);
    assert!(names(zeppelins, "t78"), "{:?}", ask(&mut on_standby.connect(), zeppelins));
    standby.stop(Stop::Fast);
    primary
        .connect("slept")
        .batch_execute("CREATE SCHEMA front; CREATE TABLE front.zeppelins (id int); COMMENT ON TABLE t78 IS NULL")
        .expect("CREATE");
    standby.start_again();
    primary.wait_for(&standby);
    assert!(names(zeppelins, "front.zeppelins"), "{:?}", ask(&mut on_standby.connect(), zeppelins));
}

#[test]
fn a_promoted_standby_goes_on() {
    let (primary, standby) = pair("promoted");
    let database = Database { cluster: &standby, name: "promoted".into() };
    let mut client = database.connect();
    let first = ask(&mut client, QUESTION).expect("answer");
    primary.stop(Stop::Fast);
    database.run("SELECT pg_promote()");
    assert_eq!(value(&mut client, "SELECT pg_is_in_recovery()::text"), "false");
    assert_eq!(ask(&mut client, QUESTION), Ok(first.clone()));
    // From now on its own transactions move things.
    client.batch_execute("BEGIN; ALTER TABLE parcels RENAME TO packets; ROLLBACK").expect("ALTER TABLE");
    assert_eq!(hits_of(&mut client, QUESTION), (1, Ok(first)));
    let mut other = database.connect();
    ask(&mut other, QUESTION).expect("answer");
    client
        .batch_execute("CREATE TABLE couriers (id int); COMMENT ON TABLE t77 IS NULL; COMMENT ON TABLE t78 IS 'zeppelins'")
        .expect("DDL");
    for client in [&mut client, &mut other, &mut database.connect()] {
        assert!(ask(client, "how many couriers are there").is_ok());
        assert!(ask(client, "how many zeppelins are there").is_ok_and(|sql| sql.contains("t78")));
    }
    let rows = Table::of(&mut client, "SELECT * FROM nl_query('how many parcels are there')").expect("rows");
    assert_eq!(rows.only_value().map(|json| json.contains('2')), Some(true), "{rows:?}");
}
