//! What is said to a model about a question.
//!
//! [`context`] chooses what is told and how much of it, [`ddl`] writes relations, [`framed`] keeps what others wrote (names, comments,
//! values) from looking like anything but data, [`repair`] tells a model what was wrong with its answer.

pub mod context;
pub mod ddl;
pub mod framed;
pub mod repair;
pub mod tokens;

use serde_json::json;

use crate::provider::request::{Message, Shape};

/// How much of what the database holds may be told to a model. Each level tells what the one before it tells, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disclose {
    /// Names, types, keys, labels of enums, and roughly how many rows there are.
    Schema,
    /// Comments too.
    Comments,
    /// Some stored values too.
    Values,
}

/// A conversation that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Rules and tables.
    pub system: String,
    /// The question, and what was said since.
    pub messages: Vec<Message>,
    /// What of the schema is in it.
    pub coverage: Coverage,
}

/// What of the schema a prompt tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Relations that are described, the shortened ones included.
    pub relations: usize,
    /// Of those, the ones without their comments, labels and values, or without some of their columns.
    pub shortened: usize,
    /// Relations that the caller may read and that found no room.
    pub left_out: usize,
    /// Names of those that matter most among them.
    pub nearest_left_out: Vec<String>,
}

impl Prompt {
    /// Tokens of all of it, estimated from above.
    pub fn tokens(&self) -> usize {
        // Every message has a few tokens around it.
        let of_messages: usize = self.messages.iter().map(|message| tokens::estimate(&message.text) + 8).sum();
        tokens::estimate(&self.system) + 8 + of_messages
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
