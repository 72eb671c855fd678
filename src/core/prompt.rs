//! What is said to a model about a question.

pub mod plain;
pub mod repair;
pub mod tokens;

use serde_json::json;

use crate::provider::request::{Message, Shape};

/// A conversation that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Rules and tables.
    pub system: String,
    /// The question, and what was said since.
    pub messages: Vec<Message>,
    /// Relations that are described.
    pub relations: usize,
    /// Relations that the caller may read and that found no room.
    pub left_out: usize,
}

impl Prompt {
    /// Tokens of all of it, estimated from above.
    pub fn tokens(&self) -> usize {
        // Every message has a few tokens around it.
        let of_messages: usize = self.messages.iter().map(|message| tokens::estimate(&message.text) + 8).sum();
        tokens::estimate(&self.system) + 8 + of_messages
    }

    /// Everything as one text, as it is shown to users.
    pub fn text(&self) -> String {
        let messages = self.messages.iter().map(|message| message.text.as_str());
        std::iter::once(self.system.as_str()).chain(messages).collect::<Vec<_>>().join("\n\n")
    }
}

/// What an answer looks like: the query, or why there is none. [`crate::reply_sql`] reads it.
pub fn answer_shape() -> Shape {
    let schema = json!({
        "type": "object",
        "properties": {
            "sql": {"type": ["string", "null"]},
            "reason": {"type": ["string", "null"]},
        },
        "required": ["sql", "reason"],
        "additionalProperties": false,
    });
    Shape::Schema { name: "answer".to_owned(), schema }
}
