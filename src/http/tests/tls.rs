//! TLS: who is trusted, and what the others are told.

mod common;

use common::{KEY, TestFile, ask, call, class, client, failure, text, with_key};
use nl_query_core::provider::failure::FailureClass as Class;
use nl_query_core::wire::Call;
use nl_query_tests::model::{Answer, Certificate, Cut, End, Greeting, Model, Script};

fn trusting(model: &Model, authority: &TestFile) -> Call {
    Call { ca_file: Some(authority.path()), ..with_key(call(&model.url())) }
}

#[test]
fn a_good_certificate_of_the_file_s_authority() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1"));
    let authority = TestFile::new(model.authority().as_bytes(), 0o644);
    let client = client();
    for _ in 0..3 {
        assert_eq!(text(ask(&client, &trusting(&model, &authority))), "SELECT 1");
    }
    assert_eq!((model.count(), model.counts().connections), (3, 1), "the connection is kept");
    assert!(model.holds_only_in(KEY, "authorization"));
    let localhost = Call { http: call(&format!("https://localhost:{}", model.port())).http, ..trusting(&model, &authority) };
    assert_eq!(text(ask(&client, &localhost)), "SELECT 1");
}

#[test]
fn no_other_certificate_is_trusted_and_no_key_is_sent() {
    for certificate in Certificate::ALL.into_iter().filter(|certificate| *certificate != Certificate::Good) {
        let model = Model::setup().tls(certificate).start(Answer::says("SELECT 1"));
        let authority = TestFile::new(model.authority().as_bytes(), 0o644);
        let refused = failure(ask(&client(), &trusting(&model, &authority)));
        assert_eq!(refused.class, Class::Tls, "{certificate:?}: {refused:?}");
        let reason = match certificate {
            Certificate::Expired => "expired",
            Certificate::NotYetValid => "not valid yet",
            Certificate::WrongName => "not valid for name",
            _ => "UnknownIssuer",
        };
        assert!(refused.message.contains(reason), "{certificate:?}: {refused:?}");
        assert_eq!(model.count(), 0);
        assert!(model.holds(KEY).is_empty());
    }
}

#[test]
fn the_system_does_not_know_the_test_s_authority() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1"));
    assert_eq!(class(ask(&client(), &with_key(call(&model.url())))), Class::Tls);
    assert!(model.holds(KEY).is_empty());
}

#[test]
fn files_that_hold_no_authority() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1"));
    let empty = TestFile::new(b"no certificate", 0o644);
    let told = failure(ask(&client(), &trusting(&model, &empty)));
    assert_eq!((told.class, told.message), (Class::Tls, format!("certificate file \"{}\" holds no certificate", empty.path())));
    let missing = Call { ca_file: Some("/nowhere/at/all".to_owned()), ..call(&model.url()) };
    assert_eq!(class(ask(&client(), &missing)), Class::Tls);
    // What is wrong may be mended while connections are kept.
    let client = client();
    assert_eq!(class(ask(&client, &trusting(&model, &empty))), Class::Tls);
    std::fs::write(&empty, model.authority()).expect("a file");
    assert_eq!(text(ask(&client, &trusting(&model, &empty))), "SELECT 1");
}

#[test]
fn plain_text_where_tls_is_expected_and_the_other_way_round() {
    let says = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    let plain = Model::start(Script::from(Answer::says("SELECT 1")).greet_all(Greeting::Says(says)));
    let url = plain.url().replace("http://", "https://");
    assert_eq!(class(ask(&client(), &with_key(call(&url)))), Class::Tls);
    assert!(plain.holds(KEY).is_empty());
    let tls = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1"));
    let url = tls.url().replace("https://", "http://");
    assert!(matches!(class(ask(&client(), &call(&url))), Class::Reset | Class::Garbage));
}

#[test]
fn a_reply_that_stops_without_tls_saying_so() {
    let model = Model::setup().tls(Certificate::Good).start(Answer::says("SELECT 1").cut(Cut::Body(30), End::Close));
    let authority = TestFile::new(model.authority().as_bytes(), 0o644);
    assert_eq!(class(ask(&client(), &trusting(&model, &authority))), Class::TruncatedBody);
}
