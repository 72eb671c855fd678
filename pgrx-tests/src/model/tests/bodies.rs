//! Framing, packing, sizes and heads.

use super::*;
use flate2::read::GzDecoder;
use std::io::Read;

fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut out)?;
    Ok(out)
}

#[test]
fn a_body_is_the_same_in_every_framing() {
    for framing in [Framing::Length, Framing::Chunked(3), Framing::Chunked(1 << 20), Framing::UntilClose] {
        let model = Model::start(Answer::body("text/plain", "a body").framed(framing));
        let mut client = Client::connect(&model);
        assert_eq!(client.ask("x").body, b"a body", "{framing:?}");
        if framing != Framing::UntilClose {
            assert_eq!(client.ask("y").body, b"a body", "{framing:?}");
        }
    }
}

#[test]
fn a_length_can_be_wrong_and_a_framing_missing() {
    let model = Model::start(Answer::body("text/plain", "body").framed(Framing::WrongLength(9)).ending(End::Close));
    let mut client = Client::connect(&model);
    client.put("x");
    let (bytes, error) = client.end();
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("content-length: 9\r\n") && text.ends_with("\r\n\r\nbody"), "{text}");
    assert_eq!(error, None);
    model.set(Answer::body("text/plain", "body").without_header("Content-Length").closing());
    let response = ask(&model, "x");
    assert_eq!((response.header("content-length"), response.header("connection")), (None, Some("close")));
    assert_eq!(response.body, b"body");
}

#[test]
fn a_packed_body_can_be_unpacked_unless_it_is_cut() {
    let model = Model::start(Answer::says("SELECT 1").gzip());
    let response = ask(&model, "x");
    assert_eq!(response.header("content-encoding"), Some("gzip"));
    assert!(String::from_utf8(unpacked(&response.body).expect("gzip")).expect("text").contains("SELECT 1"));
    model.set(Answer::says("SELECT 1").gzip().body_ends_at(20));
    let response = ask(&model, "x");
    assert_eq!(response.body.len(), 20);
    assert!(unpacked(&response.body).is_err());
    model.set(Answer::says("SELECT 1").header("content-encoding", "gzip"));
    assert!(unpacked(&ask(&model, "x").body).is_err(), "it only says that it is packed");
}

#[test]
fn a_bomb_is_small_until_it_is_unpacked() {
    let model = Model::start(Answer::gzip_bomb(3));
    let response = ask(&model, "x");
    assert!(response.body.len() < 20_000, "{}", response.body.len());
    let body = unpacked(&response.body).expect("gzip with a right sum and length");
    assert_eq!(body.len(), 3 * 1024 * 1024 + 2);
    assert!(body.starts_with(b"\"aaa") && body.ends_with(b"aaa\""));
}

#[test]
fn a_huge_body_is_made_as_it_is_sent() {
    let size = 5_000_000;
    for framing in [Framing::Length, Framing::Chunked(100_000), Framing::UntilClose] {
        let model = Model::start(Answer::huge(size).framed(framing));
        let body = ask(&model, "x").body;
        assert_eq!(body.len() as u64, size, "{framing:?}");
        assert!(body.starts_with(b"\"a") && body.ends_with(b"a\""));
    }
}

#[test]
fn a_body_without_end_ends_with_the_client() {
    let model = Model::start(Answer::huge(u64::MAX).framed(Framing::Chunked(65_536)));
    let mut client = Client::connect(&model);
    client.put("x");
    assert_eq!(client.take(1 << 20).expect("bytes").len(), 1 << 20);
    drop(client);
    model.wait_until("the client's leaving was seen", AMPLE, |counts| counts.hung_up == 1);
}

#[test]
fn heads_can_be_large_and_wrong() {
    let model = Model::start(
        Script::new()
            .once(Answer::says("x").big_header(100))
            .once(Answer::says("x").many_headers(300))
            .once(Answer::says("x").content_type("text/html"))
            .once(Answer::says("x").first_line("HTTP/1.1 OK 200").closing())
            .once(Answer::raw("220 mail.example ESMTP\r\n")),
    );
    let mut client = Client::connect(&model);
    assert_eq!(client.ask("1").header("x-padding").map(str::len), Some(100 * 1024));
    assert_eq!(client.ask("2").header("x-padding-299"), Some("a"));
    let response = client.ask("3");
    assert_eq!(response.headers.iter().filter(|(name, _)| name == "content-type").count(), 1);
    assert_eq!(response.header("content-type"), Some("text/html"));
    client.put("4");
    assert!(client.rest().expect("bytes").starts_with(b"HTTP/1.1 OK 200\r\n"));
    let mut client = Client::connect(&model);
    client.put("5");
    assert_eq!(client.rest().expect("bytes"), b"220 mail.example ESMTP\r\n");
}

#[test]
fn every_status_can_be_sent() {
    let model = Model::start(Script::new().always(|request: &Request| {
        let status = request.header("x-status").and_then(|status| status.parse().ok()).unwrap_or(200);
        Answer::status(status)
    }));
    let mut client = Client::connect(&model);
    for status in 200..600 {
        client.put_to(Vendor::OpenAi, "x", &format!("X-Status: {status}\r\n"));
        let response = client.response().expect("an answer");
        assert_eq!(response.status, status);
        assert_eq!(response.body.is_empty(), matches!(status, 204 | 304));
    }
    assert_eq!(model.counts().connections, 1);
}

#[test]
fn redirects_say_where_to() {
    let elsewhere = Model::start(Answer::says("x"));
    let target = format!("{}/v1/chat/completions", elsewhere.url());
    for status in [301, 302, 303, 307, 308] {
        let model = Model::start(Answer::redirect(status, &target));
        let response = ask(&model, "x");
        assert_eq!((response.status, response.header("location")), (status, Some(target.as_str())));
    }
    assert_eq!(elsewhere.counts().connections, 0);
}

#[test]
fn the_older_version_ends_the_connection() {
    let model = Model::start(Answer::says("x").http_10().framed(Framing::UntilClose));
    let response = ask(&model, "x");
    assert_eq!((response.version.as_str(), response.header("connection")), ("HTTP/1.0", None));
    assert!(!response.body.is_empty());
}

#[test]
fn garbage_can_follow_an_answer() {
    let model = Model::start(Answer::body("text/plain", "body").trailing("HTTP/1.1 200 OK\r\n\r\n"));
    let mut client = Client::connect(&model);
    assert_eq!(client.ask("x").body, b"body");
    assert_eq!(client.take(19).expect("bytes"), b"HTTP/1.1 200 OK\r\n\r\n");
}
