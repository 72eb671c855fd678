//! The three ways of speaking that model servers have.

use serde_json::Value;

/// Whose interface is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
    /// generateContent.
    Gemini,
}

impl Vendor {
    pub const ALL: [Vendor; 3] = [Vendor::OpenAi, Vendor::Anthropic, Vendor::Gemini];

    /// The value of the server option `api`.
    pub fn api(self) -> &'static str {
        match self {
            Vendor::OpenAi => "openai",
            Vendor::Anthropic => "anthropic",
            Vendor::Gemini => "gemini",
        }
    }

    /// The path that asks a model, for clients written by hand.
    pub fn path(self, model: &str) -> String {
        match self {
            Vendor::OpenAi => "/v1/chat/completions".to_owned(),
            Vendor::Anthropic => "/v1/messages".to_owned(),
            Vendor::Gemini => format!("/v1beta/models/{model}:generateContent"),
        }
    }

    /// Whose path it is; of unknown paths, the one that most servers have.
    pub fn of(path: &str) -> Vendor {
        let path = path.split('?').next().unwrap_or_default();
        match () {
            () if path.ends_with("/messages") => Vendor::Anthropic,
            () if path.contains(":generateContent") => Vendor::Gemini,
            () => Vendor::OpenAi,
        }
    }

    pub(super) fn model_in(self, path: &str, body: &Value) -> Option<String> {
        match self {
            Vendor::Gemini => Some(path.rsplit_once('/')?.1.split_once(':')?.0.to_owned()),
            Vendor::OpenAi | Vendor::Anthropic => body.get("model")?.as_str().map(str::to_owned),
        }
    }

    /// Instructions first, then the messages in their order.
    pub(super) fn messages_in(self, body: &Value) -> Vec<String> {
        let (instructions, messages, text) = match self {
            Vendor::OpenAi => (None, "messages", "content"),
            Vendor::Anthropic => (body.get("system"), "messages", "content"),
            Vendor::Gemini => (body.get("systemInstruction").and_then(|whole| whole.get("parts")), "contents", "parts"),
        };
        let messages = body.get(messages).and_then(Value::as_array).into_iter().flatten();
        instructions.into_iter().chain(messages.filter_map(|message| message.get(text))).map(text_of).collect()
    }
}

/// A text, or a list of parts with texts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}
