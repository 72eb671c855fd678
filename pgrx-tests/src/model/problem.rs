//! Problems, as the vendors report them: status and body.

use super::vendor::Vendor;
use serde_json::{Value, json};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The key is missing or wrong.
    Auth,
    /// The key may not do this.
    Forbidden,
    /// No such model.
    NoModel,
    /// Too many requests for now.
    RateLimited,
    /// The account is used up.
    NoCredit,
    /// The prompt does not fit into the model's context.
    TooLong,
    /// The request's body is too large.
    TooLarge,
    /// A member of the request is wrong.
    BadRequest,
    /// A filter blocked the question.
    Filtered,
    /// The server has too much to do.
    Overloaded,
    /// The server took too long itself.
    Late,
    /// An error of the server's own.
    Server,
}

/// Status, general word and special word.
type Words = (u16, &'static str, Option<&'static str>);

impl Problem {
    pub const ALL: [Problem; 12] = [
        Problem::Auth,
        Problem::Forbidden,
        Problem::NoModel,
        Problem::RateLimited,
        Problem::NoCredit,
        Problem::TooLong,
        Problem::TooLarge,
        Problem::BadRequest,
        Problem::Filtered,
        Problem::Overloaded,
        Problem::Late,
        Problem::Server,
    ];

    pub fn status(self, vendor: Vendor) -> u16 {
        self.words(vendor).0
    }

    /// The body that this vendor sends.
    pub fn by(self, vendor: Vendor) -> Value {
        let (status, kind, code) = self.words(vendor);
        let message = self.message();
        match vendor {
            Vendor::OpenAi => {
                let parameter = matches!(self, Problem::BadRequest).then_some("temperature");
                json!({"error": {"message": message, "type": kind, "param": parameter, "code": code}})
            }
            Vendor::Anthropic => {
                json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_mock"})
            }
            // A blocked question is a success without candidates here.
            Vendor::Gemini if self == Problem::Filtered => json!({"promptFeedback": {"blockReason": "SAFETY"}}),
            Vendor::Gemini => {
                let mut error = json!({"code": status, "message": message, "status": kind});
                if let Some(details) = self.google_details(code) {
                    error["details"] = json!([details]);
                }
                json!({"error": error})
            }
        }
    }

    fn words(self, vendor: Vendor) -> Words {
        match vendor {
            Vendor::OpenAi => self.openai(),
            Vendor::Anthropic => self.anthropic(),
            Vendor::Gemini => self.gemini(),
        }
    }

    fn openai(self) -> Words {
        let request = "invalid_request_error";
        match self {
            Problem::Auth => (401, request, Some("invalid_api_key")),
            Problem::Forbidden => (403, request, Some("unsupported_country_region_territory")),
            Problem::NoModel => (404, request, Some("model_not_found")),
            Problem::RateLimited => (429, "requests", Some("rate_limit_exceeded")),
            Problem::NoCredit => (429, "insufficient_quota", Some("insufficient_quota")),
            Problem::TooLong => (400, request, Some("context_length_exceeded")),
            Problem::TooLarge => (413, request, Some("request_too_large")),
            Problem::BadRequest => (400, request, Some("unsupported_value")),
            Problem::Filtered => (400, request, Some("content_filter")),
            Problem::Overloaded => (503, "service_unavailable", Some("overloaded")),
            Problem::Late => (504, "timeout", None),
            Problem::Server => (500, "server_error", None),
        }
    }

    fn anthropic(self) -> Words {
        match self {
            Problem::Auth => (401, "authentication_error", None),
            Problem::Forbidden => (403, "permission_error", None),
            Problem::NoModel => (404, "not_found_error", None),
            Problem::RateLimited => (429, "rate_limit_error", None),
            Problem::TooLarge => (413, "request_too_large", None),
            // These differ in their message only.
            Problem::NoCredit | Problem::TooLong | Problem::BadRequest | Problem::Filtered => {
                (400, "invalid_request_error", None)
            }
            Problem::Overloaded => (529, "overloaded_error", None),
            Problem::Late => (504, "timeout_error", None),
            Problem::Server => (500, "api_error", None),
        }
    }

    fn gemini(self) -> Words {
        match self {
            Problem::Auth => (400, "INVALID_ARGUMENT", Some("API_KEY_INVALID")),
            Problem::Forbidden => (403, "PERMISSION_DENIED", Some("API_KEY_SERVICE_BLOCKED")),
            Problem::NoModel => (404, "NOT_FOUND", None),
            Problem::RateLimited | Problem::NoCredit => (429, "RESOURCE_EXHAUSTED", None),
            Problem::TooLong | Problem::TooLarge | Problem::BadRequest => (400, "INVALID_ARGUMENT", None),
            Problem::Filtered => (200, "OK", None),
            Problem::Overloaded => (503, "UNAVAILABLE", None),
            Problem::Late => (504, "DEADLINE_EXCEEDED", None),
            Problem::Server => (500, "INTERNAL", None),
        }
    }

    /// In words of our own, but with the phrases by which clients tell problems apart that share a code.
    fn message(self) -> &'static str {
        match self {
            Problem::Auth => "Mock: invalid API key.",
            Problem::Forbidden => "Mock: this key may not use the model.",
            Problem::NoModel => "Mock: there is no such model.",
            Problem::RateLimited => "Mock: too many requests, come again later.",
            Problem::NoCredit => "Mock: your credit balance is too low.",
            Problem::TooLong => "Mock: the prompt is too long: it exceeds the context window.",
            Problem::TooLarge => "Mock: the request has too many bytes.",
            Problem::BadRequest => "Mock: temperature has a value that is not supported.",
            Problem::Filtered => "Mock: the question was blocked by content filtering policy.",
            Problem::Overloaded => "Mock: the model is overloaded.",
            Problem::Late => "Mock: no answer in time.",
            Problem::Server => "Mock: something broke.",
        }
    }

    fn google_details(self, reason: Option<&str>) -> Option<Value> {
        match self {
            Problem::RateLimited => Some(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"})),
            Problem::NoCredit => Some(json!({
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
            })),
            _ => reason.map(|reason| json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason})),
        }
    }
}
