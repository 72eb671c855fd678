//! Bodies with status 200 that are JSON, or nearly, and hold no answer.

use super::problem::Problem;
use super::reply::Reply;
use super::vendor::Vendor;
use serde_json::{Value, json};

/// A body that is not as it should be.
#[derive(Debug, Clone)]
pub struct Oddity {
    /// What is odd about it.
    pub name: String,
    pub body: Vec<u8>,
}

/// Every oddity in a vendor's shape.
pub fn oddities(vendor: Vendor) -> Vec<Oddity> {
    let mut all: Vec<Oddity> = texts().into_iter().map(|(name, body)| oddity(name, body.as_bytes())).collect();
    all.push(oddity("bytes that are no text", b"\x00\xff\xfe{}"));
    all.push(oddity("an error after all", Problem::Server.by(vendor).to_string().as_bytes()));
    let whole = Reply::new("SELECT 1").by(vendor);
    for path in paths(vendor) {
        for (kind, wrong) in wrong_values() {
            let mut body = whole.clone();
            if let Some(place) = body.pointer_mut(path) {
                *place = wrong;
                all.push(oddity(&format!("{path} is {kind}"), body.to_string().as_bytes()));
            }
        }
        all.push(oddity(&format!("{path} is missing"), without(whole.clone(), path).to_string().as_bytes()));
    }
    all
}

fn oddity(name: &str, body: &[u8]) -> Oddity {
    Oddity { name: name.to_owned(), body: body.to_vec() }
}

fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("nothing", String::new()),
        ("blanks", " \r\n".to_owned()),
        ("a page", "<!doctype html><html><title>Sign in</title></html>".to_owned()),
        ("a sentence", "upstream said nothing".to_owned()),
        ("half an object", "{\"choices\": [".to_owned()),
        ("two objects", "{}{}".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("an empty list", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "1e400".to_owned()),
        ("a text", "\"SELECT 1\"".to_owned()),
        ("deep lists", "[".repeat(100_000)),
        ("events of a stream", "data: {\"choices\": []}\n\ndata: [DONE]\n\n".to_owned()),
    ]
}

/// Where what a client reads stands in a right body.
fn paths(vendor: Vendor) -> &'static [&'static str] {
    match vendor {
        Vendor::OpenAi => &["/choices", "/choices/0", "/choices/0/message", "/choices/0/message/content"],
        Vendor::Anthropic => &["/content", "/content/0", "/content/0/text"],
        Vendor::Gemini => &[
            "/candidates",
            "/candidates/0",
            "/candidates/0/content",
            "/candidates/0/content/parts",
            "/candidates/0/content/parts/0/text",
        ],
    }
}

fn wrong_values() -> [(&'static str, Value); 5] {
    [
        ("null", json!(null)),
        ("a number", json!(7)),
        ("false", json!(false)),
        ("an empty list", json!([])),
        ("an object", json!({})),
    ]
}

fn without(mut body: Value, path: &str) -> Value {
    let Some((parent, name)) = path.rsplit_once('/') else { return body };
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(name);
        }
        Some(Value::Array(list)) => list.clear(),
        _ => {}
    }
    body
}
