//! What goes wrong.

use super::*;

#[test]
fn errors_of_openai() {
    let error = |code: Value, kind: &str, message: &str| json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    let class = |status, body: Value| failure(Api::OpenAi, status, &body).class;
    assert_eq!(class(401, error(json!("invalid_api_key"), "invalid_request_error", "Incorrect API key provided")), Class::Auth);
    assert_eq!(class(401, error(json!(null), "invalid_request_error", "You must be a member")), Class::Auth);
    assert_eq!(class(403, error(json!("unsupported_country_region_territory"), "request_forbidden", "…")), Class::Forbidden);
    assert_eq!(class(404, error(json!("model_not_found"), "invalid_request_error", "The model does not exist")), Class::NotFound);
    assert_eq!(class(429, error(json!("rate_limit_exceeded"), "tokens", "Rate limit reached")), Class::RateLimited);
    assert_eq!(
        class(429, error(json!("insufficient_quota"), "insufficient_quota", "You exceeded your current quota")),
        Class::QuotaExhausted
    );
    assert_eq!(class(400, error(json!("context_length_exceeded"), "invalid_request_error", "…")), Class::ContextTooLong);
    assert_eq!(class(500, error(json!(null), "server_error", "The server had an error")), Class::Server);
    assert_eq!(class(503, error(json!(null), "server_error", "The engine is currently overloaded")), Class::Overloaded);
    let azure = json!({"error": {"code": "content_filter", "status": 400, "message": "filtered", "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
    assert_eq!(class(400, azure), Class::Filtered);
    assert_eq!(
        class(429, json!({"error": {"code": "429", "message": "Requests have exceeded the call rate limit"}})),
        Class::RateLimited
    );
    assert_eq!(class(401, json!({"statusCode": 401, "message": "Access denied due to invalid subscription key"})), Class::Auth);
}

#[test]
fn errors_of_servers_that_speak_like_openai() {
    let class = |status, body: Value| failure(Api::OpenAi, status, &body).class;
    assert_eq!(class(404, json!({"error": "model 'x' not found, try pulling it first"})), Class::NotFound);
    assert_eq!(
        class(
            400,
            json!({"object": "error", "message": "This model's maximum context length is 4096 tokens", "type": "BadRequestError", "param": null, "code": 400})
        ),
        Class::ContextTooLong
    );
    assert_eq!(
        class(
            400,
            json!({"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error", "n_ctx": 4096}})
        ),
        Class::ContextTooLong
    );
    assert_eq!(
        class(503, json!({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})),
        Class::Overloaded
    );
    assert_eq!(
        class(
            422,
            json!({"detail": [{"loc": ["body", "temperature"], "msg": "value is not a valid float", "type": "type_error.float"}]})
        ),
        Class::BadRequest
    );
    assert_eq!(
        class(
            400,
            json!({"error": {"message": "litellm.ContextWindowExceededError: …", "type": "ContextWindowExceededError", "code": "400"}})
        ),
        Class::ContextTooLong
    );
    assert_eq!(
        class(400, json!({"error": {"message": "Budget has been exceeded!", "type": "budget_exceeded", "code": "400"}})),
        Class::QuotaExhausted
    );
    assert_eq!(class(500, json!({"errors": [{"message": "boom"}]})), Class::Server);
    assert_eq!(class(502, json!([])), Class::Server);
    assert_eq!(class(401, json!("no")), Class::Auth);
}

#[test]
fn errors_of_anthropic() {
    let class = |status, kind: &str, message: &str| {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011"});
        let failure = failure(Api::Anthropic, status, &body);
        assert_eq!(failure.request_id.as_deref(), Some("req_011"));
        failure.class
    };
    assert_eq!(class(401, "authentication_error", "invalid x-api-key"), Class::Auth);
    assert_eq!(class(403, "permission_error", "…"), Class::Forbidden);
    assert_eq!(class(404, "not_found_error", "model: small"), Class::NotFound);
    assert_eq!(class(413, "request_too_large", "…"), Class::RequestTooLarge);
    assert_eq!(class(429, "rate_limit_error", "…"), Class::RateLimited);
    assert_eq!(class(500, "api_error", "…"), Class::Server);
    assert_eq!(class(529, "overloaded_error", "Overloaded"), Class::Overloaded);
    assert_eq!(class(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), Class::ContextTooLong);
    assert_eq!(class(400, "invalid_request_error", "Your credit balance is too low to access the API"), Class::QuotaExhausted);
    assert_eq!(class(402, "billing_error", "…"), Class::QuotaExhausted);
    assert_eq!(class(504, "timeout_error", "…"), Class::Timeout);
    assert_eq!(class(200, "overloaded_error", "Overloaded"), Class::Overloaded);
}

#[test]
fn errors_of_gemini() {
    let error = |code: u16, status: &str, details: Value| json!({"error": {"code": code, "message": "You exceeded your current quota", "status": status, "details": details}});
    let retry = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"});
    let quota = |id: &str| json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": id}]});
    let limited = failure(
        Api::Gemini,
        429,
        &error(429, "RESOURCE_EXHAUSTED", json!([quota("GenerateRequestsPerMinutePerProjectPerModel"), retry])),
    );
    assert_eq!((limited.class, limited.retry_after), (Class::RateLimited, Some(34_070)));
    let spent = failure(
        Api::Gemini,
        429,
        &error(429, "RESOURCE_EXHAUSTED", json!([quota("GenerateRequestsPerDayPerProjectPerModel"), retry])),
    );
    assert_eq!((spent.class, spent.retry_after), (Class::QuotaExhausted, Some(34_070)));
    let info =
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]);
    assert_eq!(failure(Api::Gemini, 400, &error(400, "INVALID_ARGUMENT", info)).class, Class::Auth);
    assert_eq!(failure(Api::Gemini, 503, &error(503, "UNAVAILABLE", json!([]))).class, Class::Overloaded);
    assert_eq!(failure(Api::Gemini, 504, &error(504, "DEADLINE_EXCEEDED", json!([]))).class, Class::Timeout);
    assert_eq!(failure(Api::Gemini, 403, &error(403, "PERMISSION_DENIED", json!([]))).class, Class::Forbidden);
    let listed = json!([error(429, "RESOURCE_EXHAUSTED", json!([retry]))]);
    for api in Api::ALL {
        assert_eq!(failure(api, 429, &listed).retry_after, Some(34_070), "{api:?}");
    }
    let long = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "The input token count (9) exceeds the maximum number of tokens allowed (8)."}});
    assert_eq!(failure(Api::Gemini, 400, &long).class, Class::ContextTooLong);
}

