//! What a model says, in the shapes of the three interfaces.

use super::vendor::Vendor;
use serde_json::{Value, json};

/// A reply: its text, what it cost and why it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub text: String,
    pub finish: Finish,
    /// Tokens of the prompt and of the reply; none: the server does not say.
    pub usage: Option<(u64, u64)>,
    /// Tokens of the prompt that came from the server's cache.
    pub cached: u64,
    pub model: String,
}

/// Why a reply ends where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// All is said.
    Complete,
    /// A limit on tokens was reached.
    Truncated,
    /// A filter stopped it.
    Filtered,
    /// The model will not answer; the text is its refusal.
    Refused,
    /// It wants a tool to be called; there is no text.
    ToolCall,
    /// In a word that nobody knows.
    Unknown,
}

impl Finish {
    pub const ALL: [Finish; 6] =
        [Finish::Complete, Finish::Truncated, Finish::Filtered, Finish::Refused, Finish::ToolCall, Finish::Unknown];

    fn word(self, vendor: Vendor) -> &'static str {
        let words = match self {
            Finish::Complete => ["stop", "end_turn", "STOP"],
            Finish::Truncated => ["length", "max_tokens", "MAX_TOKENS"],
            Finish::Filtered => ["content_filter", "refusal", "SAFETY"],
            Finish::Refused => ["stop", "refusal", "STOP"],
            Finish::ToolCall => ["tool_calls", "tool_use", "STOP"],
            Finish::Unknown => ["tired", "tired", "TIRED"],
        };
        words[vendor as usize]
    }
}

impl Reply {
    pub fn new(text: &str) -> Reply {
        Reply { text: text.to_owned(), finish: Finish::Complete, usage: Some((100, 20)), cached: 0, model: "mock-1".to_owned() }
    }

    pub fn finish(mut self, finish: Finish) -> Reply {
        self.finish = finish;
        self
    }

    /// Tokens of the prompt, all of them, and of the reply.
    pub fn tokens(mut self, prompt: u64, reply: u64) -> Reply {
        self.usage = Some((prompt, reply));
        self
    }

    /// Tokens of the prompt that came from the server's cache.
    pub fn cached(mut self, tokens: u64) -> Reply {
        self.cached = tokens;
        self
    }

    pub fn without_usage(mut self) -> Reply {
        self.usage = None;
        self
    }

    pub fn model(mut self, model: &str) -> Reply {
        self.model = model.to_owned();
        self
    }

    /// In a vendor's shape.
    pub fn by(&self, vendor: Vendor) -> Value {
        let mut body = match vendor {
            Vendor::OpenAi => self.chat_completion(),
            Vendor::Anthropic => self.message(),
            Vendor::Gemini => self.content(),
        };
        let name = if vendor == Vendor::Gemini { "usageMetadata" } else { "usage" };
        if let Some((prompt, reply)) = self.usage {
            body[name] = self.usage_by(vendor, prompt, reply);
        }
        body
    }

    fn chat_completion(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": self.text, "refusal": null});
        match self.finish {
            Finish::Refused => message = json!({"role": "assistant", "content": null, "refusal": self.text}),
            Finish::ToolCall => {
                let call = json!({"id": "call_1", "type": "function", "function": {"name": "run", "arguments": "{}"}});
                message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            }
            _ => {}
        }
        json!({
            "id": "chatcmpl-mock",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": self.finish.word(Vendor::OpenAi)}],
        })
    }

    fn message(&self) -> Value {
        let content = match self.finish {
            Finish::ToolCall => json!([{"type": "tool_use", "id": "toolu_mock", "name": "run", "input": {}}]),
            _ if self.text.is_empty() => json!([]),
            _ => json!([{"type": "text", "text": self.text}]),
        };
        json!({
            "id": "msg_mock",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": self.finish.word(Vendor::Anthropic),
            "stop_sequence": null,
        })
    }

    fn content(&self) -> Value {
        let part = match self.finish {
            Finish::ToolCall => json!({"functionCall": {"name": "run", "args": {}}}),
            _ => json!({"text": self.text}),
        };
        let mut candidate = json!({"index": 0, "finishReason": self.finish.word(Vendor::Gemini)});
        // This vendor leaves out what its filter stopped.
        if self.finish != Finish::Filtered {
            candidate["content"] = json!({"role": "model", "parts": [part]});
        }
        json!({"candidates": [candidate], "modelVersion": self.model, "responseId": "response-mock"})
    }

    /// Each vendor has its own names, and its own idea of what the prompt's tokens are.
    fn usage_by(&self, vendor: Vendor, prompt: u64, reply: u64) -> Value {
        match vendor {
            Vendor::OpenAi => json!({
                "prompt_tokens": prompt,
                "completion_tokens": reply,
                "total_tokens": prompt + reply,
                "prompt_tokens_details": {"cached_tokens": self.cached},
            }),
            Vendor::Anthropic => json!({
                "input_tokens": prompt - self.cached,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": self.cached,
                "output_tokens": reply,
            }),
            Vendor::Gemini => json!({
                "promptTokenCount": prompt,
                "candidatesTokenCount": reply,
                "totalTokenCount": prompt + reply,
                "cachedContentTokenCount": self.cached,
            }),
        }
    }
}
