//! The class of an error that a server reports: by its own words where they are known, else by the status, else by its message.

use super::error_shape::ErrorShape;
use super::failure::FailureClass::{self, *};

/// Decides. A special word wins over a general one, and a status that is special wins over a general word.
pub fn classify(status: u16, shape: &ErrorShape) -> FailureClass {
    let status = if status >= 400 { status } else { shape.status.unwrap_or(status) };
    let by_code = shape.code.as_deref().and_then(by_word);
    let by_kind = shape.kind.as_deref().and_then(by_word);
    let special = [by_code, by_kind].into_iter().flatten().find(|class| !is_general(*class));
    let general = [by_code, by_kind].into_iter().flatten().next();
    let by_status = by_status(status);
    let class = match (special, by_status) {
        (Some(class), _) => class,
        (None, Some(class)) if !is_general(class) => class,
        (None, by_status) => general.or(by_status).unwrap_or(Server),
    };
    by_message(class, &shape.message.to_lowercase())
}

/// A word or a status that says little.
fn is_general(class: FailureClass) -> bool {
    matches!(class, BadRequest | Server)
}

/// The words that servers use, in all their spellings: case, blanks and underscores do not count.
fn by_word(word: &str) -> Option<FailureClass> {
    let word: String = word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match word.as_str() {
        "authenticationerror"
        | "invalidapikey"
        | "apikeyinvalid"
        | "apikeyexpired"
        | "unauthenticated"
        | "unauthorized"
        | "invalidauthentication"
        | "incorrectapikey"
        | "accesstokenexpired"
        | "autherror"
        | "noapikeyerror" => Auth,
        "permissionerror"
        | "permissiondenied"
        | "permissiondeniederror"
        | "forbidden"
        | "accountdeactivated"
        | "unsupportedcountryregionterritory"
        | "apikeyserviceblocked"
        | "servicedisabled" => Forbidden,
        "insufficientquota"
        | "billinghardlimitreached"
        | "billingerror"
        | "billingnotactive"
        | "insufficientbalance"
        | "dailyquotaexceeded"
        | "budgetexceeded"
        | "paymentrequired"
        | "insufficientcredits" => QuotaExhausted,
        "ratelimiterror"
        | "ratelimitexceeded"
        | "ratelimitreached"
        | "toomanyrequests"
        | "resourceexhausted"
        | "tokens"
        | "requests"
        | "throttlingerror"
        | "throttlingexception"
        | "throttled" => RateLimited,
        "overloadederror"
        | "overloaded"
        | "unavailable"
        | "serviceunavailable"
        | "serviceunavailableerror"
        | "engineoverloaded"
        | "engineoverloadederror"
        | "slowdown"
        | "modeloverloaded"
        | "unavailableerror" => Overloaded,
        "contextlengthexceeded"
        | "exceedcontextsizeerror"
        | "contextwindowexceedederror"
        | "contextwindowexceeded"
        | "stringabovemaxlength"
        | "modelcontextwindowexceeded"
        | "contextlimitexceeded" => ContextTooLong,
        "modelnotfound" | "notfounderror" | "notfound" | "deploymentnotfound" | "modelnotavailable" | "unknownmodel"
        | "invalidmodel" | "unknownurl" => NotFound,
        "contentfilter" | "contentpolicyviolation" | "contentpolicyviolationerror" | "responsibleaipolicyviolation" => Filtered,
        "requesttoolarge" | "payloadtoolarge" | "contenttoolarge" => RequestTooLarge,
        "timeouterror" | "timeout" | "deadlineexceeded" | "requesttimeout" | "gatewaytimeout" => Timeout,
        "servererror"
        | "internalservererror"
        | "internalerror"
        | "apierror"
        | "internal"
        | "badgateway"
        | "unknown"
        | "apiconnectionerror" => Server,
        "invalidrequesterror"
        | "badrequesterror"
        | "badrequest"
        | "invalidargument"
        | "failedprecondition"
        | "unsupportedparameter"
        | "unsupportedvalue"
        | "invalidvalue"
        | "unprocessableentityerror"
        | "invalidrequest"
        | "unsupportedparamserror"
        | "outofrange" => BadRequest,
        _ => return None,
    })
}

