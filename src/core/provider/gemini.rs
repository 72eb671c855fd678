//! The generateContent interface of Google's Gemini.

use serde_json::{Map, Value, json};

use super::NoReply;
use super::http::{Headers, HttpRequest, join};
use super::json::{request_id, text, tokens};
use super::reply::{Finish, Reply, Usage};
use super::request::{Message, Request, Shape, Speaker, merge};

/// See [`super::Api::request`].
pub fn request(base: &str, request: &Request) -> HttpRequest {
    let mut config = Map::new();
    config.insert("maxOutputTokens".to_owned(), json!(request.max_tokens));
    if let Some(temperature) = request.temperature {
        config.insert("temperature".to_owned(), json!(temperature));
    }
    match &request.shape {
        Shape::Text => {}
        Shape::Json => {
            config.insert("responseMimeType".to_owned(), json!("application/json"));
        }
        Shape::Schema { schema, .. } => {
            config.insert("responseMimeType".to_owned(), json!("application/json"));
            config.insert("responseSchema".to_owned(), subset(schema));
        }
    }
    let mut body = Map::new();
    if !request.system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({"parts": [{"text": request.system}]}));
    }
    body.insert("contents".to_owned(), Value::Array(request.messages.iter().map(content).collect()));
    body.insert("generationConfig".to_owned(), Value::Object(config));
    merge(&mut body, &request.extra);
    // The model stands in the address; as a part of a path it may hold little.
    let model: String = request.model.trim_start_matches("models/").chars().map(path_character).collect();
    let url = join(base, &format!("/v1beta/models/{model}:generateContent"));
    HttpRequest { url, headers: Headers::new(), body: Value::Object(body).to_string().into_bytes() }
}

fn path_character(c: char) -> char {
    if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }
}

fn content(message: &Message) -> Value {
    let role = match message.speaker {
        Speaker::User => "user",
        Speaker::Model => "model",
    };
    json!({"role": role, "parts": [{"text": message.text}]})
}

/// A JSON schema in the words that this interface knows: no `additionalProperties`, and `nullable` where a list of types names null.
fn subset(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("additionalProperties" | "$schema" | "title", _) => {}
                    ("type", Value::Array(types)) => {
                        let is_null = |kind: &&Value| kind.as_str() == Some("null");
                        kept.insert("nullable".to_owned(), json!(types.iter().any(|kind| is_null(&kind))));
                        let kind = types.iter().find(|kind| !is_null(kind)).cloned();
                        kept.insert("type".to_owned(), kind.unwrap_or_else(|| json!("string")));
                    }
                    ("properties", Value::Object(properties)) => {
                        let properties: Map<String, Value> =
                            properties.iter().map(|(name, schema)| (name.clone(), subset(schema))).collect();
                        kept.insert(name.clone(), Value::Object(properties));
                    }
                    _ => {
                        kept.insert(name.clone(), subset(value));
                    }
                }
            }
            Value::Object(kept)
        }
        Value::Array(list) => Value::Array(list.iter().map(subset).collect()),
        other => other.clone(),
    }
}

/// See [`super::Api::reply`].
pub fn reply(body: &Value) -> Result<Reply, NoReply> {
    // Some gateways hand on the list that the streaming form of this interface gives.
    let body = body.get(0).unwrap_or(body);
    let Some(candidate) = body.get("candidates").and_then(|candidates| candidates.get(0)) else {
        return Err(match body.get("promptFeedback").and_then(|feedback| feedback.get("blockReason")).and_then(text) {
            Some(reason) => NoReply::Filtered(format!("the question was blocked: {reason}")),
            None => NoReply::Missing("candidates"),
        });
    };
    let parts = candidate.get("content").and_then(|content| content.get("parts")).and_then(Value::as_array);
    let is_thought = |part: &Value| part.get("thought").and_then(Value::as_bool) == Some(true);
    let said: String = parts
        .into_iter()
        .flatten()
        .filter(|part| !is_thought(part))
        .filter_map(|part| part.get("text").and_then(Value::as_str))
        .collect();
    let calls = parts.into_iter().flatten().any(|part| part.get("functionCall").is_some());
    let finish = match candidate.get("finishReason").and_then(Value::as_str) {
        Some("STOP") if calls && said.is_empty() => Finish::ToolCall,
        Some("STOP") => Finish::Complete,
        Some("MAX_TOKENS") => Finish::Truncated,
        Some("SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY") => {
            Finish::Filtered
        }
        Some("MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS") => Finish::ToolCall,
        _ => Finish::Unknown,
    };
    Ok(Reply {
        text: said,
        finish,
        usage: usage(body),
        request_id: request_id(body, "responseId"),
        model: body.get("modelVersion").and_then(text),
    })
}

/// Thoughts are paid for as output and counted apart.
fn usage(body: &Value) -> Usage {
    let count = |name: &str| body.get("usageMetadata").and_then(|usage| usage.get(name)).and_then(tokens);
    let output = match (count("candidatesTokenCount"), count("thoughtsTokenCount")) {
        (None, None) => None,
        (said, thought) => Some(said.unwrap_or(0).saturating_add(thought.unwrap_or(0))),
    };
    Usage { input: count("promptTokenCount"), output, cached: count("cachedContentTokenCount") }
}
