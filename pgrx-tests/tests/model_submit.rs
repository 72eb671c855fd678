//! Asking without waiting, and asking much at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, QUESTION, bakery, set, under_way};
use nl_query_tests::model::{Answer, Gate, Model, Problem, Script};
use nl_query_tests::{Cluster, Options, Refusal, Table, refusal, wait_until};
use postgres::Client;

const LONG: Duration = Duration::from_secs(20);

fn submit(client: &mut Client, question: &str) -> i64 {
    client
        .query_one("SELECT nl_submit($1)", &[&question])
        .map(|row| row.get(0))
        .unwrap_or_else(|e| panic!("{:?}", Refusal::from(&e)))
}

/// State, SQL, engine, error.
type Status = (String, Option<String>, Option<String>, Option<String>);

fn status(client: &mut Client, id: i64) -> Status {
    let row = client.query_one("SELECT * FROM nl_status($1)", &[&id]).unwrap_or_else(|e| panic!("{:?}", Refusal::from(&e)));
    assert!(row.get::<_, f64>("elapsed_ms") >= 0.0);
    (row.get("state"), row.get("sql"), row.get("engine"), row.get("error"))
}

fn wait_for(client: &mut Client, id: i64, state: &str) -> Status {
    let mut last = status(client, id);
    wait_until(state, || {
        last = status(client, id);
        last.0 == state
    });
    last
}

fn rows(client: &mut Client, id: i64) -> Vec<String> {
    let table = Table::of(client, &format!("SELECT f::text FROM nl_fetch({id}) AS f"));
    let table = table.unwrap_or_else(|e| panic!("{:?}", Refusal::from(&e)));
    table.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

#[test]
fn a_question_goes_on_without_its_session() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says(ANSWER).held_by(&gate));
    let database = bakery(Cluster::shared(), "submit", &[("gpt", &model, "")]);
    let id = submit(&mut database.connect(), QUESTION);
    let mut client = database.connect();
    gate.wait_for(1, LONG);
    assert_eq!(status(&mut client, id), ("running".to_owned(), None, None, None));
    gate.open();
    let done = wait_for(&mut client, id, "done");
    assert_eq!(done, ("done".to_owned(), Some(ANSWER.to_owned()), Some("model".to_owned()), None));
    assert_eq!(rows(&mut client, id), [r#"{"loaves":3}"#]);
    assert_eq!(rows(&mut client, id), [r#"{"loaves":3}"#], "as often as one likes");
    assert_eq!(model.count(), 1);
    assert!(!client.query_one("SELECT nl_cancel($1)", &[&id]).expect("cancel").get::<_, bool>(0), "it is over");
    wait_until("no request is under way", || under_way(&database) == 0);
}

#[test]
fn what_the_engine_knows_is_done_at_once() {
    let model = Model::start(Answer::says(ANSWER));
    let database = bakery(Cluster::shared(), "submit_engine", &[("gpt", &model, "")]);
    set(&database, "nl_query.engine", "auto");
    let mut client = database.connect();
    let id = submit(&mut client, "how many loaves are there");
    let (state, sql, engine, _) = status(&mut client, id);
    assert_eq!((state.as_str(), engine.as_deref()), ("done", Some("embedded")));
    assert_eq!(database.value(&sql.expect("SQL")), "3");
    assert_eq!((rows(&mut client, id).len(), model.count()), (1, 0));
}

#[test]
fn fetching_waits_and_can_be_cancelled() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says(ANSWER).held_by(&gate));
    let database = bakery(Cluster::shared(), "submit_fetch", &[("gpt", &model, "")]);
    let mut client = database.connect();
    let id = submit(&mut client, QUESTION);
    client.batch_execute("SET statement_timeout = '200ms'").expect("SET");
    assert_eq!(refusal(&mut client, &format!("SELECT * FROM nl_fetch({id})")).sqlstate, "57014");
    client.batch_execute("SET statement_timeout = 0").expect("SET");
    std::thread::scope(|scope| {
        let fetching = scope.spawn(|| {
            let rows = rows(&mut database.connect(), id);
            (rows, Instant::now())
        });
        gate.wait_for(1, LONG);
        std::thread::sleep(Duration::from_millis(300));
        let opened = Instant::now();
        gate.open();
        let (rows, ended) = fetching.join().expect("a thread");
        assert_eq!(rows, [r#"{"loaves":3}"#]);
        let late = ended.saturating_duration_since(opened);
        assert!(late < Duration::from_millis(500), "it is woken: {late:?}");
    });
    assert_eq!(model.count(), 1);
}

#[test]
fn a_submission_is_repaired_retried_and_fails_over() {
    let wrong = Answer::says("SELECT count(*) AS loaves FROM loafs");
    let model = Model::start(Script::new().once(wrong).once(Answer::problem(Problem::Overloaded)).always(Answer::status(401)));
    let spare = Model::start(Answer::says(ANSWER));
    let database = bakery(Cluster::shared(), "submit_trouble", &[("gpt", &model, ""), ("spare", &spare, "")]);
    let mut client = database.connect();
    let id = submit(&mut client, QUESTION);
    let done = wait_for(&mut client, id, "done");
    assert_eq!(done.1.as_deref(), Some(ANSWER));
    assert_eq!((model.count(), spare.count()), (3, 1));
    assert!(spare.request(1).says("FROM loafs"), "it hears what was wrong");

    spare.set(Answer::status(401));
    let id = submit(&mut client, "another one");
    let failed = wait_for(&mut client, id, "failed");
    assert!(failed.3.as_deref().is_some_and(|error| error.contains("does not accept the key")), "{failed:?}");
    let said = refusal(&mut client, &format!("SELECT * FROM nl_fetch({id})"));
    assert_eq!(said.sqlstate, "28000", "{said:?}");
}

/// An answer may be there before `nl_submit` is done: whatever it is, the question has been submitted.
#[test]
fn an_answer_is_never_too_quick() {
    let model = Model::start(Answer::says("SELECT count(*) AS loaves FROM loafs"));
    // Of its own: so many submissions would have those of other tests forgotten.
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "submit_quick", &[("gpt", &model, "")]);
    set(&database, "nl_query.max_repairs", "0");
    let mut client = database.connect();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The session is often put off right after it has woken the worker: the answer is there when it goes on.
        (0..8).for_each(|_| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        });
        let said: Vec<_> = (0..150)
            .map(|n| client.query_one("SELECT nl_submit($1)", &[&format!("{QUESTION} {n}")]).map_err(|e| Refusal::from(&e)))
            .collect();
        over.store(true, Ordering::Relaxed);
        let refused: Vec<_> = said.iter().filter_map(|said| said.as_ref().err()).collect();
        assert!(refused.is_empty(), "{refused:?}");
        let last = said.last().and_then(|said| said.as_ref().ok()).expect("submissions").get(0);
        let failed = wait_for(&mut client, last, "failed");
        assert!(failed.3.as_deref().is_some_and(|error| error.contains("loafs")), "{failed:?}");
    });
}

