//! What happens to a wrong first answer: it is mended, compared with others, or left to a better server; and it ends.

use nl_query_tests::bakery::{ANSWER, QUESTION, bakery, set, under_way};
use nl_query_tests::model::{Answer, Finish, Model, Reply, Request, Script};
use nl_query_tests::{Cluster, ask, wait_until};

const WRONG: &str = "SELECT count(*) AS loaves FROM loafs";

fn last(request: &Request) -> String {
    request.messages().pop().unwrap_or_default()
}

#[test]
fn whatever_the_model_says_instead_of_sql_it_may_say_it_again() {
    let tool = Answer::reply(Reply::new("").finish(Finish::ToolCall));
    let cut = Answer::reply(Reply::new("{\"sql\": \"SELECT count(*) AS loa").finish(Finish::Truncated));
    for (name, wrong, told) in [
        ("prose", Answer::says("I would look at the loaves, if I were you."), "no statement"),
        ("cut", cut, "cut off"),
        ("several", Answer::says("```sql\nSELECT 1; SELECT 2\n```"), "more than one statement"),
        ("tool", tool, "call a tool"),
        ("write", Answer::says(r#"{"sql": "DELETE FROM loaves"}"#), "Rule: exactly one SELECT"),
        ("secret", Answer::says("SELECT * FROM pg_authid"), "Rule: only tables and columns of the list"),
        ("dialect", Answer::says("SELECT TOP 5 flour FROM loaves"), "SQLSTATE 42"),
    ] {
        let model = Model::start(Script::new().once(wrong).always(Answer::says(ANSWER)));
        let database = bakery(Cluster::shared(), &format!("better_{name}"), &[("gpt", &model, "")]);
        assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()), "{name}");
        assert_eq!(model.count(), 2, "{name}");
        assert!(last(&model.request(2)).contains(told), "{name}: {}", last(&model.request(2)));
    }
}

#[test]
fn the_same_statement_is_not_sent_back_twice() {
    let model = Model::start(Answer::says(WRONG));
    let database = bakery(Cluster::shared(), "better_same", &[("gpt", &model, "")]);
    set(&database, "nl_query.max_repairs", "3");
    let said = ask(&mut database.connect(), QUESTION).expect_err("never right");
    assert_eq!((said.sqlstate.as_str(), model.count()), ("42P01", 2), "{said:?}");
}

#[test]
fn repairs_end() {
    let model = Model::start(|request: &Request| Answer::says(&format!("SELECT {} FROM loafs", request.messages().len())));
    let database = bakery(Cluster::shared(), "better_end", &[("gpt", &model, "")]);
    for repairs in 0..=3 {
        let before = model.count();
        set(&database, "nl_query.max_repairs", &repairs.to_string());
        assert!(ask(&mut database.connect(), &format!("question {repairs}")).is_err());
        assert_eq!(model.count() - before, 1 + repairs);
    }
}

#[test]
fn a_result_that_is_empty_may_go_back() {
    let empty = "SELECT flour FROM loaves WHERE flour = 'RYE'";
    let better = "SELECT flour FROM loaves WHERE flour = 'rye'";
    let model = Model::start(Script::new().once(Answer::says(empty)).always(Answer::says(better)));
    let database = bakery(Cluster::shared(), "better_verify", &[("gpt", &model, "")]);
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(empty.to_owned()), "off");
    set(&database, "nl_query.verify_results", "on");
    model.set(Script::new().once(Answer::says(empty)).always(Answer::says(better)));
    assert_eq!(ask(&mut database.connect(), "another one"), Ok(better.to_owned()));
    assert!(last(&model.request(3)).contains("returns no row"), "{}", last(&model.request(3)));
    // A model that stands by it is believed, and so is one that has nothing better.
    model.set(Answer::says(empty));
    let before = model.count();
    assert_eq!(ask(&mut database.connect(), "a third one"), Ok(empty.to_owned()));
    model.set(Script::new().once(Answer::says(empty)).always(Answer::says(WRONG)));
    assert_eq!(ask(&mut database.connect(), "a fourth one"), Ok(empty.to_owned()));
    assert_eq!(model.count() - before, 4);
    // What fails when it runs, without a word of the data.
    let fails = "SELECT flour::int AS flour FROM loaves";
    model.set(Script::new().once(Answer::says(fails)).always(Answer::says(better)));
    assert_eq!(ask(&mut database.connect(), "a fifth one"), Ok(better.to_owned()));
    let told = last(&model.request(model.count()));
    assert!(told.contains("22P02") && !told.contains("rye") && !told.contains("wheat"), "{told}");
}

#[test]
fn of_several_answers_the_one_that_most_agree_with_is_taken() {
    let odd = "SELECT count(*) AS loaves FROM loaves WHERE price > 2";
    let same = "SELECT count(loaf_id) AS n FROM loaves";
    for (name, answers, taken) in [
        ("majority", [odd, ANSWER, same], vec![ANSWER, same]),
        ("one_is_wrong", [WRONG, ANSWER, same], vec![ANSWER, same]),
        ("two_are_wrong", [WRONG, "SELECT 1 FROM nothing", ANSWER], vec![ANSWER]),
    ] {
        let script = answers.iter().fold(Script::new(), |script, answer| script.once(Answer::says(answer)));
        let model = Model::start(script);
        let database = bakery(Cluster::shared(), &format!("samples_{name}"), &[("gpt", &model, "")]);
        set(&database, "nl_query.samples", "3");
        set(&database, "nl_query.max_repairs", "0");
        let said = ask(&mut database.connect(), QUESTION).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(taken.contains(&said.as_str()), "{name}: {said}");
        assert_eq!(model.count(), 3, "{name}");
        let warm = (1..=3).filter(|number| model.request(*number).json()["temperature"].as_f64().is_some_and(|warm| warm > 0.5));
        assert_eq!(warm.count(), 2, "at no temperature all answers would be the same");
        wait_until("nothing is left", || under_way(&database) == 0);
    }
}

