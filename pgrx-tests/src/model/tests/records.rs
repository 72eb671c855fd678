//! What the server remembers.

use super::*;

#[test]
fn a_request_is_kept_as_it_came() {
    let model = Model::start(Answer::says("x"));
    let mut client = Client::connect(&model);
    client.send(b"POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nAuthorization: Bearer k-1\r\nx-two: 2\r\n");
    client.send(b"transfer-encoding: chunked\r\n\r\n4\r\n{\"mo\r\ne\r\ndel\": \"m-1\"  }\r\n0\r\n\r\n");
    assert_eq!(client.response().expect("an answer").status, 200);
    let request = model.request(1);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/chat/completions?a=b"));
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Host", "X-Two", "Authorization", "x-two", "transfer-encoding"]);
    assert_eq!(request.header("x-TWO"), Some("1"));
    assert_eq!(request.body, b"{\"model\": \"m-1\"  }");
    assert_eq!((request.model().as_deref(), request.number, request.connection), (Some("m-1"), 1, 1));
    assert!(request.began <= request.arrived);
}

#[test]
fn messages_are_found_in_every_vendors_shape() {
    let model = Model::start(Answer::says("x"));
    for vendor in Vendor::ALL {
        let mut client = Client::connect(&model);
        client.put_to(vendor, "how \"many\"?\n", "");
        client.response().expect("an answer");
    }
    for record in model.requests() {
        assert_eq!(record.messages(), ["how \"many\"?\n"]);
        assert!(record.says("\"many\"") && !record.says("few"));
        assert_eq!((record.vendor(), record.model().as_deref()), (Vendor::ALL[record.number - 1], Some("m")));
    }
    assert_eq!(model.count_where(|request| request.vendor() == Vendor::Gemini), 1);
}

#[test]
fn connections_are_told_apart() {
    let model = Model::start(Answer::says("x"));
    let (mut one, mut two) = (Client::connect(&model), Client::connect(&model));
    one.ask("1");
    two.ask("2");
    one.ask("3");
    let connections: Vec<usize> = model.requests().iter().map(|record| record.connection).collect();
    assert_eq!(connections[0], connections[2]);
    assert_ne!(connections[0], connections[1]);
    assert_eq!((model.counts().connections, model.counts().open), (2, 2));
    drop(one);
    model.wait_until("one is left", AMPLE, |counts| counts.open == 1);
}

#[test]
fn a_text_is_found_wherever_it_is() {
    let model = Model::start(Answer::says("x"));
    let mut client = Client::connect(&model);
    client.put_to(Vendor::OpenAi, "x", "authorization: Bearer canary-1\r\n");
    client.response().expect("an answer");
    assert!(model.holds("canary").iter().all(|place| place.part == Part::Header("authorization".to_owned())));
    assert!(model.holds_only_in("canary", "Authorization"));
    assert!(!model.holds_only_in("not there", "authorization"));
    client.put_to(Vendor::OpenAi, "a canary in the question", "x-canary: 1\r\n");
    client.response().expect("an answer");
    assert!(!model.holds_only_in("canary", "authorization"));
    let second: Vec<Place> = model.holds("canary").into_iter().filter(|place| place.request == 2).collect();
    assert_eq!(second, [Part::HeaderName, Part::Body].map(|part| Place { request: 2, part }));
    Client::connect(&model).send(b"\x16\x03\x01 canary \r\n\r\n");
    model.wait_until("what is no request was counted", AMPLE, |counts| counts.broken == 1);
    assert!(model.holds("canary").contains(&Place { request: 0, part: Part::Broken }));
}

#[test]
fn half_a_request_is_none() {
    let model = Model::start(Answer::says("x"));
    let mut client = Client::connect(&model);
    client.send(b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n12345");
    drop(client);
    model.wait_until("it was counted", AMPLE, |counts| counts.broken == 1);
    assert_eq!(model.count(), 0);
    assert_eq!(model.holds("12345"), [Place { request: 0, part: Part::Broken }]);
}

#[test]
fn only_the_latest_records_are_kept() {
    let model = Model::setup().keep(3).start(Answer::says("x"));
    let mut client = Client::connect(&model);
    for number in 1..=8 {
        client.ask(&number.to_string());
    }
    model.wait_for_rest(AMPLE);
    let numbers: Vec<usize> = model.requests().iter().map(|record| record.number).collect();
    assert_eq!((numbers, model.count()), (vec![6, 7, 8], 8));
    assert!(model.requests().iter().all(|record| record.outcome == Outcome::Answered && record.ended.is_some()));
    assert_eq!(model.gaps().len(), 2);
}

#[test]
#[should_panic(expected = "in vain, until 2 requests have arrived")]
fn waiting_in_vain_says_for_what() {
    let model = Model::start(Answer::says("x"));
    ask(&model, "x");
    model.wait_for(2, Duration::from_millis(50));
}
