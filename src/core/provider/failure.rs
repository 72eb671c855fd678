//! Why a call to a model server gave no answer, and what follows from it.

use super::classify::classify;
use super::error_shape::ErrorShape;
use super::http::HttpReply;
use super::json::one_line;
use crate::retry_after::{rate_limits, retry_after};

/// Characters of a server's message that are kept.
const MESSAGE: usize = 300;

/// One failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// What the server (or the transport) said, on one line. It may repeat the key until [`crate::secret::Secret::scrub`] has seen it.
    pub message: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The server's own word for it.
    pub code: Option<String>,
    /// What in the request the server does not like.
    pub parameter: Option<String>,
    /// Milliseconds that the server asks to be left alone.
    pub retry_after: Option<u64>,
    /// The server says itself whether another attempt makes sense.
    pub should_retry: Option<bool>,
    /// The vendor's number of the request.
    pub request_id: Option<String>,
}

/// What went wrong. The names (see [`FailureClass::name`]) are shown by `pg_stat_nl_query_servers`: new ones may be added, existing
/// ones keep their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FailureClass {
    /// The server's name is not known.
    Dns = 0,
    /// No connection: refused, unreachable, or not within the time for connecting.
    Connect = 1,
    /// No trust in the server's certificate, or no common protocol.
    Tls = 2,
    /// The connection broke before the reply was complete.
    Reset = 3,
    /// Connected, but no complete reply in time.
    Timeout = 4,
    /// The body is shorter than announced, or ends in the middle.
    TruncatedBody = 5,
    /// The body is longer than allowed.
    ReplyTooLarge = 6,
    /// A success that holds no answer: no JSON, the wrong JSON, nothing.
    Garbage = 7,
    /// The server sends to another address.
    Redirect = 8,
    /// The key is missing or wrong.
    Auth = 9,
    /// The key is good but not for this.
    Forbidden = 10,
    /// Too many requests or tokens for now.
    RateLimited = 11,
    /// The account is used up: credit, or an allowance by the day or month.
    QuotaExhausted = 12,
    /// The server has too much to do.
    Overloaded = 13,
    /// An error of the server's own.
    Server = 14,
    /// The server does not understand the request.
    BadRequest = 15,
    /// No such model, or no such address.
    NotFound = 16,
    /// Prompt and answer together do not fit into the model's context.
    ContextTooLong = 17,
    /// The body of the request is larger than the server takes.
    RequestTooLarge = 18,
    /// A filter blocked the question.
    Filtered = 19,
    /// The key cannot be read here.
    Key = 20,
    /// The caller's time is over, or the caller is gone.
    Abandoned = 21,
    /// The worker stops, or was lost.
    Worker = 22,
}

/// The family of a failure: who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The server or the way to it is not well.
    Unwell,
    /// The server is well and asks for patience.
    Patience,
    /// The options of the server or the key must change.
    Misconfigured,
    /// This question cannot be asked of this server.
    Request,
    /// It says nothing about the server.
    Ours,
}

impl FailureClass {
    /// Every class, in the order of the enum.
    pub const ALL: [FailureClass; 23] = [
        FailureClass::Dns,
        FailureClass::Connect,
        FailureClass::Tls,
        FailureClass::Reset,
        FailureClass::Timeout,
        FailureClass::TruncatedBody,
        FailureClass::ReplyTooLarge,
        FailureClass::Garbage,
        FailureClass::Redirect,
        FailureClass::Auth,
        FailureClass::Forbidden,
        FailureClass::RateLimited,
        FailureClass::QuotaExhausted,
        FailureClass::Overloaded,
        FailureClass::Server,
        FailureClass::BadRequest,
        FailureClass::NotFound,
        FailureClass::ContextTooLong,
        FailureClass::RequestTooLarge,
        FailureClass::Filtered,
        FailureClass::Key,
        FailureClass::Abandoned,
        FailureClass::Worker,
    ];