#[test]
fn several_wrong_answers_are_mended_once() {
    let model = Model::start(Script::new().times(3, Answer::says(WRONG)).always(Answer::says(ANSWER)));
    let database = bakery(Cluster::shared(), "samples_mended", &[("gpt", &model, "")]);
    set(&database, "nl_query.samples", "3");
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 4);
}

#[test]
fn where_nobody_agrees_a_refused_answer_is_mended_and_counts() {
    let odd = "SELECT count(*) AS loaves FROM loaves WHERE price > 2";
    let script = Script::new().once(Answer::says(odd)).once(Answer::says(WRONG)).once(Answer::says(ANSWER));
    let model = Model::start(script.always(Answer::says("SELECT count(loaf_id) AS n FROM loaves")));
    let database = bakery(Cluster::shared(), "samples_doubt", &[("gpt", &model, "")]);
    set(&database, "nl_query.samples", "3");
    let said = ask(&mut database.connect(), QUESTION).expect("an answer");
    assert!(said != odd && model.count() == 4, "{said}, {} requests", model.count());
}

#[test]
fn answers_that_do_not_come_are_not_missed() {
    let model = Model::start(Script::new().times(2, Answer::status(500)).always(Answer::says(ANSWER)));
    let database = bakery(Cluster::shared(), "samples_missing", &[("gpt", &model, "")]);
    set(&database, "nl_query.samples", "3");
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!(model.count(), 3);
    wait_until("nothing is left", || under_way(&database) == 0);
}

#[test]
fn a_better_server_is_asked_on_doubt_and_not_before() {
    let (fast, strong) = (Model::start(Answer::says(ANSWER)), Model::start(Answer::says(ANSWER)));
    // The dear one is listed first, and asked last.
    let servers: &[(&str, &Model, &str)] = &[("big", &strong, ", role 'strong'"), ("small", &fast, ", role 'fast'")];
    let database = bakery(Cluster::shared(), "routing", servers);
    let mut client = database.connect();
    assert_eq!(ask(&mut client, QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!((fast.count(), strong.count()), (1, 0));

    for (number, doubtful) in [WRONG, r#"{"sql": null, "reason": "no table of loaves"}"#].iter().enumerate() {
        fast.set(Answer::says(doubtful));
        let before = strong.count();
        assert_eq!(ask(&mut client, &format!("question {number}")), Ok(ANSWER.to_owned()), "{doubtful}");
        assert_eq!(strong.count() - before, 1);
        let heard = strong.request(strong.count()).messages().join("\n");
        assert!(heard.contains("loaves") && heard.contains(&format!("question {number}")), "{heard}");
    }

    // Where it cannot be asked, what was wrong with the first answer is told.
    fast.set(Answer::says(WRONG));
    strong.set(Answer::status(500));
    set(&database, "nl_query.max_repairs", "0");
    let said = ask(&mut database.connect(), "a last one").expect_err("both");
    assert_eq!(said.sqlstate, "42P01", "{said:?}");
}

#[test]
fn answers_that_disagree_go_to_a_better_server() {
    let one = Answer::says("SELECT 1 AS one FROM loaves");
    let fast = Model::start(Script::new().once(one).always(Answer::says("SELECT 2 AS two FROM loaves")));
    let strong = Model::start(Answer::says(ANSWER));
    let servers: &[(&str, &Model, &str)] = &[("small", &fast, ", role 'fast'"), ("big", &strong, ", role 'strong'")];
    let database = bakery(Cluster::shared(), "routing_samples", servers);
    set(&database, "nl_query.samples", "2");
    assert_eq!(ask(&mut database.connect(), QUESTION), Ok(ANSWER.to_owned()));
    assert_eq!((fast.count(), strong.count()), (2, 1));
    // Where there is none, the first is taken.
    fast.set(Script::new().once(Answer::says("SELECT 1 AS one FROM loaves")).always(Answer::says("SELECT 2 AS two FROM loaves")));
    set(&database, "nl_query.servers", "small");
    assert!(ask(&mut database.connect(), "another one").is_ok());
}

#[test]
fn a_submitted_question_is_mended_and_goes_to_a_better_server_too() {
    let (fast, strong) = (Model::start(Answer::says(WRONG)), Model::start(Answer::says(ANSWER)));
    let servers: &[(&str, &Model, &str)] = &[("small", &fast, ", role 'fast'"), ("big", &strong, ", role 'strong'")];
    let database = bakery(Cluster::shared(), "routing_submit", servers);
    let id = database.value(&format!("SELECT nl_submit('{QUESTION}')"));
    wait_until("an answer", || database.value(&format!("SELECT state FROM nl_status({id})")) == "done");
    assert_eq!(database.value(&format!("SELECT sql FROM nl_status({id})")), ANSWER);
    assert_eq!((fast.count(), strong.count()), (2, 1));
}
