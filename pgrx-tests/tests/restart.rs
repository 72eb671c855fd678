//! Restarts: clean, and as after a crash.

use nl_query_tests::{Cluster, Options, Stop, ask, wait_until};

const QUESTION: &str = "how many parcels are there";

#[test]
fn answers_after_clean_and_unclean_restarts() {
    let cluster = Cluster::start(&Options::default());
    let database = cluster.database("kept");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1), (2); ANALYZE");
    let before = database.answer(QUESTION);
    for how in [Stop::Fast, Stop::Immediate, Stop::Smart] {
        cluster.restart(how);
        assert_eq!(database.answer(QUESTION), before, "after a {how:?} stop");
    }
    assert!(!cluster.log().contains("PANIC"), "{}", cluster.log_tail(40));
}

#[test]
fn a_crashed_backend_does_not_take_the_shared_memory_along() {
    let cluster = Cluster::start(&Options::default().with("restart_after_crash", "on"));
    let database = cluster.database("crashed");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1)");
    let before = database.answer(QUESTION);
    let mut victim = database.connect();
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).expect("pid").get(0);
    // By the shell: a bare system has no program "kill".
    let killed = std::process::Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().expect("sh");
    assert!(killed.success());
    wait_until("the server takes connections again", || {
        cluster.log().contains("all server processes terminated; reinitializing")
            && cluster.try_connect("crashed", "postgres").is_ok_and(|mut c| c.simple_query("SELECT 1").is_ok())
    });
    assert_eq!(database.answer(QUESTION), before);
}

#[test]
fn dropping_a_database_does_not_wait_for_the_extension() {
    let cluster = Cluster::shared();
    let database = cluster.database("dropped");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY)");
    database.answer(QUESTION);
    cluster.connect("postgres").batch_execute("DROP DATABASE dropped").expect("DROP DATABASE");
    // The same name again, with other tables: nothing of the old one may answer.
    let database = cluster.database("dropped");
    database.run("CREATE TABLE couriers (id int PRIMARY KEY)");
    ask(&mut database.connect(), QUESTION).expect_err("a table of a database that is gone");
}
