//! Waiting for a model: what is held meanwhile, how it ends early, and many who ask the same.

use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, QUESTION, bakery, column, counter, set, under_way};
use nl_query_tests::model::{Answer, Gate, Model};
use nl_query_tests::{Cluster, Database, Options, ask, refusal, wait_until};

const LONG: Duration = Duration::from_secs(20);

fn held() -> (Gate, Model) {
    let gate = Gate::shut();
    let model = Model::start(Answer::says(ANSWER).held_by(&gate));
    (gate, model)
}

fn nothing_is_left(database: &Database<'_>) {
    wait_until("no request is under way", || under_way(database) == 0);
    let shown = "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database()";
    assert_eq!(database.value(shown), "0");
}

#[test]
fn whoever_waits_holds_no_relation_and_is_seen() {
    let (gate, model) = held();
    let database = bakery(Cluster::shared(), "wait_locks", &[("gpt", &model, "")]);
    set(&database, "nl_query.engine", "auto");
    std::thread::scope(|scope| {
        // The embedded engine looks into the tables first: none of that may stay.
        let asking = scope.spawn(|| ask(&mut database.connect(), "loaves of unobtainium per wombat"));
        gate.wait_for(1, LONG);
        let locks = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.locktype = 'relation'";
        assert_eq!(database.value(locks), "0");
        let stage = "SELECT stage FROM pg_stat_progress_nl_query WHERE datname = current_database()";
        wait_until("the session is seen waiting for the server", || {
            let mut client = database.connect();
            client.query(stage, &[]).expect("progress").iter().any(|row| row.get::<_, String>(0) == "provider")
        });
        // Nobody stands in the way of those who change tables.
        database.run("SET lock_timeout = '2s'; ALTER TABLE loaves ADD COLUMN baked date");
        gate.open();
        assert_eq!(asking.join().expect("a thread"), Ok(ANSWER.to_owned()));
    });
    nothing_is_left(&database);
}

#[test]
fn a_cancel_is_seen_at_once() {
    let (_gate, model) = held();
    let database = bakery(Cluster::shared(), "wait_cancel", &[("gpt", &model, "")]);
    let mut times = Vec::new();
    for round in 1..=5 {
        let mut client = database.connect();
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).expect("a pid").get(0);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let said = refusal(&mut client, &format!("SELECT nl_sql('{QUESTION} {round}')"));
                (said, Instant::now())
            });
            model.wait_for(round, LONG);
            let mut other = database.connect();
            let started = Instant::now();
            other.execute("SELECT pg_cancel_backend($1)", &[&pid]).expect("cancel");
            let (said, ended) = asking.join().expect("a thread");
            assert_eq!(said.sqlstate, "57014", "{said:?}");
            times.push(ended.saturating_duration_since(started));
        });
        // The session goes on.
        client.batch_execute("SELECT 1").expect("the session goes on");
    }
    times.sort();
    println!("cancelled after {times:?}");
    assert!(times[2] < Duration::from_millis(50), "{times:?}");
    model.wait_for_rest(LONG);
    nothing_is_left(&database);
}

#[test]
fn statement_timeout_is_kept() {
    let (_gate, model) = held();
    let database = bakery(Cluster::shared(), "wait_timeout", &[("gpt", &model, "")]);
    let mut client = database.connect();
    client.batch_execute("SET statement_timeout = '300ms'").expect("SET");
    for form in ["SELECT nl_sql($1)", "SELECT * FROM nl_query($1)"] {
        let started = Instant::now();
        let said = refusal(&mut client, &form.replace("$1", &format!("'{QUESTION}'")));
        let time = started.elapsed();
        assert_eq!((said.sqlstate.as_str(), said.message.as_str()), ("57014", "canceling statement due to statement timeout"));
        assert!(time >= Duration::from_millis(295) && time < Duration::from_millis(600), "{time:?}");
    }
    nothing_is_left(&database);
}

#[test]
fn a_session_that_is_terminated_leaves_nothing() {
    let (_gate, model) = held();
    let database = bakery(Cluster::shared(), "wait_terminate", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| database.connect().query_one("SELECT nl_sql($1)", &[&QUESTION]).is_err());
        model.wait_for(1, LONG);
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.value(others);
        assert!(asking.join().expect("a thread"));
    });
    model.wait_for_rest(LONG);
    nothing_is_left(&database);
}

#[test]
fn of_many_sessions_that_ask_the_same_one_asks() {
    let (gate, model) = held();
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "wait_flight", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..20).map(|_| scope.spawn(|| ask(&mut database.connect(), QUESTION))).collect();
        let following =
            "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database() AND stage = 'following'";
        wait_until("the others follow", || database.value(following) == "19");
        gate.open();
        for session in sessions {
            assert_eq!(session.join().expect("a thread"), Ok(ANSWER.to_owned()));
        }
    });
    assert_eq!(model.count(), 1);
    assert_eq!((counter(&database, "requests"), counter(&database, "coalesced")), (1, 19));
    nothing_is_left(&database);
}

