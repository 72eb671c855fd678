//! When things are said: gates, delays, drips and interim answers.

use super::*;

#[test]
fn a_gate_holds_requests_until_it_lets_them_through() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says("x").held_by(&gate));
    let mut clients: Vec<Client> = (0..5).map(|_| Client::connect(&model)).collect();
    clients.iter_mut().for_each(|client| client.put("x"));
    gate.wait_for(5, AMPLE);
    assert_eq!((model.counts().in_flight, model.counts().most_in_flight, gate.waiting()), (5, 5, 5));
    gate.let_through(2);
    model.wait_until("two were answered", AMPLE, |counts| counts.answered == 2);
    assert_eq!(gate.waiting(), 3);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().expect("an answer").status, 200);
    }
    assert_eq!(ask(&model, "y").status, 200, "it stays open");
    model.wait_for_rest(AMPLE);
    assert_eq!((model.counts().answered, model.counts().most_in_flight), (6, 5));
}

#[test]
fn permits_given_early_are_kept() {
    let gate = Gate::shut();
    gate.let_through(1);
    let model = Model::start(Answer::says("x").held_by(&gate));
    assert_eq!(ask(&model, "x").status, 200);
    let mut client = Client::connect(&model);
    client.put("y");
    gate.wait_for(1, AMPLE);
}

#[test]
fn a_delay_comes_before_the_first_byte() {
    let delay = Duration::from_millis(120);
    let model = Model::start(Answer::says("x").delay(delay));
    let begun = Instant::now();
    ask(&model, "x");
    assert!(begun.elapsed() >= delay);
    model.wait_for_rest(AMPLE);
    let record = model.request(1);
    assert!(record.answered.expect("a moment").duration_since(record.arrived) >= delay);
}

#[test]
fn bytes_can_come_one_by_one() {
    let every = Duration::from_millis(2);
    let model = Model::start(Answer::body("text/plain", "0123456789").drip_body(1, every));
    let begun = Instant::now();
    assert_eq!(ask(&model, "x").body, b"0123456789");
    assert!(begun.elapsed() >= every * 10);
    let body = "01234";
    model.set(Answer::body("text/plain", body).drip(7, every).framed(Framing::Chunked(2)));
    assert_eq!(ask(&model, "x").body, body.as_bytes());
    model.set(Answer::body("text/plain", "0123456789").drip_body(1, every).cut(Cut::Body(3), End::Close));
    let mut client = Client::connect(&model);
    client.put("x");
    assert!(client.end().0.ends_with(b"\r\n\r\n012"));
}

#[test]
fn interim_answers_come_first_and_are_not_held() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says("x").after_interim(102).after_interim(103).held_by(&gate));
    let mut client = Client::connect(&model);
    client.put("x");
    let first = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
    assert_eq!(client.take(first.len()).expect("bytes"), first.as_bytes());
    assert_eq!(model.request(1).answered, None);
    gate.open();
    assert_eq!(client.response().expect("an answer").status, 200);
}

#[test]
fn a_client_that_asks_to_continue_is_told_to() {
    let model = Model::start(Answer::says("x"));
    let mut client = Client::connect(&model);
    let head = b"POST /v1/messages HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    client.send(head);
    assert_eq!(client.take(25).expect("bytes"), b"HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"body");
    assert_eq!(client.response().expect("an answer").interim, [0u16; 0]);
    model.set(Script::from(Answer::says("x")).without_continue());
    client.send(head);
    client.send(b"body");
    assert_eq!(client.response().expect("an answer").interim, [0u16; 0]);
    assert_eq!(model.request(2).body, b"body");
}

#[test]
fn a_large_request_can_be_refused_by_its_head() {
    let is_large = |head: &Request| head.header("content-length").is_some_and(|length| length.len() > 6);
    let model = Model::start(Script::from(Answer::says("x")).early_when(is_large, Answer::problem(Problem::TooLarge)));
    let mut client = Client::connect(&model);
    client.send(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 99999999\r\nexpect: 100-continue\r\n\r\n");
    assert_eq!(client.response().expect("an answer").status, 413);
    assert_eq!(client.end(), (Vec::new(), None));
    assert_eq!((model.request(1).body.len(), model.request(1).path.as_str()), (0, "/v1/messages"));
    assert_eq!(ask(&model, "x").status, 200);
}
