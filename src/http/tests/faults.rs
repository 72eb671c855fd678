//! Every way in which a server, a network or a body can be wrong.

mod common;

use std::time::{Duration, Instant};

use common::{AMPLE, KEY, ask, call, class, client, failure, key, text, with_key};
use nl_query_core::provider::failure::FailureClass as Class;
use nl_query_core::wire::{Call, Timeouts};
use nl_query_http::{Cord, Pull};
use nl_query_tests::model::{Answer, Cut, End, Framing, Greeting, Model, Outcome, Port, Problem, RetryAfter, Script};

/// With times that a test can wait for.
fn hasty(call: Call) -> Call {
    Call { timeouts: Timeouts { connect: 300, first_byte: 400, total: 800 }, ..call }
}

fn took(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[test]
fn refused_then_there() {
    let (client, port) = (client(), Port::closed());
    let call = call(&port.url());
    let refused = failure(ask(&client, &call));
    assert_eq!((refused.class, refused.message.as_str()), (Class::Connect, "connection refused"));
    let _model = port.open(Answer::says("SELECT 1"));
    assert_eq!(text(ask(&client, &call)), "SELECT 1");
}

#[test]
fn a_black_hole_costs_the_time_for_connecting() {
    let port = Port::silent();
    let time = took(|| {
        let late = failure(ask(&client(), &hasty(call(&port.url()))));
        assert_eq!((late.class, late.message.as_str()), (Class::Connect, "no connection within 300 ms"));
    });
    assert!(time >= Duration::from_millis(250) && time < Duration::from_secs(3), "{time:?}");
}

#[test]
fn a_name_that_nobody_knows() {
    let unknown = failure(ask(&client(), &hasty(call("http://no-such-host.invalid"))));
    assert_eq!(unknown.class, Class::Dns, "{unknown:?}");
}

#[test]
fn link_local_addresses_are_not_asked() {
    for host in ["http://169.254.169.254", "http://[fe80::1]", "http://0.0.0.0:1", "http://[::ffff:169.254.169.254]"] {
        assert_eq!(failure(ask(&client(), &call(host))).message, "the address is link-local");
    }
}

#[test]
fn accepted_and_never_answered() {
    for script in [Script::new().greet_all(Greeting::Hang), Script::from(Answer::hang())] {
        let model = Model::start(script);
        let time = took(|| {
            let late = failure(ask(&client(), &hasty(call(&model.url()))));
            assert_eq!((late.class, late.message.as_str()), (Class::Timeout, "no reply began within 400 ms"));
        });
        assert!(time >= Duration::from_millis(350) && time < Duration::from_secs(3), "{time:?}");
    }
}

#[test]
fn drips_end_by_the_total_time() {
    let answer = Answer::says("SELECT 1");
    for (answer, message) in [
        (answer.clone().drip_body(1, Duration::from_millis(50)), "no complete reply within 800 ms"),
        (answer.drip(1, Duration::from_millis(50)), "no reply began within 400 ms"),
    ] {
        let model = Model::start(answer);
        let time = took(|| {
            let late = failure(ask(&client(), &hasty(call(&model.url()))));
            assert_eq!((late.class, late.message.as_str()), (Class::Timeout, message));
        });
        assert!(time < Duration::from_secs(3), "{time:?}");
    }
}

#[test]
fn bodies_that_stop_are_no_replies() {
    let answer = Answer::says("SELECT 1 FROM a_table_with_a_long_name");
    for end in [End::Close, End::Reset] {
        for answer in [
            answer.clone().cut(Cut::Body(60), end),
            answer.clone().framed(Framing::Chunked(10)).cut(Cut::Body(70), end),
            answer.clone().framed(Framing::Chunked(10)).cut(Cut::LastChunk, end),
            answer.clone().framed(Framing::WrongLength(100_000)).ending(end),
            answer.clone().framed(Framing::UntilClose).cut(Cut::Body(60), end),
            answer.clone().gzip().cut(Cut::Body(60), end),
            answer.clone().gzip().body_ends_at(60),
            answer.clone().body_ends_at(60),
        ] {
            let model = Model::start(answer);
            let failure = failure(ask(&client(), &call(&model.url())));
            assert_eq!(failure.class, Class::TruncatedBody, "{failure:?}");
        }
    }
}

#[test]
fn connections_that_break_before_a_reply() {
    for script in [
        Script::from(Answer::reset()),
        Script::from(Answer::nothing()),
        Script::from(Answer::says("x").cut(Cut::At(20), End::Close)),
        Script::from(Answer::says("x").cut(Cut::At(20), End::Reset)),
        Script::new().greet_all(Greeting::Reset),
        Script::new().greet_all(Greeting::Close),
    ] {
        let model = Model::start(script);
        let failure = failure(ask(&client(), &call(&model.url())));
        assert_eq!(failure.class, Class::Reset, "{failure:?}");
    }
}

#[test]
fn what_is_no_http_is_garbage() {
    for script in [
        Script::new().greet_all(Greeting::Says(b"SSH-2.0-mock\r\n\r\n".to_vec())),
        Script::from(Answer::raw("HTTP/1.1 abc\r\n\r\n")),
        Script::from(Answer::says("x").first_line("ICY 200 OK")),
        Script::from(Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n")),
    ] {
        let model = Model::start(script);
        let failure = failure(ask(&client(), &call(&model.url())));
        assert!(matches!(failure.class, Class::Garbage), "{failure:?}");
    }
}

#[test]
fn packed_bodies_are_unpacked() {
    let model = Model::start(Answer::says("SELECT 1").gzip());
    let client = client();
    assert_eq!(text(ask(&client, &call(&model.url()))), "SELECT 1");
    assert_eq!(model.request(1).header("accept-encoding"), Some("gzip"));
    model.set(Answer::says("SELECT 2").gzip().framed(Framing::Chunked(7)));
    assert_eq!(text(ask(&client, &call(&model.url()))), "SELECT 2");
    model.set(Answer::says("SELECT 1").header("content-encoding", "gzip"));
    assert_eq!(class(ask(&client, &call(&model.url()))), Class::Garbage);
    model.set(Answer::says("SELECT 1").header("content-encoding", "br"));
    assert_eq!(class(ask(&client, &call(&model.url()))), Class::Garbage);
}

#[test]
fn nothing_larger_than_allowed_is_kept() {
    let client = client();
    for answer in [
        Answer::huge(100_000_000),
        Answer::huge(100_000_000).framed(Framing::Chunked(60_000)),
        Answer::huge(100_000_000).framed(Framing::UntilClose),
        Answer::gzip_bomb(100),
        Answer::huge((1 << 20) + 1),
    ] {
        let model = Model::start(answer);
        let before = resident();
        let failure = failure(ask(&client, &call(&model.url())));
        assert_eq!((failure.class, failure.message.as_str()), (Class::ReplyTooLarge, "the reply has more than 1048576 bytes"));
        assert!(resident() < before + (64 << 20), "{} to {}", before, resident());
    }
    let model = Model::start(Answer::says("x").big_header(100));
    assert_eq!(class(ask(&client, &call(&model.url()))), Class::ReplyTooLarge);
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a process");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") * 4096
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Model::start(Answer::says("SELECT 1"));
    for status in [301, 302, 303, 307, 308] {
        for to in [
            format!("{}/v1/chat/completions", elsewhere.url()),
            "http://169.254.169.254/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let model = Model::start(Answer::redirect(status, &to));
            let redirected = failure(ask(&client(), &with_key(call(&model.url()))));
            assert_eq!((redirected.class, redirected.status), (Class::Redirect, Some(status)));
            assert_eq!(model.count(), 1);
        }
    }
    assert_eq!(elsewhere.counts().connections, 0);
}

#[test]
fn errors_of_servers_keep_what_they_say() {
    let model = Model::start(Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Seconds(7)));
    let limited = failure(ask(&client(), &call(&model.url())));
    assert_eq!((limited.class, limited.status, limited.retry_after), (Class::RateLimited, Some(429), Some(7_000)));
    // A body that cannot be read does not hide the status.
    model.set(Answer::huge(100_000_000).with_status(503));
    assert_eq!(class(ask(&client(), &call(&model.url()))), Class::Overloaded);
}

