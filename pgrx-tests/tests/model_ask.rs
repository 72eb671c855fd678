//! A model answers: the whole way, by clients, against a scripted server.

use nl_query_tests::bakery::{ANSWER, QUESTION, bakery, column, counter, create_server, set};
use nl_query_tests::model::{Answer, Model, Reply, Script, Vendor};
use nl_query_tests::{Cluster, Options, Table, ask, refusal};

const REPLY: &str = r#"{"sql": "SELECT count(*) AS loaves FROM loaves", "reason": null}"#;

#[test]
fn each_of_the_three_interfaces_gives_an_answer() {
    // Of its own: what other tests do to roles would have answers forgotten.
    let cluster = Cluster::start(&Options::default());
    for vendor in Vendor::ALL {
        let model = Model::start(Answer::says(REPLY));
        let database = bakery(&cluster, &format!("model_{}", vendor.api()), &[]);
        database.run(&create_server("gpt", &model, vendor, ", headers '{\"x-team\": \"bakers\"}'"));
        set(&database, "nl_query.servers", "gpt");
        let mut client = database.connect();
        assert_eq!(ask(&mut client, QUESTION), Ok(ANSWER.to_owned()), "{vendor:?}");
        let row = client.query_one(&format!("SELECT * FROM nl_query('{QUESTION}')"), &[]).expect("typed");
        assert_eq!(row.get::<_, i64>("loaves"), 3);
        assert_eq!(database.value(&format!("SELECT nl_query($${QUESTION}$$::text || '')::text")), r#"{"loaves":3}"#);
        assert_eq!(model.count(), 1, "the answer is remembered");
        let request = model.request(1);
        assert_eq!((request.vendor(), request.model().as_deref()), (vendor, Some("mock-1")));
        assert!(request.says(QUESTION) && request.says("TABLE loaves (") && !request.says("rye"), "{:?}", request.messages());
        assert_eq!(request.header("x-team"), Some("bakers"));
        assert_eq!(request.header("traceparent"), None);
        assert_eq!(counter(&database, "requests"), 1);
        assert_eq!((counter(&database, "tokens_in"), counter(&database, "tokens_out")), (100, 20));
        let question = "SELECT engine || ' ' || calls || ' ' || tokens_in || ' ' || tokens_out FROM pg_stat_nl_query
                        WHERE datname = current_database() AND question LIKE 'qwertz%'";
        assert_eq!(database.value(question), "model 3 100 20");
    }
    let stages = "SELECT stage FROM pg_stat_nl_query_timing WHERE count > 0";
    let stages = column(&cluster.database("model_stages"), stages);
    assert!(["queue", "provider", "prove"].iter().all(|stage| stages.iter().any(|known| known == stage)), "{stages:?}");
}

#[test]
fn whatever_form_the_reply_has() {
    let model = Model::start(Answer::says(""));
    let database = bakery(Cluster::shared(), "model_forms", &[("gpt", &model, "")]);
    set(&database, "nl_query.cache", "off");
    for text in [
        "```sql\nSELECT count(*) AS loaves FROM loaves;\n```",
        "Sure! This query counts them:\n\nSELECT count(*) AS loaves FROM loaves;\n\nIt looks at each loaf once.",
        "<think>loaves are in loaves</think>{\"sql\": \"SELECT count(*) AS loaves FROM loaves\"}",
    ] {
        model.set(Answer::says(text));
        assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()), "{text}");
    }
}

