//! Files of keys.

mod common;

use common::{KEY, TestFile, ask, call, client, failure, text, user};
use nl_query_core::provider::failure::FailureClass as Class;
use nl_query_core::wire::{Call, KeySource};
use nl_query_http::{Client, Settings};
use nl_query_tests::model::{Answer, Model};

fn with_file(model: &Model, path: &str) -> Call {
    Call { key: KeySource::File(path.to_owned()), ..call(&model.url()) }
}

#[test]
fn a_key_is_read_followed_and_read_again_when_it_changes() {
    let model = Model::start(Answer::says("SELECT 1"));
    let client = client();
    let file = TestFile::new(format!("{KEY}\n").as_bytes(), 0o600);
    assert_eq!(text(ask(&client, &with_file(&model, &file.path()))), "SELECT 1");
    assert_eq!(model.request(1).header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    std::fs::write(&file, "another-key").expect("a file");
    assert_eq!(text(ask(&client, &with_file(&model, &file.path()))), "SELECT 1");
    assert_eq!(model.request(2).header("authorization"), Some("Bearer another-key"));
    let link = format!("{}.link", file.path());
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let followed = ask(&client, &with_file(&model, &link));
    std::fs::remove_file(&link).expect("a link");
    assert_eq!(text(followed), "SELECT 1");
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let model = Model::start(Answer::says("SELECT 1"));
    let told = |content: &[u8], mode: u32| {
        let file = TestFile::new(content, mode);
        let failure = failure(ask(&client(), &with_file(&model, &file.path())));
        assert_eq!(failure.class, Class::Key);
        assert!(!failure.message.contains("canary"), "{}", failure.message);
        failure.message.replace(&file.path(), "F")
    };
    for mode in [0o640, 0o604, 0o644, 0o601, 0o660] {
        let message = told(KEY.as_bytes(), mode);
        assert!(message.contains("must not be accessible to group or others"), "{mode:o}: {message}");
    }
    assert_eq!(told(b"", 0o600), "key file \"F\" holds no key: it is empty");
    assert_eq!(told(b"two words", 0o600), "key file \"F\" holds no key: it has a character that cannot stand in an HTTP header");
    assert_eq!(told(&[b'x'; 9000], 0o600), "key file \"F\" is larger than 8192 bytes");
    let message = failure(ask(&client(), &with_file(&model, "/nowhere/at/all"))).message;
    assert_eq!(message, "key file \"/nowhere/at/all\" cannot be read: entity not found");
    let message = failure(ask(&client(), &with_file(&model, "/tmp"))).message;
    assert!(message.contains("is not a regular file"), "{message}");
    assert_eq!(model.counts().connections, 0);
}

#[test]
fn a_pipe_does_not_hold_a_helper() {
    let model = Model::start(Answer::says("SELECT 1"));
    let path = std::env::temp_dir().join(format!("nl_query_http.{}.pipe", std::process::id()));
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    let told = failure(ask(&client(), &with_file(&model, &path.display().to_string())));
    std::fs::remove_file(&path).expect("a pipe");
    assert!(told.message.contains("is not a regular file"), "{}", told.message);
}

#[test]
fn a_file_of_somebody_else_is_refused() {
    // Only root can run as one user and read the file of another; root's own files are anybody's to use.
    if user() != 0 {
        return;
    }
    let model = Model::start(Answer::says("SELECT 1"));
    let file = TestFile::new(KEY.as_bytes(), 0o600);
    let client = Client::new(Settings { concurrency: 1, user: 12_345 });
    assert_eq!(text(ask(&client, &with_file(&model, &file.path()))), "SELECT 1");
    std::os::unix::fs::chown(&file, Some(54_321), None).expect("an owner");
    let told = failure(ask(&Client::new(Settings { concurrency: 1, user: 12_345 }), &with_file(&model, &file.path())));
    assert!(told.message.contains("must be owned by the server's user or by root"), "{}", told.message);
}