#[test]
fn an_error_inside_a_success() {
    for body in [
        json!({"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "{\"error\":{\"message\":\"upstream down\",\"code\":\"x\"}}", "provider_name": "p"}}}),
        json!({"error": "upstream down", "code": 502}),
        json!([{"error": {"code": 502, "message": "upstream down"}}]),
        json!({"choices": [{"error": {"code": 502, "message": "upstream down"}, "finish_reason": "error", "message": {"content": ""}}]}),
        json!({"object": "error", "message": "upstream down", "code": 502}),
        json!({"error": {"message": "{\"error\": {\"message\": \"upstream down\", \"code\": 502}}", "code": 502}}),
    ] {
        let failure = failure(Api::OpenAi, 200, &body);
        assert_eq!((failure.class, failure.message.as_str()), (Class::Server, "upstream down"), "{body}");
    }
    let fine = json!({"error": null, "choices": [{"message": {"content": "select 1"}, "finish_reason": "stop"}]});
    assert_eq!(read(Api::OpenAi, 200, &fine).expect("a reply").text, "select 1");
}

#[test]
fn pages_of_proxies() {
    let page = b"<html><head><title>504 Gateway Time-out</title></head><body><h1>504</h1></body></html>";
    let failure = read_with(Api::Anthropic, 504, &[], page).expect_err("a failure");
    assert_eq!((failure.class, failure.message.as_str()), (Class::Timeout, "504 Gateway Time-out"));
    let failure = read_with(Api::OpenAi, 500, &[], b"").expect_err("a failure");
    assert_eq!((failure.class, failure.message.as_str()), (Class::Server, "HTTP status 500"));
    let long = "upstream ".repeat(1000);
    let failure = read_with(Api::OpenAi, 503, &[], long.as_bytes()).expect_err("a failure");
    assert!(failure.class == Class::Overloaded && failure.message.chars().count() <= 201);
    for status in [301, 302, 304, 307, 308] {
        let failure = read_with(Api::OpenAi, status, &[("location", "http://169.254.169.254/")], b"").expect_err("a failure");
        assert_eq!(failure.class, Class::Redirect);
        assert!(!failure.message.contains("169.254"));
    }
}

#[test]
fn waiting_is_read_where_waiting_helps() {
    let with = |status, headers: &[(&str, &str)]| read_with(Api::OpenAi, status, headers, b"{}").expect_err("a failure");
    assert_eq!(with(429, &[("retry-after", "7")]).retry_after, Some(7000));
    assert_eq!(with(503, &[("retry-after", "7")]).retry_after, Some(7000));
    assert_eq!(with(401, &[("retry-after", "7")]).retry_after, None);
    assert_eq!(
        with(429, &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "2m")]).retry_after,
        Some(120_000)
    );
    assert_eq!(with(429, &[("retry-after", "-1")]).retry_after, None);
}

#[test]
fn a_servers_own_advice_on_trying_again() {
    let with = |status, advice| {
        read_with(Api::OpenAi, status, &[("x-should-retry", advice)], b"{}").expect_err("a failure").is_passing()
    };
    assert!(with(500, "x") && !with(500, "false"));
    assert!(!with(400, "true") && !with(401, "true") && with(429, "true"));
}

#[test]
fn the_member_that_is_refused_is_found() {
    let parameter = |body: Value| failure(Api::OpenAi, 400, &body).parameter;
    let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    assert_eq!(
        parameter(json!({"error": {"message": message, "param": "max_tokens", "code": "unsupported_parameter"}})).as_deref(),
        Some("max_tokens")
    );
    assert_eq!(parameter(json!({"error": {"message": message, "code": "invalid_request_body"}})).as_deref(), Some("max_tokens"));
    assert_eq!(
        parameter(json!({"detail": [{"loc": ["body", "response_format", "type"], "msg": "bad"}]})).as_deref(),
        Some("response_format")
    );
    assert_eq!(
        parameter(json!({"error": {"message": "output_config: Extra inputs are not permitted"}})).as_deref(),
        Some("output_config")
    );
    assert_eq!(
        parameter(json!({"error": {"message": "Unknown name \"responseSchema\" at 'generation_config'"}})).as_deref(),
        Some("response_schema")
    );
    assert_eq!(parameter(json!({"error": {"message": "max_tokens_x is odd", "param": "messages.[0].content"}})), None);
}
