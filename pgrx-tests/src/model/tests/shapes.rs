//! Replies, problems and requests to wait, in each vendor's shapes.

use super::*;
use serde_json::json;

fn asked(model: &Model, vendor: Vendor) -> Response {
    let mut client = Client::connect(model);
    client.put_to(vendor, "how many?", "");
    client.response().expect("an answer")
}

#[test]
fn a_reply_comes_in_the_words_of_who_was_asked() {
    let model = Model::start(Answer::reply(Reply::new("SELECT 1").tokens(30, 4).cached(10).model("m-2")));
    let openai = asked(&model, Vendor::OpenAi);
    assert_eq!((openai.status, openai.header("content-type")), (200, Some("application/json")));
    let body = openai.json();
    assert_eq!(body["choices"][0]["message"]["content"], "SELECT 1");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!((&body["usage"]["prompt_tokens"], &body["usage"]["completion_tokens"]), (&json!(30), &json!(4)));
    let body = asked(&model, Vendor::Anthropic).json();
    assert_eq!(body["content"], json!([{"type": "text", "text": "SELECT 1"}]));
    // What came from the cache is counted apart.
    assert_eq!((&body["usage"]["input_tokens"], &body["usage"]["cache_read_input_tokens"]), (&json!(20), &json!(10)));
    assert_eq!((&body["stop_reason"], &body["model"]), (&json!("end_turn"), &json!("m-2")));
    let body = asked(&model, Vendor::Gemini).json();
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], "SELECT 1");
    assert_eq!((&body["usageMetadata"]["promptTokenCount"], &body["modelVersion"]), (&json!(30), &json!("m-2")));
}

#[test]
fn a_reply_can_be_in_other_words_than_it_was_asked_for() {
    let model = Model::start(Answer::says("x").by(Vendor::Gemini));
    assert!(asked(&model, Vendor::OpenAi).json()["candidates"].is_array());
}

#[test]
fn every_finish_has_its_shape() {
    for vendor in Vendor::ALL {
        let bodies: Vec<String> =
            Finish::ALL.iter().map(|finish| Reply::new("x").finish(*finish).by(vendor).to_string()).collect();
        let different: std::collections::HashSet<&String> = bodies.iter().collect();
        // One vendor tells refusals by their words only, and one says the same of what its filter stopped.
        assert!(different.len() >= Finish::ALL.len() - 1, "{vendor:?} {bodies:?}");
    }
    let refusal = Reply::new("no").finish(Finish::Refused);
    assert_eq!(refusal.by(Vendor::OpenAi)["choices"][0]["message"]["refusal"], "no");
    assert_eq!(refusal.by(Vendor::Anthropic)["stop_reason"], "refusal");
    assert!(Reply::new("x").finish(Finish::Filtered).by(Vendor::Gemini)["candidates"][0].get("content").is_none());
    assert!(Reply::new("x").without_usage().by(Vendor::OpenAi).get("usage").is_none());
}

#[test]
fn problems_have_the_vendors_status_and_words() {
    for vendor in Vendor::ALL {
        for problem in Problem::ALL {
            let model = Model::start(Answer::problem(problem));
            let response = asked(&model, vendor);
            assert_eq!(response.status, problem.status(vendor));
            if (vendor, problem) == (Vendor::Gemini, Problem::Filtered) {
                assert_eq!((response.status, &response.json()["promptFeedback"]["blockReason"]), (200, &json!("SAFETY")));
                continue;
            }
            let error = &response.json()["error"];
            assert!(error["message"].as_str().is_some_and(|text| text.starts_with("Mock")), "{vendor:?} {problem:?}");
        }
    }
    assert_eq!(Problem::TooLong.by(Vendor::OpenAi)["error"]["code"], "context_length_exceeded");
    assert_eq!(Problem::Overloaded.status(Vendor::Anthropic), 529);
    assert_eq!(Problem::Auth.by(Vendor::Gemini)["error"]["details"][0]["reason"], "API_KEY_INVALID");
    let inside = Model::start(Answer::problem(Problem::Server).with_status(200));
    assert_eq!(asked(&inside, Vendor::OpenAi).status, 200);
}

#[test]
fn waits_are_asked_for_in_every_shape() {
    for shape in RetryAfter::every(7) {
        let model = Model::start(Script::limited_then(shape, "SELECT 1"));
        let response = ask(&model, "x");
        assert_eq!(response.status, 429);
        let value = response.header("retry-after");
        let expected = match shape {
            RetryAfter::Seconds(_) | RetryAfter::Millis(_) | RetryAfter::Twice(..) => Some("7"),
            RetryAfter::Fraction(_) => Some("7.0"),
            RetryAfter::Duration(_) => Some("7s"),
            RetryAfter::Negative => Some("-5"),
            RetryAfter::Empty => Some(""),
            RetryAfter::Absent => None,
            _ => {
                assert!(value.is_some_and(|value| value.len() >= 10), "{shape:?}");
                continue;
            }
        };
        assert_eq!(value, expected, "{shape:?}");
    }
}

#[test]
fn dates_have_the_three_forms() {
    use crate::model::http_date::{Form, write};
    let moment = |seconds| std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(write(moment(784_111_777), Form::Usual), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(write(moment(784_111_777), Form::Rfc850), "Sunday, 06-Nov-94 08:49:37 GMT");
    assert_eq!(write(moment(784_111_777), Form::Asctime), "Sun Nov  6 08:49:37 1994");
    assert_eq!(write(moment(1_709_164_800), Form::Usual), "Thu, 29 Feb 2024 00:00:00 GMT");
}

#[test]
fn oddities_are_many_and_different() {
    for vendor in Vendor::ALL {
        let all = oddities(vendor);
        assert!(all.len() > 30, "{vendor:?}: {}", all.len());
        let whole = Reply::new("SELECT 1").by(vendor).to_string().into_bytes();
        assert!(all.iter().all(|oddity| oddity.body != whole));
        let model = Model::start(Answer::body("application/json", all[3].body.clone()));
        assert_eq!(asked(&model, vendor).body, all[3].body);
    }
}
