//! Answers that stop, connections that break, and servers that are not there.

use super::*;
use std::io::ErrorKind;
use std::net::TcpStream;

/// What a client sees that asks on a new connection.
fn seen(model: &Model) -> (String, Option<ErrorKind>) {
    let mut client = Client::connect(model);
    client.put("x");
    let (bytes, error) = client.end();
    (String::from_utf8(bytes).expect("text"), error)
}

#[test]
fn an_answer_stops_at_a_byte() {
    let answer = Answer::body("text/plain", "0123456789");
    for (end, error) in [(End::Close, None), (End::Reset, Some(ErrorKind::ConnectionReset))] {
        let model = Model::start(
            Script::new()
                .once(answer.clone().cut(Cut::At(12), end))
                .once(answer.clone().cut(Cut::Body(4), end))
                .once(answer.clone().cut(Cut::Body(10), end))
                .once(answer.clone().framed(Framing::Chunked(4)).cut(Cut::Body(5), end))
                .once(answer.clone().framed(Framing::Chunked(4)).cut(Cut::LastChunk, end)),
        );
        assert_eq!(seen(&model), ("HTTP/1.1 200".to_owned(), error));
        for (behind, error) in
            [("0123", error), ("0123456789", error), ("4\r\n01", error), ("4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n", error)]
        {
            let (text, seen) = seen(&model);
            assert_eq!(text.split_once("\r\n\r\n").map(|(_, body)| body), Some(behind));
            assert_eq!(seen, error);
        }
        model.wait_until("all five were cut off", AMPLE, |counts| counts.cut_off == 5 && counts.in_flight == 0);
    }
}

#[test]
fn a_request_can_be_answered_by_nothing() {
    let model = Model::start(Script::new().once(Answer::nothing()).once(Answer::reset()));
    assert_eq!(seen(&model), (String::new(), None));
    assert_eq!(seen(&model), (String::new(), Some(ErrorKind::ConnectionReset)));
}

#[test]
fn whoever_hangs_up_is_seen() {
    let answer = Answer::says("SELECT 1");
    let model = Model::start(
        Script::new()
            .once(Answer::hang())
            .once(answer.clone().cut(Cut::Body(3), End::Hang))
            .once(answer.clone().delay(AMPLE))
            .once(answer.clone().drip(1, AMPLE))
            .once(answer.held_by(&Gate::shut())),
    );
    for number in 1..=5 {
        let mut client = Client::connect(&model);
        client.put("x");
        model.wait_for(number, AMPLE);
        assert_eq!(model.counts().in_flight, 1);
        drop(client);
        model.wait_for_rest(AMPLE);
        assert_eq!(model.request(number).outcome, Outcome::HungUp, "{number}");
    }
    assert_eq!(model.counts().hung_up, 5);
}

#[test]
fn connections_can_fail_before_anything_is_said() {
    let gate = Gate::shut();
    let model = Model::start(
        Script::from(Answer::says("x"))
            .greet(1, Greeting::Reset)
            .greet(1, Greeting::Close)
            .greet(1, Greeting::Says(b"SSH-2.0-mock\r\n".to_vec()))
            .greet(1, Greeting::HeldBy(gate.clone())),
    );
    assert_eq!(Client::connect(&model).end(), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(Client::connect(&model).end(), (Vec::new(), None));
    assert_eq!(Client::connect(&model).end(), (b"SSH-2.0-mock\r\n".to_vec(), None));
    let mut held = Client::connect(&model);
    held.put("x");
    gate.wait_for(1, AMPLE);
    assert_eq!(model.count(), 0, "nothing was read");
    gate.open();
    assert_eq!(held.response().expect("an answer").status, 200);
    assert_eq!(ask(&model, "y").status, 200, "the list has an end");
}

#[test]
fn a_connection_can_be_accepted_and_forgotten() {
    let model = Model::start(Script::new().greet_all(Greeting::Hang));
    let mut client = Client::connect(&model);
    client.put("x");
    model.wait_until("it is open", AMPLE, |counts| counts.open == 1);
    assert_eq!(model.count(), 0);
    drop(client);
    model.wait_until("its end was seen", AMPLE, |counts| counts.open == 0);
}

#[test]
fn a_closed_port_refuses_until_a_server_is_there() {
    let port = Port::closed();
    let refused = TcpStream::connect(port.address()).map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
    let model = port.open(Answer::says("x"));
    assert_eq!(ask(&model, "x").status, 200);
}

#[test]
fn a_silent_port_neither_accepts_nor_refuses() {
    let port = Port::silent();
    let silence = TcpStream::connect_timeout(&port.address(), Duration::from_millis(300)).map_err(|error| error.kind());
    assert_eq!(silence.err(), Some(ErrorKind::TimedOut));
    let model = port.open(Answer::says("x"));
    assert_eq!(ask(&model, "x").status, 200);
    assert_eq!(model.count(), 1);
}

#[test]
fn a_kept_connection_can_end_without_a_word() {
    let model = Model::start(Answer::says("x").ending(End::Close));
    let mut client = Client::connect(&model);
    assert_eq!(client.ask("x").header("connection"), None);
    assert_eq!(client.end(), (Vec::new(), None));
    model.set(Answer::says("x").ending(End::Reset));
    let mut client = Client::connect(&model);
    client.ask("x");
    assert_eq!(client.end(), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    model.set(Script::from(Answer::says("x")).idle(Duration::from_millis(50)));
    let mut client = Client::connect(&model);
    client.ask("x");
    assert_eq!(client.end(), (Vec::new(), None));
}