#[test]
fn interim_answers_are_skipped() {
    let model = Model::start(Answer::says("SELECT 1").after_interim(102).after_interim(103));
    assert_eq!(text(ask(&client(), &call(&model.url()))), "SELECT 1");
}

#[test]
fn a_key_goes_into_its_header_and_nowhere_else() {
    let model = Model::start(
        Answer::body(
            "application/json",
            format!("{{\"error\":{{\"message\":\"bad key {KEY} (sk-canary-5f3a)\",\"code\":\"{KEY}\"}}}}"),
        )
        .with_status(401),
    );
    let refused = failure(ask(&client(), &with_key(call(&model.url()))));
    assert_eq!(refused.class, Class::Auth);
    assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    assert!(model.holds_only_in(KEY, "authorization"));
    model.set(Answer::says(&format!("SELECT '{KEY}'")));
    let repeated = failure(ask(&client(), &with_key(call(&model.url()))));
    assert_eq!((repeated.class, repeated.message.as_str()), (Class::Garbage, "the reply repeats the key"));
    let missing = client().call(&with_key(call(&model.url())), None, &Cord::new());
    assert_eq!(class(missing), Class::Key);
}

#[test]
fn connections_are_kept_and_those_that_died_are_noticed() {
    let model = Model::start(Answer::says("SELECT 1"));
    let client = client();
    for timeouts in [1_000, 2_000, 3_000, 20_000] {
        let call = Call { timeouts: Timeouts { connect: 1_000, first_byte: timeouts, total: timeouts }, ..call(&model.url()) };
        assert_eq!(text(ask(&client, &call)), "SELECT 1");
    }
    assert_eq!((model.count(), model.counts().connections), (4, 1));
    model.set(Answer::says("SELECT 2").ending(End::Close));
    assert_eq!(text(ask(&client, &call(&model.url()))), "SELECT 2");
    model.wait_until("the connection has ended", AMPLE, |counts| counts.open == 0);
    assert_eq!(text(ask(&client, &call(&model.url()))), "SELECT 2");
    client.rest();
    model.wait_until("nothing is left open", AMPLE, |counts| counts.open == 0);
}

