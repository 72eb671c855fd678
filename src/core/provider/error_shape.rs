//! Errors as servers write them, brought into one shape.
//!
//! There is no standard. An error is an object in `error`, or a text there, or the whole body; it comes in an array, with status 200,
//! as FastAPI's `detail`, with another error as text in its message, with its status as a number, as text, or by name.

use serde_json::Value;

use super::json::{one_line, text};
use super::request::OPTIONAL;
use crate::retry_after::duration;

/// Characters of a message that are kept.
const MESSAGE: usize = 300;

/// What an error says about itself; each part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorShape {
    pub message: String,
    /// The most special word for it: `context_length_exceeded`, `API_KEY_INVALID`.
    pub code: Option<String>,
    /// The general word for it: `invalid_request_error`, `RESOURCE_EXHAUSTED`.
    pub kind: Option<String>,
    /// What in the request it is about.
    pub parameter: Option<String>,
    /// A status that stands in the body.
    pub status: Option<u16>,
    /// Milliseconds to wait.
    pub retry_after: Option<u64>,
    pub request_id: Option<String>,
}

impl ErrorShape {
    /// An error that is nothing but text.
    pub fn of_text(message: String) -> ErrorShape {
        ErrorShape { message, ..ErrorShape::default() }
    }

    /// The error in the body of a failure.
    pub fn in_failure(body: &Value) -> Option<ErrorShape> {
        match body {
            Value::Array(list) => ErrorShape::in_failure(list.first()?),
            Value::String(message) => Some(ErrorShape::of_text(one_line(message, MESSAGE))),
            Value::Object(members) => {
                let inner = members.get("error").or_else(|| members.get("errors")).filter(|inner| is_something(inner));
                let mut shape = ErrorShape::of(inner.unwrap_or(body), 0);
                if shape.message.is_empty() {
                    shape.message = ErrorShape::of(body, 0).message;
                }
                shape.request_id = shape.request_id.or_else(|| body.get("request_id").and_then(text));
                Some(shape)
            }
            _ => None,
        }
    }

    /// The error in the body of a success, if it is one: some gateways answer every request with status 200.
    pub fn in_success(body: &Value) -> Option<Box<ErrorShape>> {
        let first = match body {
            Value::Array(list) => list.first()?,
            body => body,
        };
        let says = |name: &str| first.get(name).and_then(Value::as_str) == Some("error");
        let is_error = first.get("error").is_some_and(is_something) || says("type") || says("object");
        is_error.then(|| ErrorShape::in_failure(first).map(Box::new)).flatten()
    }

    /// The error itself.
    fn of(value: &Value, depth: usize) -> ErrorShape {
        match value {
            Value::String(message) => ErrorShape::of_message(message, depth),
            Value::Array(list) => list.first().map_or_else(ErrorShape::default, |first| ErrorShape::of(first, depth)),
            Value::Object(_) => ErrorShape::of_object(value, depth),
            _ => ErrorShape::default(),
        }
    }

    fn of_object(value: &Value, depth: usize) -> ErrorShape {
        let get = |name: &str| value.get(name);
        let raw = get("metadata").and_then(|metadata| metadata.get("raw"));
        let message = ["message", "detail", "msg", "error_description", "title"]
            .iter()
            .find_map(|name| get(name).filter(|value| is_something(value)));
        let mut shape = match message {
            Some(Value::String(message)) => ErrorShape::of_message(message, depth),
            Some(inner) if depth < 3 => ErrorShape::of(inner, depth + 1),
            _ => ErrorShape::default(),
        };
        // What stands inside is nearer to the cause than what a gateway wrote around it.
        if let Some(Value::String(raw)) = raw {
            let inner = ErrorShape::of_message(raw, depth);
            shape = ErrorShape { message: if inner.message.is_empty() { shape.message } else { inner.message.clone() }, ..inner };
        }
        for name in ["code", "status", "statusCode", "status_code"] {
            match get(name) {
                Some(Value::Number(number)) => shape.status = shape.status.or_else(|| status(number.as_u64()?)),
                Some(Value::String(word)) if word.trim().parse::<u64>().is_ok() => {
                    shape.status = shape.status.or_else(|| status(word.trim().parse().ok()?));
                }
                Some(Value::String(word)) if name == "code" => {
                    shape.code = shape.code.or_else(|| text(&Value::String(word.clone())))
                }
                Some(Value::String(word)) => shape.kind = shape.kind.or_else(|| text(&Value::String(word.clone()))),
                _ => {}
            }
        }
        let inner_code = get("innererror").and_then(|inner| inner.get("code")).and_then(text);
        shape.code = inner_code.or(shape.code);
        shape.kind = shape.kind.or_else(|| get("type").and_then(text).filter(|kind| kind != "error"));
        shape.parameter = get("param").and_then(text).and_then(|name| known_parameter(&name)).or(shape.parameter);
        shape.parameter = shape.parameter.or_else(|| location(get("loc")?)).or_else(|| known_parameter(&shape.message));
        if let Some(Value::Array(details)) = get("details") {
            shape.read_google_details(details);
        }
        shape
    }

    /// A message, which may be another error written as text.
    fn of_message(message: &str, depth: usize) -> ErrorShape {
        let inner = message.trim();
        if depth < 3
            && inner.starts_with(['{', '['])
            && let Ok(value) = serde_json::from_str::<Value>(inner)
            && let Some(shape) = ErrorShape::of(value.get("error").unwrap_or(&value), depth + 1).not_empty()
        {
            return shape;
        }
        ErrorShape { message: one_line(message, MESSAGE), parameter: known_parameter(message), ..ErrorShape::default() }
    }

    fn not_empty(self) -> Option<ErrorShape> {
        (!self.message.is_empty()).then_some(self)
    }

    /// Google's errors carry typed details: when to come again, why, and which quota was hit.
    fn read_google_details(&mut self, details: &[Value]) {
        for detail in details {
            let kind = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
            if kind.ends_with("RetryInfo") {
                self.retry_after = detail.get("retryDelay").and_then(Value::as_str).and_then(duration).or(self.retry_after);
            } else if kind.ends_with("ErrorInfo") {
                self.code = detail.get("reason").and_then(text).or(self.code.take());
                let quota = detail.get("metadata").and_then(|metadata| metadata.get("quota_limit"));
                self.note_quota(quota);
            } else if kind.ends_with("QuotaFailure")
                && let Some(Value::Array(violations)) = detail.get("violations")
            {
                for violation in violations {
                    self.note_quota(violation.get("quotaId"));
                }
            }
        }
    }

    /// A quota by the day is used up for longer than anybody waits; one by the minute is an ordinary limit on the rate.
    fn note_quota(&mut self, quota: Option<&Value>) {
        if quota.and_then(Value::as_str).is_some_and(|id| id.contains("PerDay") || id.contains("PerMonth")) {
            self.code = Some("daily_quota_exceeded".to_owned());
        }
    }
}

/// Neither null nor false nor empty.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

fn status(number: u64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

/// The member that a validation error (`"loc": ["body", "temperature"]`) is about.
fn location(path: &Value) -> Option<String> {
    path.as_array()?.iter().filter_map(Value::as_str).find_map(known_parameter)
}

/// The first optional member of a request that a text names.
fn known_parameter(text: &str) -> Option<String> {
    let found = OPTIONAL.iter().filter_map(|(written, name)| Some((word_at(text, written)?, *name)));
    found.min().map(|(_, name)| name.to_owned())
}

/// Where a word stands that is no part of a longer one.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !is_letter(text[..*at].chars().next_back()) && !is_letter(text[at + word.len()..].chars().next()))
}
