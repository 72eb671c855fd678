//! A request as it arrived.

use super::vendor::Vendor;
use serde_json::Value;
use std::time::Instant;

/// What a client sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// From 1, in the order of arrival.
    pub number: usize,
    /// From 1, in the order of being accepted.
    pub connection: usize,
    pub method: String,
    /// With its query, as it stood in the first line.
    pub path: String,
    /// `HTTP/1.1`.
    pub version: String,
    /// In their order and spelling.
    pub headers: Vec<(String, String)>,
    /// Without its framing. Empty where the script answered before it was read.
    pub body: Vec<u8>,
    /// When its first byte came.
    pub began: Instant,
    /// When its last byte came.
    pub arrived: Instant,
}

impl Request {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Null where the body is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// In whose words it asks.
    pub fn vendor(&self) -> Vendor {
        Vendor::of(&self.path)
    }

    /// The model that it asks for.
    pub fn model(&self) -> Option<String> {
        self.vendor().model_in(&self.path, &self.json())
    }

    /// What it says to the model: instructions first, then the messages.
    pub fn messages(&self) -> Vec<String> {
        self.vendor().messages_in(&self.json())
    }

    /// Does any message contain this text?
    pub fn says(&self, text: &str) -> bool {
        self.messages().iter().any(|message| message.contains(text))
    }

    /// Does the client want the connection to end after the answer?
    pub(super) fn wants_close(&self) -> bool {
        let has = |word: &str| {
            let value = self.header("connection").unwrap_or_default();
            value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
        };
        has("close") || (self.version == "HTTP/1.0" && !has("keep-alive"))
    }
}
