//! Which rule decides.

use super::*;

fn statuses(model: &Model, count: usize) -> Vec<u16> {
    let mut client = Client::connect(model);
    (0..count).map(|_| client.ask("x").status).collect()
}

#[test]
fn rules_are_used_up_in_their_order() {
    let model = Model::start(Script::new().once(Answer::status(500)).times(2, Answer::status(503)).always(Answer::status(200)));
    assert_eq!(statuses(&model, 5), [500, 503, 503, 200, 200]);
}

#[test]
fn rules_can_be_for_some_requests() {
    let model = Model::start(
        Script::new()
            .times_when(1, |request| request.says("apples"), Answer::says("first apples"))
            .when(|request| request.says("apples"), Answer::says("more apples"))
            .always(|request: &Request| Answer::says(&format!("number {}", request.number))),
    );
    let said = |question: &str| ask(&model, question).json()["choices"][0]["message"]["content"].clone();
    assert_eq!([said("pears"), said("apples"), said("apples")], ["number 1", "first apples", "more apples"]);
}

#[test]
fn what_no_rule_fits_is_counted() {
    let model = Model::start(Script::new().once(Answer::status(200)));
    assert_eq!(statuses(&model, 3), [200, 500, 500]);
    assert_eq!(model.counts().unscripted, 2);
}

#[test]
fn a_script_can_be_changed_while_requests_wait() {
    let gate = Gate::shut();
    let model = Model::start(Answer::status(500).held_by(&gate));
    let mut client = Client::connect(&model);
    client.put("x");
    gate.wait_for(1, AMPLE);
    model.set(Answer::status(200));
    assert_eq!(ask(&model, "y").status, 200);
    gate.open();
    assert_eq!(client.response().expect("an answer").status, 500);
    assert_eq!(client.ask("z").status, 200);
}

#[test]
fn the_ready_ones() {
    let model = Model::start(Script::answers(&[("ships", "SELECT 1"), ("crews", "SELECT 2")]));
    let said = |question: &str| ask(&model, question).json()["choices"][0]["message"]["content"].clone();
    assert_eq!([said("how many crews?"), said("how many ships?")], ["SELECT 2", "SELECT 1"]);
    assert_eq!(ask(&model, "how many ports?").status, 400);
    model.set(Script::fails_then(2, Problem::Overloaded, "SELECT 1"));
    assert_eq!(statuses(&model, 4), [503, 503, 200, 200]);
    model.set(Script::limited_then(RetryAfter::Seconds(1), "SELECT 1"));
    assert_eq!(statuses(&model, 3), [429, 200, 200]);
    model.set(Script::repairs("SELECT wrong", "SELECT 1"));
    assert_eq!([said("x"), said("why SELECT wrong?")], ["SELECT wrong", "SELECT 1"]);
    let flapping = Model::start(Script::flaps(2, 1, Problem::Server, "SELECT 1"));
    assert_eq!(statuses(&flapping, 7), [200, 200, 500, 200, 200, 500, 200]);
}
