//! Chat completions, as OpenAI defined them and very many servers speak them, each with its own small differences.

use serde_json::{Map, Value, json};

use super::NoReply;
use super::error_shape::ErrorShape;
use super::http::{Headers, HttpRequest, join};
use super::json::{request_id, text, tokens};
use super::reply::{Finish, Reply, Usage};
use super::request::{Message, Request, Shape, Speaker, merge};

/// See [`super::Api::request`].
pub fn request(base: &str, request: &Request) -> HttpRequest {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request)));
    let limit = if request.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body.insert(limit.to_owned(), json!(request.max_tokens));
    body.insert("stream".to_owned(), json!(false));
    if let Some(temperature) = request.temperature {
        body.insert("temperature".to_owned(), json!(temperature));
    }
    if let Some(format) = response_format(&request.shape) {
        body.insert("response_format".to_owned(), format);
    }
    merge(&mut body, &request.extra);
    HttpRequest { url: join(base, method(base)), headers: Headers::new(), body: Value::Object(body).to_string().into_bytes() }
}

/// An address without a path means the version that everybody offers.
fn method(base: &str) -> &'static str {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest).trim_end_matches('/');
    if host.contains(['/', '?']) { "/chat/completions" } else { "/v1/chat/completions" }
}

fn messages(request: &Request) -> Vec<Value> {
    let system = (!request.system.is_empty()).then(|| json!({"role": "system", "content": request.system}));
    system.into_iter().chain(request.messages.iter().map(message)).collect()
}

fn message(message: &Message) -> Value {
    let role = match message.speaker {
        Speaker::User => "user",
        Speaker::Model => "assistant",
    };
    json!({"role": role, "content": message.text})
}

fn response_format(shape: &Shape) -> Option<Value> {
    match shape {
        Shape::Text => None,
        Shape::Json => Some(json!({"type": "json_object"})),
        Shape::Schema { name, schema } => {
            Some(json!({"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}}))
        }
    }
}

/// See [`super::Api::reply`].
pub fn reply(body: &Value) -> Result<Reply, NoReply> {
    let choice = body.get("choices").and_then(|choices| choices.get(0)).ok_or(NoReply::Missing("choices"))?;
    if let Some(shape) = ErrorShape::in_success(choice) {
        return Err(NoReply::Error(shape));
    }
    let message = choice.get("message").filter(|message| message.is_object());
    // Old servers answer chats as completions.
    let plain = choice.get("text").and_then(Value::as_str);
    if message.is_none() && plain.is_none() {
        return Err(NoReply::Missing("message"));
    }
    let member = |name: &str| message.and_then(|message| message.get(name));
    let said = member("content").map(content).or_else(|| plain.map(str::to_owned)).unwrap_or_default();
    let refusal = member("refusal").and_then(text).or_else(|| member("content").and_then(refusal_part));
    let calls_tool = member("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty())
        || member("function_call").is_some_and(Value::is_object);
    let finish = match (choice.get("finish_reason").and_then(Value::as_str), &refusal) {
        (Some("content_filter"), _) => Finish::Filtered,
        (_, Some(_)) if said.trim().is_empty() => Finish::Refused,
        (Some("length" | "max_tokens"), _) => Finish::Truncated,
        (Some("tool_calls" | "function_call"), _) => Finish::ToolCall,
        _ if calls_tool && said.trim().is_empty() => Finish::ToolCall,
        (Some("stop" | "eos" | "end_turn"), _) => Finish::Complete,
        _ => Finish::Unknown,
    };
    let text = if finish == Finish::Refused { refusal.unwrap_or_default() } else { said };
    Ok(Reply {
        text,
        finish,
        usage: usage(body),
        request_id: request_id(body, "id"),
        model: body.get("model").and_then(super::json::text),
    })
}

/// What the model said: a text, a list of parts, or nothing. Parts that hold its thoughts are left out.
fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        _ => String::new(),
    }
}

fn part(part: &Value) -> Option<&str> {
    match part {
        Value::String(text) => Some(text),
        part => match part.get("type").and_then(Value::as_str) {
            None | Some("text" | "output_text") => {
                let text = part.get("text")?;
                text.as_str().or_else(|| text.get("value")?.as_str())
            }
            _ => None,
        },
    }
}

fn refusal_part(content: &Value) -> Option<String> {
    content.as_array()?.iter().find_map(|part| part.get("refusal").and_then(text))
}

fn usage(body: &Value) -> Usage {
    let Some(usage) = body.get("usage") else { return Usage::default() };
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage.get(name).and_then(tokens));
    let details = usage.get("prompt_tokens_details").and_then(|details| details.get("cached_tokens"));
    Usage {
        input: count(["prompt_tokens", "input_tokens"]),
        output: count(["completion_tokens", "output_tokens"]),
        cached: details.or_else(|| usage.get("prompt_cache_hit_tokens")).and_then(tokens),
    }
}
