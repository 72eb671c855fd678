//! What the tests of this crate share: a call to a scripted server, and files that go away.
#![allow(dead_code)] // each test program uses a part of it

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nl_query_core::provider::Api;
use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::provider::http::{Headers, HttpRequest, KeyHeader};
use nl_query_core::secret::Secret;
use nl_query_core::wire::{Answer, Call, KeySource, Timeouts};
use nl_query_http::{Client, Cord, Settings};

/// A key that must appear nowhere but in its header.
pub const KEY: &str = "sk-canary-5f3a9b72c1d84e60";
/// Longer than anything takes, even on a busy machine.
pub const AMPLE: Duration = Duration::from_secs(30);

pub fn client() -> Client {
    Client::new(Settings { concurrency: 8, user: user() })
}

/// Who runs the tests: the owner of what they make.
pub fn user() -> u32 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").expect("a process").uid()
}

/// A call without a key to a server at this address.
pub fn call(base: &str) -> Call {
    let mut headers = Headers::new();
    headers.set("content-type", "application/json");
    let body = br#"{"model":"mock-1","messages":[{"role":"user","content":"ships?"}]}"#.to_vec();
    Call {
        server: 1,
        fingerprint: 1,
        api: Api::OpenAi,
        http: HttpRequest { url: format!("{base}/v1/chat/completions"), headers, body },
        key: KeySource::None,
        key_header: KeyHeader::bearer(),
        timeouts: Timeouts { connect: 5_000, first_byte: 20_000, total: 20_000 },
        most_bytes: 1 << 20,
        proxy: None,
        ca_file: None,
    }
}

pub fn with_key(call: Call) -> Call {
    Call { key: KeySource::UserMapping(7), ..call }
}

pub fn key() -> Option<Secret> {
    Secret::new(KEY.to_owned()).ok()
}

pub fn ask(client: &Client, call: &Call) -> Answer {
    client.call(call, key(), &Cord::new())
}

pub fn text(answer: Answer) -> String {
    answer.result.expect("a reply").text
}

pub fn failure(answer: Answer) -> Failure {
    *answer.result.expect_err("a failure")
}

pub fn class(answer: Answer) -> FailureClass {
    failure(answer).class
}

/// A file that goes away.
pub struct TestFile(pub PathBuf);

impl TestFile {
    pub fn new(content: &[u8], mode: u32) -> TestFile {
        use std::os::unix::fs::PermissionsExt;
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("nl_query_http.{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        TestFile(path)
    }

    pub fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl AsRef<Path> for TestFile {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