#[test]
fn the_model_hears_what_is_wrong_with_its_sql() {
    let wrong = Answer::says("```sql\nSELECT count(*) AS loaves FROM loafs\n```");
    let model = Model::start(Script::new().once(wrong.clone()).always(Answer::says(REPLY)));
    let database = bakery(Cluster::shared(), "model_repair", &[("gpt", &model, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 2);
    let again = model.request(2);
    for part in ["FROM loafs", "42P01", "\\\"loaves\\\"", QUESTION] {
        let told = again.messages().join("\n");
        assert!(told.contains(part) || told.contains(&part.replace('\\', "")), "{part} in {told}");
    }

    model.set(wrong);
    set(&database, "nl_query.max_repairs", "2");
    let said = ask(&mut database.connect(), "another one").expect_err("it never gets it right");
    assert_eq!(said.sqlstate, "42P01", "{said:?}");
    assert!(said.message.starts_with("cannot run the answer") && said.detail.contains("FROM loafs"), "{said:?}");
    assert_eq!(model.count(), 4, "it says the same again, which is not sent back twice");
    set(&database, "nl_query.max_repairs", "0");
    let _ = ask(&mut database.connect(), "yet another one").expect_err("it never gets it right");
    assert_eq!(model.count(), 5);
}

#[test]
fn what_a_model_writes_passes_the_guard_or_does_not_run() {
    let model = Model::start(Answer::says("DELETE FROM loaves"));
    let database = bakery(Cluster::shared(), "model_guard", &[("gpt", &model, "")]);
    for (number, sql) in
        ["DELETE FROM loaves", "SELECT pg_sleep(1)", "SELECT 1; DROP TABLE loaves", "SELECT * FROM pg_authid"].iter().enumerate()
    {
        model.set(Answer::says(&format!("```sql\n{sql}\n```")));
        let said = ask(&mut database.connect(), &format!("question {number}")).expect_err("refused");
        assert!(["0A000", "42501", "HV000"].contains(&said.sqlstate.as_str()), "{sql}: {said:?}");
    }
    assert_eq!(database.value("SELECT count(*) FROM loaves"), "3");
}

#[test]
fn a_model_that_declines_is_not_asked_again_at_once() {
    let model = Model::start(Answer::says(r#"{"sql": null, "reason": "there is no table of weather"}"#));
    let spare = Model::start(Answer::says(REPLY));
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "model_declines", &[("gpt", &model, ""), ("spare", &spare, "")]);
    for _ in 0..2 {
        let said = ask(&mut database.connect(), QUESTION).expect_err("declined");
        assert_eq!(said.sqlstate, "22023", "{said:?}");
        assert!(said.detail.contains("no table of weather"), "{said:?}");
    }
    assert_eq!((model.count(), spare.count()), (1, 0));
}

#[test]
fn auto_asks_a_model_only_where_the_engine_has_no_answer() {
    let model = Model::start(Answer::says(REPLY));
    let cluster = Cluster::start(&Options::default());
    let database = bakery(&cluster, "model_auto", &[("gpt", &model, "")]);
    set(&database, "nl_query.engine", "auto");
    let mut client = database.connect();
    assert!(ask(&mut client, "how many loaves are there").is_ok());
    assert_eq!(model.count(), 0);
    assert_eq!(ask(&mut client, QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 1);
    let lines = column(&database, &format!("SELECT * FROM nl_explain('{QUESTION}')"));
    assert!(lines.iter().any(|line| line == "Engine: model, server \"gpt\""), "{lines:?}");
    assert_eq!(model.count(), 1, "explaining what is remembered asks nobody");

    // The user's words are what is unclear; that the model failed stands behind.
    model.set(Answer::status(401));
    let said = ask(&mut client, "yxcvb").expect_err("nobody knows");
    assert_eq!(said.sqlstate, "42704", "{said:?}");
    assert!(said.detail.contains("model server \"gpt\" does not accept the key"), "{said:?}");

    // Who may not use the server is told nothing of it, and spends nothing.
    database.plain_role("model_auto_stranger");
    database.run("GRANT SELECT ON loaves TO model_auto_stranger");
    let mut stranger = database.connect_as("model_auto_stranger");
    assert!(ask(&mut stranger, "how many loaves are there").is_ok());
    let said = ask(&mut stranger, QUESTION).expect_err("nobody knows");
    assert!(said.sqlstate == "42704" && !format!("{said:?}").contains("gpt"), "{said:?}");
    stranger.batch_execute("SET nl_query.engine = model").expect("SET");
    let said = ask(&mut stranger, QUESTION).expect_err("not allowed");
    assert_eq!((said.sqlstate.as_str(), said.message.as_str()), ("42501", "permission denied for foreign server gpt"));
    database.run("GRANT USAGE ON FOREIGN SERVER gpt TO model_auto_stranger");
    model.set(Answer::says(REPLY));
    let before = model.count();
    set(&database, "nl_query.min_confidence", "1");
    let mut stranger = database.connect_as("model_auto_stranger");
    // The key that was rejected is left alone; another set of options is another matter.
    database.run("ALTER SERVER gpt OPTIONS (ADD retries '1')");
    assert_eq!(ask(&mut stranger, QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), before + 1, "one role's answer is not another's");
}

#[test]
fn without_servers_there_is_no_model() {
    let database = bakery(Cluster::shared(), "model_none", &[]);
    let said = ask(&mut database.connect(), QUESTION).expect_err("no server");
    assert_eq!((said.sqlstate.as_str(), said.message.as_str()), ("55000", "no model server is configured"));
    set(&database, "nl_query.engine", "auto");
    let said = ask(&mut database.connect(), QUESTION).expect_err("no reading");
    assert!(said.sqlstate == "42704" && !said.detail.contains("model"), "{said:?}");
}

#[test]
fn the_trace_of_a_client_goes_along() {
    let model = Model::start(Answer::says(REPLY));
    let database = bakery(Cluster::shared(), "model_trace", &[("gpt", &model, "")]);
    let mut client = database.connect();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client.batch_execute(&format!("SET nl_query.traceparent = '{trace}'")).expect("SET");
    ask(&mut client, QUESTION).expect("an answer");
    assert_eq!(model.request(1).header("traceparent"), Some(trace));
    let said = refusal(&mut client, "SET nl_query.traceparent = 'yes'");
    assert!(said.sqlstate == "22023" && said.detail.contains("traceparent"), "{said:?}");
}

#[test]
fn a_reply_that_is_of_no_use_is_the_next_servers_turn() {
    let model = Model::start(Answer::reply(Reply::new("I like bread.")));
    let spare = Model::start(Answer::says(REPLY));
    let database = bakery(Cluster::shared(), "model_prose", &[("gpt", &model, ""), ("spare", &spare, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!((model.count(), spare.count()), (2, 1), "it may say it again once");
    let json = database.value(&format!("SELECT * FROM nl_explain('{QUESTION}', 'json')"));
    assert!(json.contains("\"server\":\"spare\""), "{json}");
    let table =
        Table::of(&mut database.connect(), &format!("SELECT engine FROM nl_candidates('{QUESTION}')")).expect("candidates");
    assert_eq!(table.only_value().as_deref(), Some("model"));
}