    /// The name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            FailureClass::Dns => "dns",
            FailureClass::Connect => "connect",
            FailureClass::Tls => "tls",
            FailureClass::Reset => "reset",
            FailureClass::Timeout => "timeout",
            FailureClass::TruncatedBody => "truncated_body",
            FailureClass::ReplyTooLarge => "reply_too_large",
            FailureClass::Garbage => "garbage",
            FailureClass::Redirect => "redirect",
            FailureClass::Auth => "auth",
            FailureClass::Forbidden => "forbidden",
            FailureClass::RateLimited => "rate_limited",
            FailureClass::QuotaExhausted => "quota_exhausted",
            FailureClass::Overloaded => "overloaded",
            FailureClass::Server => "server",
            FailureClass::BadRequest => "bad_request",
            FailureClass::NotFound => "not_found",
            FailureClass::ContextTooLong => "context_too_long",
            FailureClass::RequestTooLarge => "request_too_large",
            FailureClass::Filtered => "filtered",
            FailureClass::Key => "key",
            FailureClass::Abandoned => "abandoned",
            FailureClass::Worker => "worker",
        }
    }

    /// In words, for a message to the user: the rest of a sentence that begins with the server's name.
    pub fn says(self) -> &'static str {
        match self {
            FailureClass::Dns => "has a host name that cannot be resolved",
            FailureClass::Connect => "cannot be reached",
            FailureClass::Tls => "has a certificate that is not trusted, or speaks no common version of TLS",
            FailureClass::Reset => "broke the connection",
            FailureClass::Timeout => "did not answer in time",
            FailureClass::TruncatedBody => "sent an incomplete reply",
            FailureClass::ReplyTooLarge => "sent a reply that is too large",
            FailureClass::Garbage => "sent a reply that cannot be understood",
            FailureClass::Redirect => "redirects to another address",
            FailureClass::Auth => "does not accept the key",
            FailureClass::Forbidden => "does not permit this to the key",
            FailureClass::RateLimited => "limits the rate of requests",
            FailureClass::QuotaExhausted => "says that the account's quota is used up",
            FailureClass::Overloaded => "is overloaded",
            FailureClass::Server => "reports an error of its own",
            FailureClass::BadRequest => "does not understand the request",
            FailureClass::NotFound => "knows no such model or address",
            FailureClass::ContextTooLong => "says that the prompt is too long for the model",
            FailureClass::RequestTooLarge => "says that the request is too large",
            FailureClass::Filtered => "blocked the question by a filter",
            FailureClass::Key => "has a key that cannot be read",
            FailureClass::Abandoned => "was not waited for",
            FailureClass::Worker => "lost the worker that was asking it",
        }
    }

    /// Who has to do something about it.
    pub fn meaning(self) -> Meaning {
        match self {
            FailureClass::Dns
            | FailureClass::Connect
            | FailureClass::Tls
            | FailureClass::Reset
            | FailureClass::Timeout
            | FailureClass::TruncatedBody
            | FailureClass::ReplyTooLarge
            | FailureClass::Garbage
            | FailureClass::Overloaded
            | FailureClass::Server => Meaning::Unwell,
            FailureClass::RateLimited | FailureClass::QuotaExhausted => Meaning::Patience,
            FailureClass::Auth | FailureClass::Forbidden | FailureClass::Key => Meaning::Misconfigured,
            FailureClass::Redirect
            | FailureClass::NotFound
            | FailureClass::BadRequest
            | FailureClass::ContextTooLong
            | FailureClass::RequestTooLarge
            | FailureClass::Filtered => Meaning::Request,
            FailureClass::Abandoned | FailureClass::Worker => Meaning::Ours,
        }
    }

    /// Whether the same request to the same server may do better a moment later. A reply that is no JSON, or a certificate that is
    /// not trusted, comes again.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            FailureClass::Dns
                | FailureClass::Connect
                | FailureClass::Reset
                | FailureClass::Timeout
                | FailureClass::TruncatedBody
                | FailureClass::RateLimited
                | FailureClass::Overloaded
                | FailureClass::Server
        )
    }

    /// Whether another server may do better. A request that one server does not understand or blocks is not tried on the next: the
    /// cause is the question, and what one vendor's filter caught is not shown to another vendor.
    pub fn fails_over(self) -> bool {
        !matches!(self, FailureClass::BadRequest | FailureClass::Filtered | FailureClass::Abandoned)
    }
}

impl Failure {
    /// A failure below HTTP: no reply at all.
    pub fn transport(class: FailureClass, message: &str) -> Box<Failure> {
        Box::new(Failure {
            class,
            message: one_line(message, MESSAGE),
            status: None,
            code: None,
            parameter: None,
            retry_after: None,
            should_retry: None,
            request_id: None,
        })
    }

    /// A reply that is none, for a reason found here.
    pub fn of(http: &HttpReply<'_>, class: FailureClass, message: &str) -> Box<Failure> {
        let bare = *Failure::transport(class, message);
        Box::new(Failure { status: Some(http.status), request_id: http.request_id(), ..bare })
    }

    /// An error that the server reports.
    pub(super) fn said(http: &HttpReply<'_>, shape: &ErrorShape) -> Box<Failure> {
        let class = classify(http.status, shape);
        let limits = rate_limits(http.headers, http.now);
        let waits = class.meaning() == Meaning::Patience || class.is_passing();
        let retry_after = waits.then(|| retry_after(http.headers, http.now).or(shape.retry_after).or(limits.wait())).flatten();
        let should_retry = match http.headers.get("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let message = if shape.message.is_empty() { format!("HTTP status {}", http.status) } else { shape.message.clone() };
        let bare = *Failure::of(http, class, &message);
        Box::new(Failure {
            code: shape.code.as_deref().or(shape.kind.as_deref()).map(|code| one_line(code, 64)),
            parameter: shape.parameter.clone(),
            retry_after,
            should_retry,
            request_id: bare.request_id.clone().or_else(|| shape.request_id.clone()),
            ..bare
        })
    }

    /// Whether to try the same server again: what the server says itself comes first, where trying again can help at all.
    pub fn is_passing(&self) -> bool {
        match self.should_retry {
            Some(false) => false,
            Some(true) => matches!(self.class.meaning(), Meaning::Unwell | Meaning::Patience),
            None => self.class.is_passing(),
        }
    }
}