#[test]
fn a_pulled_cord_ends_a_call_at_once() {
    let model = Model::start(
        Script::new().once(Answer::hang()).once(Answer::says("x").cut(Cut::Body(9), End::Hang)).always(Answer::says("SELECT 1")),
    );
    let client = client();
    for number in 1..=2 {
        let cord = Cord::new();
        let time = std::thread::scope(|scope| {
            let asked = scope.spawn(|| client.call(&call(&model.url()), key(), &cord));
            model.wait_for(number, AMPLE);
            // The second one stops in its body.
            std::thread::sleep(Duration::from_millis(50));
            let pulled = Instant::now();
            cord.pull(Pull::Gone);
            assert_eq!(class(asked.join().expect("an answer")), Class::Abandoned);
            pulled.elapsed()
        });
        assert!(time < Duration::from_secs(2), "{time:?}");
        model.wait_for_rest(AMPLE);
        assert_eq!(model.request(number).outcome, Outcome::HungUp);
    }
    let pulled = Cord::new();
    pulled.pull(Pull::Late);
    assert_eq!(class(client.call(&call(&model.url()), None, &pulled)), Class::Abandoned);
    assert_eq!(text(ask(&client, &call(&model.url()))), "SELECT 1");
}

#[test]
fn the_environment_has_no_say() {
    // The variables are set for a child, this very program again.
    let model = Model::start(Answer::says("SELECT 1"));
    let nowhere = Port::closed();
    let program = std::env::current_exe().expect("a program");
    let mut child = std::process::Command::new(program);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        child.env(name, nowhere.url());
    }
    let output = child.env("NL_QUERY_ASK", model.url()).args(["--exact", "asks_where_it_is_told"]).output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(model.count(), 1);
}

#[test]
fn asks_where_it_is_told() {
    if let Ok(url) = std::env::var("NL_QUERY_ASK") {
        assert_eq!(text(ask(&client(), &call(&url))), "SELECT 1");
    }
}
