//! Model servers: what is sent to them and what their replies mean. One file for each of the three ways of speaking.
//!
//! Pure: a [`Request`] becomes an [`HttpRequest`] without the key, and what came back becomes a [`Reply`] or a [`Failure`]. Whoever
//! holds the socket adds the key as the last thing before sending ([`http::KeyHeader::value`]) and never logs what it sent.

mod anthropic;
mod classify;
mod error_shape;
pub mod failure;
mod gemini;
pub mod http;
mod json;
mod openai;
pub mod reply;
pub mod request;

use serde_json::Value;

use error_shape::ErrorShape;
use failure::{Failure, FailureClass};
use http::{HttpReply, HttpRequest, KeyHeader};
use reply::{Finish, Reply};
use request::Request;

/// How a server wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// `/chat/completions`, as very many servers offer it.
    OpenAi,
    /// `/v1/messages`.
    Anthropic,
    /// `/v1beta/models/…:generateContent`.
    Gemini,
}

impl Api {
    /// Every one, in the order of the enum.
    pub const ALL: [Api; 3] = [Api::OpenAi, Api::Anthropic, Api::Gemini];

    /// The value of the server option `api`.
    pub fn name(self) -> &'static str {
        match self {
            Api::OpenAi => "openai",
            Api::Anthropic => "anthropic",
            Api::Gemini => "gemini",
        }
    }

    /// Reads the value of the server option `api`.
    pub fn parse(name: &str) -> Option<Api> {
        Api::ALL.into_iter().find(|api| api.name() == name)
    }

    /// The header that carries the key, unless the server's options name another.
    pub fn key_header(self) -> KeyHeader {
        match self {
            Api::OpenAi => KeyHeader::bearer(),
            Api::Anthropic => KeyHeader::bare("x-api-key"),
            Api::Gemini => KeyHeader::bare("x-goog-api-key"),
        }
    }

    /// Everything of the request but the key. `base` is the server option `url`.
    pub fn request(self, base: &str, request: &Request) -> HttpRequest {
        let mut http = match self {
            Api::OpenAi => openai::request(base, request),
            Api::Anthropic => anthropic::request(base, request),
            Api::Gemini => gemini::request(base, request),
        };
        http.headers.set("content-type", "application/json");
        http.headers.set("accept", "application/json");
        http
    }

    /// What came back, read. The body is complete and no longer compressed.
    pub fn reply(self, http: &HttpReply<'_>) -> Result<Reply, Box<Failure>> {
        if !(200..300).contains(&http.status) {
            return Err(refused(http));
        }
        let body = json::body(http)?;
        if let Some(shape) = ErrorShape::in_success(&body) {
            return Err(Failure::said(http, &shape));
        }
        let read = match self {
            Api::OpenAi => openai::reply(&body),
            Api::Anthropic => anthropic::reply(&body),
            Api::Gemini => gemini::reply(&body),
        };
        match read {
            // A model that says that it is done and said nothing. Where it did not end by itself, why it ended tells more.
            Ok(reply) if reply.text.trim().is_empty() && matches!(reply.finish, Finish::Complete | Finish::Unknown) => {
                Err(Failure::of(http, FailureClass::Garbage, "the reply is empty"))
            }
            Ok(mut reply) => {
                reply.request_id = http.request_id().or(reply.request_id);
                Ok(reply)
            }
            Err(NoReply::Error(shape)) => Err(Failure::said(http, &shape)),
            Err(NoReply::Filtered(why)) => Err(Failure::of(http, FailureClass::Filtered, &why)),
            Err(NoReply::Missing(what)) => Err(Failure::of(http, FailureClass::Garbage, &format!("the reply has no {what}"))),
        }
    }
}

/// Why the body of a success holds no answer.
enum NoReply {
    /// It is an error after all.
    Error(Box<ErrorShape>),
    /// The question was blocked; the vendor's word for why.
    Filtered(String),
    /// Something is not there.
    Missing(&'static str),
}

/// A status that is no success.
fn refused(http: &HttpReply<'_>) -> Box<Failure> {
    if (300..400).contains(&http.status) {
        return Failure::of(http, FailureClass::Redirect, "the server redirects to another address, which is not followed");
    }
    let body: Option<Value> = serde_json::from_slice(http.body).ok();
    match body.as_ref().and_then(ErrorShape::in_failure) {
        Some(shape) => Failure::said(http, &shape),
        None => Failure::said(http, &ErrorShape::of_text(json::summary(http.body))),
    }
}

#[cfg(test)]
mod tests;