#[test]
fn a_submission_can_be_taken_back() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says(ANSWER).held_by(&gate));
    let database = bakery(Cluster::shared(), "submit_cancel", &[("gpt", &model, "")]);
    let mut client = database.connect();
    let id = submit(&mut client, QUESTION);
    gate.wait_for(1, LONG);
    assert!(client.query_one("SELECT nl_cancel($1)", &[&id]).expect("cancel").get::<_, bool>(0));
    assert_eq!(status(&mut client, id).0, "canceled");
    assert_eq!(refusal(&mut client, &format!("SELECT * FROM nl_fetch({id})")).sqlstate, "57014");
    model.wait_for_rest(LONG);
    wait_until("no request is under way", || under_way(&database) == 0);
}

#[test]
fn it_belongs_to_its_role_and_database() {
    let model = Model::start(Answer::says(ANSWER));
    let database = bakery(Cluster::shared(), "submit_owner", &[("gpt", &model, "")]);
    let elsewhere = Cluster::shared().database("submit_elsewhere");
    database.plain_role("submit_owner_a");
    database.plain_role("submit_owner_b");
    database.run(
        "GRANT SELECT ON loaves TO submit_owner_a, submit_owner_b; GRANT USAGE ON FOREIGN SERVER gpt TO submit_owner_a;
         CREATE SCHEMA other; CREATE TABLE other.loaves (x int); GRANT USAGE ON SCHEMA other TO submit_owner_a;
         GRANT SELECT ON other.loaves TO submit_owner_a",
    );
    let mut owner = database.connect_as("submit_owner_a");
    let id = submit(&mut owner, QUESTION);
    for mut stranger in [database.connect_as("submit_owner_b"), database.connect(), elsewhere.connect()] {
        for call in ["nl_status", "nl_fetch", "nl_cancel"] {
            let said = refusal(&mut stranger, &format!("SELECT * FROM {call}({id})"));
            assert_eq!(said.sqlstate, "42704", "{said:?}");
            let none = refusal(&mut stranger, &format!("SELECT * FROM {call}({})", id + 1000));
            assert_eq!(none.message.replace(&(id + 1000).to_string(), ""), said.message.replace(&id.to_string(), ""));
        }
    }
    wait_for(&mut owner, id, "done");
    owner.batch_execute("SET search_path = other, public").expect("SET");
    let said = refusal(&mut owner, &format!("SELECT * FROM nl_fetch({id})"));
    assert_eq!(said.sqlstate, "55000", "the same names are other tables now: {said:?}");
    owner.batch_execute("RESET search_path").expect("RESET");
    assert_eq!(rows(&mut owner, id), [r#"{"loaves":3}"#]);
}

#[test]
fn a_batch_answers_all_at_once() {
    let delay = Duration::from_millis(200);
    let model = Model::start(
        move |request: &nl_query_tests::model::Request| {
            if request.says("bad") { Answer::status(400) } else { Answer::says(ANSWER).delay(delay) }
        },
    );
    // Of its own: what other tests do to roles would have answers forgotten.
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "batch", &[("gpt", &model, ", concurrency '64'")]);
    let mut questions: Vec<Option<String>> = (0..50).map(|n| Some(format!("{QUESTION} {n}"))).collect();
    questions.extend([None, Some("bad one".to_owned()), Some(format!("{QUESTION} 7")), Some("  ".to_owned())]);
    let mut client = database.connect();
    let started = Instant::now();
    let rows = client.query("SELECT * FROM nl_sql_batch($1)", &[&questions]).expect("a batch");
    let time = started.elapsed();
    println!("54 questions in {time:?}");
    assert_eq!(rows.len(), 54);
    for (place, row) in rows.iter().enumerate() {
        assert_eq!(row.get::<_, i32>("ordinality"), place as i32 + 1);
        assert_eq!(row.get::<_, Option<String>>("question"), questions[place]);
        let (sql, error): (Option<String>, Option<String>) = (row.get("sql"), row.get("error"));
        match place {
            50 => assert_eq!((sql, error), (None, None)),
            51 => assert!(sql.is_none() && error.is_some_and(|error| error.contains("gpt"))),
            53 => assert!(sql.is_none() && error.is_some_and(|error| error.contains("empty"))),
            _ => assert_eq!((sql.as_deref(), error), (Some(ANSWER), None), "{place}"),
        }
    }
    assert_eq!(model.count(), 51, "the same question twice is one");
    assert!(model.counts().most_in_flight > 8, "{:?}", model.counts());
    assert!(time < Duration::from_secs(5), "{time:?}");
}

#[test]
fn a_batch_larger_than_the_queue_waits_its_turn() {
    let cluster = Cluster::start(&Options::default().with("nl_query.queue_size", "8"));
    let model = Model::start(Answer::says(ANSWER).delay(Duration::from_millis(20)));
    let database = bakery(&cluster, "batch_small", &[("gpt", &model, "")]);
    std::thread::scope(|scope| {
        let database = &database;
        let batches: Vec<_> = (0..3)
            .map(|batch| {
                scope.spawn(move || {
                    let questions: Vec<String> = (0..30).map(|n| format!("{QUESTION} {batch} {n}")).collect();
                    let sql = "SELECT count(sql), count(error) FROM nl_sql_batch($1)";
                    let row = database.connect().query_one(sql, &[&questions]).expect("a batch");
                    (row.get::<_, i64>(0), row.get::<_, i64>(1))
                })
            })
            .collect();
        for batch in batches {
            assert_eq!(batch.join().expect("a thread"), (30, 0));
        }
    });
    assert_eq!(model.count(), 90);
    assert!(model.counts().most_in_flight <= 6, "a quarter is kept for sessions: {:?}", model.counts());
}

#[test]
fn a_cancelled_batch_leaves_nothing() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says(ANSWER).held_by(&gate));
    let database = bakery(Cluster::shared(), "batch_cancel", &[("gpt", &model, "")]);
    let mut client = database.connect();
    client.batch_execute("SET statement_timeout = '500ms'").expect("SET");
    let said =
        refusal(&mut client, &format!("SELECT * FROM nl_sql_batch(ARRAY['{QUESTION} 1', '{QUESTION} 2', '{QUESTION} 3'])"));
    assert_eq!(said.sqlstate, "57014", "{said:?}");
    model.wait_for_rest(LONG);
    wait_until("no request is under way", || under_way(&database) == 0);
}
