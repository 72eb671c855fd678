//! A model server fails: what is tried again, where it goes instead, and what the user is told.

use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, QUESTION, bakery, counter, set, under_way};
use nl_query_tests::model::{Answer, Model, Problem, RetryAfter, Script};
use nl_query_tests::{Cluster, Options, Table, ask, refusal, wait_until};

const KEY: &str = "sk-canary-5f3a9b72c1d84e60";

fn good() -> Answer {
    Answer::says(ANSWER)
}

#[test]
fn what_passes_is_tried_again_after_a_pause() {
    let model = Model::start(Script::new().times(2, Answer::problem(Problem::Overloaded)).always(good()));
    let database = bakery(Cluster::shared(), "fail_retry", &[("gpt", &model, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 3);
    let gaps = model.gaps();
    assert!(gaps[0] >= Duration::from_millis(370) && gaps[1] >= Duration::from_millis(740), "{gaps:?}");
    assert_eq!((counter(&database, "requests"), counter(&database, "retries")), (3, 2));
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let limited = Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Seconds(1));
    let model = Model::start(Script::new().once(limited.clone()).always(good()));
    let database = bakery(Cluster::shared(), "fail_patience", &[("gpt", &model, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert!(model.gaps()[0] >= Duration::from_secs(1), "{:?}", model.gaps());

    // More patience than there is time: told at once, and nobody asks meanwhile.
    model.set(Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Seconds(600)));
    let started = Instant::now();
    let said = ask(&mut database.connect(), "another one").expect_err("limited");
    assert_eq!(said.sqlstate, "53400", "{said:?}");
    let before = model.count();
    let said = ask(&mut database.connect(), "yet another one").expect_err("cooling");
    assert!(said.sqlstate == "53400" && said.message.contains("asked for patience"), "{said:?}");
    assert_eq!(model.count(), before);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn another_server_is_asked_where_one_fails() {
    for (name, failing) in [
        ("auth", Answer::problem(Problem::Auth)),
        ("limited", Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Seconds(600))),
        ("garbage", Answer::body("text/html", "<html>hello</html>")),
        ("cut", Answer::says(ANSWER).body_ends_at(20)),
    ] {
        let (model, spare) = (Model::start(failing), Model::start(good()));
        let database = bakery(Cluster::shared(), &format!("fail_over_{name}"), &[("gpt", &model, ""), ("spare", &spare, "")]);
        let started = Instant::now();
        assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()), "{name}");
        assert_eq!(spare.count(), 1, "{name}");
        assert!(started.elapsed() < Duration::from_secs(5), "{name}");
    }
}

#[test]
fn what_lasts_is_told_at_once_with_its_cause() {
    for (problem, sqlstate) in
        [(Problem::Auth, "28000"), (Problem::NoModel, "HV000"), (Problem::NoCredit, "53400"), (Problem::Filtered, "22023")]
    {
        let (model, spare) = (Model::start(Answer::problem(problem)), Model::start(good()));
        let name = format!("fail_{problem:?}").to_lowercase();
        let servers: &[(&str, &Model, &str)] =
            if problem == Problem::Filtered { &[("gpt", &model, ""), ("spare", &spare, "")] } else { &[("gpt", &model, "")] };
        let database = bakery(Cluster::shared(), &name, servers);
        let said = ask(&mut database.connect(), QUESTION).expect_err("it fails");
        assert_eq!(said.sqlstate, sqlstate, "{said:?}");
        assert!(said.message.contains("model server \"gpt\"") && !said.hint.is_empty(), "{said:?}");
        assert_eq!((model.count(), spare.count()), (1, 0), "{problem:?}");
    }
}

#[test]
fn a_server_that_knows_less_is_asked_for_less() {
    let strict = |request: &nl_query_tests::model::Request| {
        if request.json().get("temperature").is_some() { Answer::problem(Problem::BadRequest) } else { good() }
    };
    let model = Model::start(strict);
    let database = bakery(Cluster::shared(), "fail_less", &[("gpt", &model, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 2);
}

#[test]
fn the_time_for_a_question_is_bounded() {
    let model = Model::start(Answer::hang());
    let database = bakery(Cluster::shared(), "fail_late", &[("gpt", &model, "")]);
    set(&database, "nl_query.model_timeout", "500ms");
    let started = Instant::now();
    let said = ask(&mut database.connect(), QUESTION).expect_err("it hangs");
    assert_eq!(said.sqlstate, "57014", "{said:?}");
    assert!(said.message.contains("did not answer in time") && said.detail.contains("500 ms"), "{said:?}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    wait_until("the call is over", || under_way(&database) == 0);
}

#[test]
fn without_workers_the_error_comes_at_once() {
    let cluster = Cluster::start(&Options::default().with("nl_query.workers", "0"));
    let model = Model::start(good());
    let database = bakery(&cluster, "no_worker", &[("gpt", &model, "")]);
    let started = Instant::now();
    let said = ask(&mut database.connect(), QUESTION).expect_err("no worker");
    assert_eq!((said.sqlstate.as_str(), said.message.as_str()), ("55000", "no worker of nl_query is running"));
    assert!(said.hint.contains("nl_query.workers"), "{said:?}");
    assert!(started.elapsed() < Duration::from_secs(2) && model.count() == 0);
}

#[test]
fn the_key_appears_nowhere_but_in_its_header() {
    let echo = |request: &nl_query_tests::model::Request| {
        let key = request.header("authorization").unwrap_or_default().to_owned();
        Answer::problem(Problem::Auth).header("x-echo", &key)
    };
    let model = Model::start(Script::new().once(echo).once(Answer::body("text/plain", format!("you sent {KEY}"))).always(good()));
    let cluster = Cluster::start(&Options::default().with("log_statement", "none").with("log_min_messages", "debug1"));
    let database = bakery(&cluster, "canary", &[("gpt", &model, "")]);
    // As a client library sends it: what is typed into a statement that fails is the client's to keep out of logs.
    database.run(&format!("CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (api_key '{KEY}')"));
    let mut said = Vec::new();
    for number in 0..3 {
        // Other options are another matter for the server's state.
        database.run(&format!("ALTER SERVER gpt OPTIONS ({} retries '{number}')", if number == 0 { "ADD" } else { "SET" }));
        said.push(format!("{:?}", ask(&mut database.connect(), &format!("{QUESTION} {number}"))));
    }
    assert!(said[2].contains("Ok"), "{said:?}");
    assert!(model.holds_only_in(KEY, "authorization"), "{:?}", model.holds(KEY));
    database.plain_role("canary_reader");
    database.run("GRANT pg_read_all_stats, pg_read_all_settings TO canary_reader");
    let mut reader = database.connect_as("canary_reader");
    for view in [
        "pg_stat_nl_query",
        "pg_stat_nl_query_servers",
        "pg_stat_nl_query_refusals",
        "pg_stat_progress_nl_query",
        "pg_stat_activity",
        "pg_settings",
        "pg_foreign_server",
    ] {
        let rows = Table::of(&mut reader, &format!("SELECT row_to_json(t)::text FROM {view} t")).expect(view);
        said.push(format!("{rows:?}"));
    }
    said.push(cluster.log());
    for text in said {
        assert!(!text.contains(KEY) && !text.contains("canary-5f3a"), "{text}");
    }
}

#[test]
fn a_failing_call_inside_an_exception_block_leaves_nothing() {
    let model = Model::start(Answer::hang());
    let database = bakery(Cluster::shared(), "fail_block", &[("gpt", &model, "")]);
    set(&database, "nl_query.model_timeout", "300ms");
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "DO $$ BEGIN
               FOR i IN 1..3 LOOP
                 BEGIN PERFORM nl_sql('{QUESTION} ' || i); RAISE 'answered'; EXCEPTION WHEN query_canceled THEN NULL; END;
               END LOOP;
             END $$"
        ))
        .expect("the block goes on");
    wait_until("the calls are over", || under_way(&database) == 0);
    model.set(good());
    assert_eq!(ask(&mut client, QUESTION), Ok(ANSWER.to_owned()));
    let said = refusal(&mut client, "SELECT nl_sql('')");
    assert_eq!(said.sqlstate, "22023");
}
