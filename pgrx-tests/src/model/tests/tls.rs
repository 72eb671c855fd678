//! TLS, with certificates good and bad.

use super::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{ErrorKind, Write};
use std::sync::Arc;

/// A connection that trusts the server's authority and asks for this name.
fn connect(model: &Model, name: &str) -> std::io::Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(model.authority().as_bytes()).expect("PEM")).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let connection = ClientConnection::new(config, ServerName::try_from(name.to_owned()).expect("a name")).expect("a client");
    let mut stream = StreamOwned::new(connection, Client::socket(model));
    stream.flush()?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(Client::on(stream))
}

#[test]
fn a_good_certificate_is_trusted_by_name_and_by_address() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1").closing());
    assert!(model.url().starts_with("https://127.0.0.1:"));
    for name in ["127.0.0.1", "localhost"] {
        let mut client = connect(&model, name).expect("a connection");
        client.put_to(Vendor::OpenAi, "x", "authorization: canary\r\n");
        assert_eq!(client.response().expect("an answer").status, 200);
        assert_eq!(client.end(), (Vec::new(), None), "the end is announced");
    }
    assert!(model.holds_only_in("canary", "authorization"));
    assert_eq!(model.counts().broken, 0);
}

#[test]
fn every_other_certificate_is_refused() {
    for certificate in Certificate::ALL.into_iter().filter(|certificate| *certificate != Certificate::Good) {
        let model = Model::setup().tls(certificate).start(Answer::says("SELECT 1"));
        let error = connect(&model, "127.0.0.1").err().expect("a refusal").to_string();
        let reason = match certificate {
            Certificate::Expired => "expired",
            Certificate::NotYetValid => "not valid yet",
            Certificate::WrongName => "not valid for name",
            _ => "UnknownIssuer",
        };
        assert!(error.contains(reason), "{certificate:?}: {error}");
        model.wait_until("the failure was seen", AMPLE, |counts| counts.broken == 1);
        assert_eq!(model.count(), 0);
    }
    let elsewhere = Model::setup().tls(Certificate::WrongName).start(Answer::says("SELECT 1"));
    assert_eq!(connect(&elsewhere, "elsewhere.example").expect("its own name").ask("x").status, 200);
}

#[test]
fn a_handshake_can_be_late_or_never() {
    let gate = Gate::shut();
    let model = Model::setup().tls(Certificate::Good).start(
        Script::from(Answer::says("x"))
            .greet(1, Greeting::HeldBy(gate.clone()))
            .greet(1, Greeting::Late(Duration::from_millis(50)))
            .greet(1, Greeting::Reset)
            .greet(1, Greeting::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())),
    );
    std::thread::scope(|scope| {
        let client = scope.spawn(|| connect(&model, "localhost").expect("a connection").ask("x").status);
        gate.wait_for(1, AMPLE);
        gate.open();
        assert_eq!(client.join().expect("an answer"), 200);
    });
    let begun = Instant::now();
    assert_eq!(connect(&model, "localhost").expect("a connection").ask("x").status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(connect(&model, "localhost").err().map(|error| error.kind()), Some(ErrorKind::ConnectionReset));
    assert_eq!(connect(&model, "localhost").err().map(|error| error.kind()), Some(ErrorKind::InvalidData));
}

#[test]
fn an_answer_can_stop_without_tls_saying_so() {
    let model =
        Model::setup().tls(Certificate::Good).start(Answer::body("text/plain", "0123456789").cut(Cut::Body(4), End::Close));
    let mut client = connect(&model, "localhost").expect("a connection");
    client.put("x");
    let error = client.response().expect_err("a truncated answer");
    assert!(error.to_string().contains("close_notify"), "{error}");
}

#[test]
fn whoever_speaks_no_tls_is_heard_but_not_served() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("x"));
    Client::connect(&model).put_to(Vendor::OpenAi, "x", "authorization: canary\r\n");
    model.wait_until("it was counted", AMPLE, |counts| counts.broken == 1);
    assert_eq!(model.count(), 0);
    assert!(model.broken()[0].starts_with("POST /v1/chat/completions"));
    assert_eq!(model.holds("canary"), [Place { request: 0, part: Part::Broken }], "a key sent in plain text is found");
    drop(Client::connect(&model));
    model.wait_until("it left", AMPLE, |counts| counts.connections == 2 && counts.open == 0);
    assert_eq!(model.counts().broken, 1, "who says nothing is no failure");
}

#[test]
fn waits_and_ends_are_as_without_tls() {
    let model = Model::setup().tls(Certificate::Good).start(
        Script::new().once(Answer::hang()).once(Answer::reset()).once(Answer::huge(5_000_000).framed(Framing::Chunked(9_999))),
    );
    let mut client = connect(&model, "localhost").expect("a connection");
    client.put("x");
    model.wait_for(1, AMPLE);
    drop(client);
    model.wait_until("the client's leaving was seen", AMPLE, |counts| counts.hung_up == 1);
    let mut client = connect(&model, "localhost").expect("a connection");
    client.put("x");
    assert_eq!(client.end().1, Some(ErrorKind::ConnectionReset));
    let mut client = connect(&model, "localhost").expect("a connection");
    assert_eq!(client.ask("x").body.len(), 5_000_000);
    model.hang_up();
    assert_eq!(model.counts().open, 0);
}
