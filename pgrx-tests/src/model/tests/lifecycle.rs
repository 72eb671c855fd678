//! How the server ends, and that nothing of it is left.

use super::*;
use std::io::ErrorKind;
use std::net::TcpStream;

fn is_refused(model: &Model) -> bool {
    TcpStream::connect(model.address()).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

/// Clients at every place where one can be: idle, asking, at a gate, in a delay, in a drip, hanging.
fn busy(gate: &Gate) -> (Model, Vec<Client>) {
    let answer = Answer::says("x");
    let model = Model::start(
        Script::new()
            .once(answer.clone())
            .once(answer.clone().held_by(gate))
            .once(answer.clone().delay(AMPLE))
            .once(answer.clone().drip(1, AMPLE))
            .once(Answer::hang())
            .once(Answer::huge(u64::MAX)),
    );
    let mut clients = vec![Client::connect(&model)];
    clients[0].ask("idle");
    for number in 2..=6 {
        let mut client = Client::connect(&model);
        client.put("x");
        model.wait_for(number, AMPLE);
        clients.push(client);
    }
    let mut half = Client::connect(&model);
    half.send(b"POST / HTTP/1.1\r\n");
    clients.push(half);
    model.wait_until("all are there", AMPLE, |counts| counts.open == 7);
    (model, clients)
}

#[test]
fn hanging_up_ends_everything_at_once() {
    let (model, mut clients) = busy(&Gate::shut());
    let begun = Instant::now();
    model.hang_up();
    assert!(begun.elapsed() < AMPLE / 3, "{:?}", begun.elapsed());
    assert!(is_refused(&model));
    assert_eq!((model.counts().open, model.counts().in_flight, model.counts().stopped), (0, 0, 5));
    assert_eq!(clients[0].end(), (Vec::new(), None));
    assert_eq!(clients[1].end(), (Vec::new(), None));
    assert_eq!(model.request(2).outcome, Outcome::Stopped);
}

#[test]
fn breaking_off_resets_everything() {
    let (model, mut clients) = busy(&Gate::shut());
    model.break_off();
    for client in &mut clients[1..3] {
        assert_eq!(client.end(), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    }
}

#[test]
fn finishing_answers_what_is_under_way() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says("x").held_by(&gate));
    let (mut waiting, mut idle) = (Client::connect(&model), Client::connect(&model));
    waiting.put("x");
    gate.wait_for(1, AMPLE);
    model.wait_until("both are there", AMPLE, |counts| counts.open == 2);
    std::thread::scope(|scope| {
        let finish = scope.spawn(|| model.finish());
        // Idle connections end first, and then new ones are refused.
        assert_eq!(idle.end(), (Vec::new(), None));
        assert!(!finish.is_finished());
        gate.open();
    });
    assert_eq!(waiting.response().expect("an answer").status, 200);
    assert!(is_refused(&model));
    assert_eq!(model.request(1).outcome, Outcome::Answered);
}

#[test]
fn a_server_comes_back_on_its_port() {
    let model = Model::start(Answer::status(500));
    let port = model.port();
    assert_eq!(ask(&model, "x").status, 500);
    drop(model);
    let model = Model::setup().port(port).start(Answer::status(200));
    assert_eq!((model.port(), ask(&model, "x").status), (port, 200));
}

#[test]
fn threads_do_not_outlive_their_server() {
    let names = || {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
    };
    // Other tests run servers, too: this one's threads are found by a name that only they have.
    let (model, clients) = busy(&Gate::shut());
    let mine = format!("model {}", model.port());
    assert!(names().any(|name| name.trim() == mine));
    drop(model);
    assert!(!names().any(|name| name.trim() == mine));
    drop(clients);
}

#[test]
#[should_panic(expected = "1 threads of the model server panicked")]
fn a_panic_in_a_script_fails_the_test() {
    let model = Model::start(Script::new().always(|_: &Request| -> Answer { panic!("expected in this test") }));
    let mut client = Client::connect(&model);
    client.put("x");
    assert_eq!(client.end().0, b"");
    model.wait_for_rest(AMPLE);
}