fn by_status(status: u16) -> Option<FailureClass> {
    Some(match status {
        401 | 407 => Auth,
        402 => QuotaExhausted,
        403 => Forbidden,
        404 | 410 => NotFound,
        408 | 504 | 524 => Timeout,
        409 => Server,
        413 => RequestTooLarge,
        425 | 503 | 529 => Overloaded,
        429 => RateLimited,
        400..=499 => BadRequest,
        500..=599 => Server,
        _ => return None,
    })
}

/// Messages say what words and status leave open. Only phrases that mean one thing: a message also repeats what the user wrote.
fn by_message(class: FailureClass, message: &str) -> FailureClass {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    match class {
        BadRequest | RequestTooLarge | Server if says(&TOO_LONG) => ContextTooLong,
        BadRequest | Forbidden if says(&["credit balance is too low", "insufficient balance", "billing hard limit"]) => {
            QuotaExhausted
        }
        BadRequest if says(&["api key not valid", "invalid api key", "api key expired", "incorrect api key"]) => Auth,
        BadRequest if says(&["content filtering policy", "content management policy"]) => Filtered,
        BadRequest if says(&["the api_key client option must be set", "missing api key", "no api key"]) => Auth,
        Server if says(&["model is overloaded", "overloaded_error", "model is currently overloaded"]) => Overloaded,
        class => class,
    }
}

const TOO_LONG: [&str; 10] = [
    "maximum context length",
    "context length exceeded",
    "context_length_exceeded",
    "exceeds the context window",
    "exceeds context window",
    "exceeds the available context size",
    "prompt is too long",
    "exceeds the maximum number of tokens allowed",
    "exceed context limit",
    "longer than the model's context length",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure::Meaning;

    fn class(status: u16, code: Option<&str>, kind: Option<&str>, message: &str) -> FailureClass {
        let shape = ErrorShape {
            message: message.to_owned(),
            code: code.map(str::to_owned),
            kind: kind.map(str::to_owned),
            ..ErrorShape::default()
        };
        classify(status, &shape)
    }

    #[test]
    fn every_status_has_a_class_and_only_failures_of_health_are_unwell() {
        for status in 100..1000 {
            let class = class(status, None, None, "");
            let is_unwell = class.meaning() == Meaning::Unwell;
            assert!((400..500).contains(&status) != is_unwell || matches!(status, 408 | 409 | 425), "{status} {class:?}");
        }
    }

    #[test]
    fn special_words_win_over_general_ones() {
        assert_eq!(class(401, None, Some("invalid_request_error"), ""), Auth);
        assert_eq!(class(400, Some("context_length_exceeded"), Some("invalid_request_error"), ""), ContextTooLong);
        assert_eq!(class(429, Some("insufficient_quota"), Some("insufficient_quota"), ""), QuotaExhausted);
        assert_eq!(class(500, None, Some("overloaded_error"), ""), Overloaded);
        assert_eq!(class(429, Some("invalid_value"), Some("x"), ""), RateLimited);
        assert_eq!(class(400, None, Some("api_error"), ""), Server);
        assert_eq!(class(418, Some("teapot"), None, ""), BadRequest);
        let filtered = "Output blocked by content filtering policy";
        assert_eq!(class(400, None, Some("invalid_request_error"), filtered), Filtered);
    }

    #[test]
    fn classes_keep_their_numbers_and_names() {
        for (position, class) in FailureClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, position);
            assert!(FailureClass::ALL.iter().filter(|other| other.name() == class.name()).count() == 1);
            assert!(!class.says().is_empty());
        }
    }

    #[test]
    fn what_is_passing_is_never_the_users_to_mend() {
        for class in FailureClass::ALL {
            if class.is_passing() {
                assert!(matches!(class.meaning(), Meaning::Unwell | Meaning::Patience), "{class:?}");
            }
        }
    }
}