#[test]
fn when_the_leader_is_cancelled_its_request_goes_on() {
    let (gate, model) = held();
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "wait_leader", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let mut leader = database.connect();
        let token = leader.cancel_token();
        let leading = scope.spawn(move || refusal(&mut leader, &format!("SELECT nl_sql('{QUESTION}')")));
        gate.wait_for(1, LONG);
        let followers: Vec<_> = (0..5).map(|_| scope.spawn(|| ask(&mut database.connect(), QUESTION))).collect();
        let following =
            "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database() AND stage = 'following'";
        wait_until("the others follow", || database.value(following) == "5");
        token.cancel_query(postgres::NoTls).expect("cancel");
        assert_eq!(leading.join().expect("a thread").sqlstate, "57014");
        wait_until("one of them leads", || database.value(following) == "4");
        gate.open();
        for follower in followers {
            assert_eq!(follower.join().expect("a thread"), Ok(ANSWER.to_owned()));
        }
    });
    assert_eq!(model.count(), 1, "the call under way was taken over");
    let lines = column(&database, &format!("SELECT * FROM nl_explain('{QUESTION}')"));
    assert!(lines.iter().any(|line| line == "Engine: model, server \"gpt\""), "{lines:?}");
    nothing_is_left(&database);
}

#[test]
fn what_the_leader_is_told_its_followers_are_told() {
    let gate = Gate::shut();
    let model = Model::start(Answer::status(401).held_by(&gate));
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "wait_failure", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(&mut database.connect(), QUESTION))).collect();
        let following =
            "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database() AND stage = 'following'";
        wait_until("the others follow", || database.value(following) == "5");
        gate.open();
        for session in sessions {
            let said = session.join().expect("a thread").expect_err("a failure");
            assert_eq!(said.sqlstate, "28000", "{said:?}");
        }
    });
    assert_eq!(model.count(), 1);
}

#[test]
fn roles_do_not_fly_together() {
    let (gate, model) = held();
    let database = bakery(Cluster::shared(), "wait_roles", &[("gpt", &model, "")]);
    for role in ["wait_roles_a", "wait_roles_b"] {
        database.plain_role(role);
        database.run(&format!("GRANT SELECT ON loaves TO {role}; GRANT USAGE ON FOREIGN SERVER gpt TO {role}"));
    }
    std::thread::scope(|scope| {
        let sessions: Vec<_> = ["wait_roles_a", "wait_roles_b"]
            .map(|role| {
                scope.spawn({
                    let database = &database;
                    move || ask(&mut database.connect_as(role), QUESTION)
                })
            })
            .into_iter()
            .collect();
        gate.wait_for(2, LONG);
        gate.open();
        for session in sessions {
            assert_eq!(session.join().expect("a thread"), Ok(ANSWER.to_owned()));
        }
    });
    assert_eq!(model.count(), 2);
}

#[test]
fn a_full_queue_says_so_at_once() {
    let cluster = Cluster::start(&Options::default().with("nl_query.queue_size", "8"));
    let (gate, model) = held();
    let database = bakery(&cluster, "full", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let database = &database;
        let sessions: Vec<_> =
            (0..8).map(|n| scope.spawn(move || ask(&mut database.connect(), &format!("{QUESTION} {n}")))).collect();
        gate.wait_for(8, LONG);
        let started = Instant::now();
        let said = ask(&mut database.connect(), "one too many").expect_err("full");
        assert_eq!(said.sqlstate, "53000", "{said:?}");
        assert!(started.elapsed() < Duration::from_secs(1) && said.detail.contains("nl_query.queue_size"), "{said:?}");
        gate.open();
        for session in sessions {
            assert!(session.join().expect("a thread").is_ok());
        }
    });
}

#[test]
fn a_standby_asks_and_takes_no_transaction_id() {
    let model = Model::start(Answer::says(ANSWER));
    let primary = Cluster::start(&Options::default());
    let database = bakery(&primary, "shipped_model", &[("gpt", &model, "")]);
    let mut client = database.connect();
    let mut transaction = client.transaction().expect("BEGIN");
    transaction.query_one("SELECT nl_sql($1)", &[&"something else"]).expect("an answer");
    let id: Option<String> = transaction.query_one("SELECT pg_current_xact_id_if_assigned()::text", &[]).expect("the id").get(0);
    assert_eq!(id, None);
    drop(transaction);

    let standby = primary.standby(&Options::default());
    primary.wait_for(&standby);
    let mut client = standby.connect("shipped_model");
    let before = model.count();
    assert_eq!(ask(&mut client, QUESTION), Ok(ANSWER.to_owned()));
    let row = client.query_one(&format!("SELECT * FROM nl_query('{QUESTION}')"), &[]).expect("typed");
    assert_eq!(row.get::<_, i64>(0), 3);
    assert_eq!(model.count(), before + 1);
}
