//! The messages interface of Anthropic.

use serde_json::{Map, Value, json};

use super::NoReply;
use super::http::{Headers, HttpRequest, join};
use super::json::{request_id, text, tokens};
use super::reply::{Finish, Reply, Usage};
use super::request::{Request, Shape, Speaker, merge};

/// The version of the interface that this file speaks; the vendor asks for it by date.
const VERSION: &str = "2023-06-01";

/// See [`super::Api::request`].
pub fn request(base: &str, request: &Request) -> HttpRequest {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("max_tokens".to_owned(), json!(request.max_tokens));
    if !request.system.is_empty() {
        body.insert("system".to_owned(), json!(request.system));
    }
    let messages = request.messages.iter().map(|message| {
        let role = match message.speaker {
            Speaker::User => "user",
            Speaker::Model => "assistant",
        };
        json!({"role": role, "content": message.text})
    });
    body.insert("messages".to_owned(), Value::Array(messages.collect()));
    if let Some(temperature) = request.temperature {
        // The scale ends at 1 here, and at 2 elsewhere.
        body.insert("temperature".to_owned(), json!(temperature.min(1.0)));
    }
    // Any JSON object cannot be asked for: the prompt says what is wanted.
    if let Shape::Schema { schema, .. } = &request.shape {
        body.insert("output_config".to_owned(), json!({"format": {"type": "json_schema", "schema": schema}}));
    }
    merge(&mut body, &request.extra);
    let mut headers = Headers::new();
    headers.set("anthropic-version", VERSION);
    HttpRequest { url: join(base, "/v1/messages"), headers, body: Value::Object(body).to_string().into_bytes() }
}

/// See [`super::Api::reply`].
pub fn reply(body: &Value) -> Result<Reply, NoReply> {
    let blocks: Vec<&Value> = match body.get("content") {
        Some(Value::Array(blocks)) => blocks.iter().collect(),
        Some(text @ Value::String(_)) => vec![text],
        Some(Value::Null) => Vec::new(),
        _ => return Err(NoReply::Missing("content")),
    };
    let said: String = blocks.iter().filter_map(|block| block_text(block)).collect();
    let tool = blocks.iter().find(|block| block.get("type").and_then(Value::as_str) == Some("tool_use"));
    let finish = match body.get("stop_reason").and_then(Value::as_str) {
        Some("end_turn" | "stop_sequence") => Finish::Complete,
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Truncated,
        Some("refusal") => Finish::Refused,
        Some("tool_use") => Finish::ToolCall,
        _ if tool.is_some() && said.is_empty() => Finish::ToolCall,
        _ => Finish::Unknown,
    };
    Ok(Reply {
        text: said,
        finish,
        usage: usage(body),
        request_id: request_id(body, "id"),
        model: body.get("model").and_then(text),
    })
}

/// Text of a block; its thoughts are none.
fn block_text(block: &Value) -> Option<&str> {
    match block {
        Value::String(text) => Some(text),
        block => match block.get("type").and_then(Value::as_str) {
            None | Some("text") => block.get("text")?.as_str(),
            _ => None,
        },
    }
}

/// The vendor counts what it read from its cache, and what it wrote there, apart from the rest of the prompt.
fn usage(body: &Value) -> Usage {
    let count = |name: &str| body.get("usage").and_then(|usage| usage.get(name)).and_then(tokens);
    let cached = count("cache_read_input_tokens");
    let input = count("input_tokens")
        .map(|fresh| fresh.saturating_add(cached.unwrap_or(0)).saturating_add(count("cache_creation_input_tokens").unwrap_or(0)));
    Usage { input, output: count("output_tokens"), cached }
}
