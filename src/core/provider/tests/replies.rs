//! What is answered.

use super::*;

fn chat(message: Value, finish: Value) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "small-1-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 8, "total_tokens": 128, "prompt_tokens_details": {"cached_tokens": 64}},
    })
}

fn finish(body: &Value) -> (Finish, String) {
    let reply = read(Api::OpenAi, 200, body).expect("a reply");
    (reply.finish, reply.text)
}

#[test]
fn a_chat_completion() {
    let body = chat(json!({"role": "assistant", "content": "select 1", "refusal": null}), json!("stop"));
    let reply = read_with(Api::OpenAi, 200, &[("X-Request-Id", "req_9")], body.to_string().as_bytes()).expect("a reply");
    assert_eq!(
        reply,
        Reply {
            text: "select 1".to_owned(),
            finish: Finish::Complete,
            usage: Usage { input: Some(120), output: Some(8), cached: Some(64) },
            request_id: Some("req_9".to_owned()),
            model: Some("small-1-2026".to_owned()),
        }
    );
    assert_eq!(reply.usage.total(), Some(128));
}

#[test]
fn content_in_every_shape() {
    let text = |content: Value| finish(&chat(json!({"content": content}), json!("stop"))).1;
    assert_eq!(text(json!("select 1")), "select 1");
    assert_eq!(text(json!([{"type": "text", "text": "select "}, {"type": "text", "text": "1"}])), "select 1");
    assert_eq!(
        text(json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "select 1"}])),
        "select 1"
    );
    assert_eq!(text(json!([{"type": "text", "text": {"value": "select 1"}}, "…"])), "select 1…");
    assert_eq!(
        finish(&json!({"choices": [{"text": "select 1", "finish_reason": "stop"}]})),
        (Finish::Complete, "select 1".to_owned())
    );
}

#[test]
fn an_empty_reply_is_a_failure_unless_its_end_says_why() {
    for content in [json!(null), json!(7), json!(""), json!(" \n"), json!([])] {
        for reason in [json!("stop"), json!(null)] {
            let failure = failure(Api::OpenAi, 200, &chat(json!({"content": content}), reason));
            assert_eq!((failure.class, failure.message.as_str()), (Class::Garbage, "the reply is empty"), "{content}");
        }
        assert_eq!(finish(&chat(json!({"content": content}), json!("length"))), (Finish::Truncated, finish_text(&content)));
    }
}

/// What an odd content says: blanks are kept.
fn finish_text(content: &Value) -> String {
    content.as_str().unwrap_or_default().to_owned()
}

#[test]
fn why_a_chat_ended() {
    let of = |message: Value, reason: Value| finish(&chat(message, reason)).0;
    let said = json!({"content": "select"});
    assert_eq!(of(said.clone(), json!("length")), Finish::Truncated);
    assert_eq!(of(said.clone(), json!("content_filter")), Finish::Filtered);
    assert_eq!(of(said.clone(), json!(null)), Finish::Unknown);
    assert_eq!(of(said, json!(["stop"])), Finish::Unknown);
    let call =
        json!({"content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    assert_eq!(of(call.clone(), json!("tool_calls")), Finish::ToolCall);
    assert_eq!(of(call, json!("stop")), Finish::ToolCall);
    let refused = chat(json!({"content": null, "refusal": "I can't help with that."}), json!("stop"));
    assert_eq!(finish(&refused), (Finish::Refused, "I can't help with that.".to_owned()));
    assert_eq!(of(json!({"content": [{"type": "refusal", "refusal": "no"}]}), json!("stop")), Finish::Refused);
}

#[test]
fn usage_may_be_missing_or_odd() {
    let with = |usage: Value| {
        let mut body = chat(json!({"content": "x"}), json!("stop"));
        body["usage"] = usage;
        read(Api::OpenAi, 200, &body).expect("a reply").usage
    };
    assert_eq!(with(json!(null)), Usage::default());
    assert_eq!(with(json!("none")).total(), None);
    assert_eq!(
        with(json!({"prompt_tokens": "12", "completion_tokens": 3.0})),
        Usage { input: Some(12), output: Some(3), cached: None }
    );
    assert_eq!(with(json!({"prompt_tokens": -1, "completion_tokens": [1]})), Usage::default());
    assert_eq!(with(json!({"prompt_tokens": u64::MAX, "completion_tokens": 5})).total(), Some(u64::MAX));
}

#[test]
fn a_message() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "small-2",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "select 1"}],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 20, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 100, "output_tokens": 9},
    });
    let reply = read(Api::Anthropic, 200, &body).expect("a reply");
    assert_eq!((reply.text.as_str(), reply.finish), ("select 1", Finish::Complete));
    assert_eq!(reply.usage, Usage { input: Some(125), output: Some(9), cached: Some(100) });
    assert_eq!(reply.request_id.as_deref(), Some("msg_1"));
    for (reason, finish) in [
        (json!("max_tokens"), Finish::Truncated),
        (json!("model_context_window_exceeded"), Finish::Truncated),
        (json!("refusal"), Finish::Refused),
        (json!("tool_use"), Finish::ToolCall),
        (json!("stop_sequence"), Finish::Complete),
        (json!("pause_turn"), Finish::Unknown),
        (json!(null), Finish::Unknown),
    ] {
        let mut body = body.clone();
        body["stop_reason"] = reason.clone();
        assert_eq!(read(Api::Anthropic, 200, &body).expect("a reply").finish, finish, "{reason}");
    }
    let call = json!({"content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]});
    assert_eq!(read(Api::Anthropic, 200, &call).expect("a reply").finish, Finish::ToolCall);
    assert_eq!(read(Api::Anthropic, 200, &json!({"content": "select 1"})).expect("a reply").text, "select 1");
}

#[test]
fn a_candidate() {
    let body = json!({
        "candidates": [{
            "content": {"parts": [{"text": "hm", "thought": true}, {"text": "select "}, {"text": "1"}], "role": "model"},
            "finishReason": "STOP", "index": 0,
        }],
        "usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 7, "thoughtsTokenCount": 30, "totalTokenCount": 87, "cachedContentTokenCount": 10},
        "modelVersion": "small-3", "responseId": "r-1",
    });
    let reply = read(Api::Gemini, 200, &body).expect("a reply");
    assert_eq!((reply.text.as_str(), reply.finish), ("select 1", Finish::Complete));
    assert_eq!(reply.usage, Usage { input: Some(50), output: Some(37), cached: Some(10) });
    assert_eq!(reply.request_id.as_deref(), Some("r-1"));
    for (reason, finish) in [
        ("MAX_TOKENS", Finish::Truncated),
        ("SAFETY", Finish::Filtered),
        ("SPII", Finish::Filtered),
        ("MALFORMED_FUNCTION_CALL", Finish::ToolCall),
    ] {
        // Where the model was stopped before it said anything, the content is missing.
        let body = json!({"candidates": [{"finishReason": reason}]});
        assert_eq!(
            read(Api::Gemini, 200, &body).map(|reply| (reply.finish, reply.text)),
            Ok((finish, String::new())),
            "{reason}"
        );
    }
    let other = json!({"candidates": [{"finishReason": "OTHER"}]});
    assert_eq!(failure(Api::Gemini, 200, &other).message, "the reply is empty");
    let call = json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}, "finishReason": "STOP"}]});
    assert_eq!(read(Api::Gemini, 200, &call).expect("a reply").finish, Finish::ToolCall);
    let blocked = failure(Api::Gemini, 200, &json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}));
    assert_eq!(blocked.class, Class::Filtered);
    assert!(blocked.message.contains("PROHIBITED_CONTENT"));
}

#[test]
fn a_success_without_an_answer_is_garbage() {
    for api in Api::ALL {
        for body in [
            "null",
            "{}",
            "[]",
            "7",
            "\"select 1\"",
            "{\"choices\":[]}",
            "{\"choices\":[{}]}",
            "{\"content\":7}",
            "{\"candidates\":{}}",
        ] {
            let failure = read_with(api, 200, &[], body.as_bytes()).expect_err(body);
            assert_eq!(failure.class, Class::Garbage, "{api:?} {body}");
        }
        for body in [
            &b""[..],
            b" \n",
            b"<html><title>Sign in</title>",
            b"data: {\"choices\":[]}\n\n",
            b"ok",
            b"\xff\xfe\x00",
            b"{\"a\":1} trailing",
        ] {
            let failure = read_with(api, 200, &[], body).expect_err("no reply");
            assert_eq!(failure.class, Class::Garbage, "{api:?} {body:?}");
        }
        assert_eq!(read_with(api, 204, &[], b"").expect_err("no reply").class, Class::Garbage);
    }
}

#[test]
fn half_a_reply_is_no_reply() {
    let whole = chat(json!({"content": "select 1"}), json!("stop")).to_string();
    for end in 1..whole.len() {
        let failure = read_with(Api::OpenAi, 200, &[], &whole.as_bytes()[..end]).expect_err("half a reply");
        assert_eq!(failure.class, Class::TruncatedBody, "{end}");
    }
}

#[test]
fn no_bytes_make_it_fail() {
    let whole = chat(json!({"content": "select 1"}), json!("stop")).to_string();
    let mut random = Random::new(9);
    for _ in 0..1_500 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..1 + random.below(6) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        let status = [200, 400, 429, 500, 302][random.below(5)];
        for api in Api::ALL {
            let _ = read_with(api, status, &[("retry-after", "x")], &bytes);
        }
    }
    // A million brackets end in an error of the JSON reader, not in a full stack.
    let deep = "[".repeat(1_000_000);
    assert!(read_with(Api::OpenAi, 200, &[], deep.as_bytes()).is_err());
}
