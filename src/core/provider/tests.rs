//! Requests and replies of the three interfaces, in the shapes in which servers send them.

use serde_json::{Map, Value, json};

use super::failure::{Failure, FailureClass as Class};
use super::http::{Headers, HttpReply};
use super::reply::{Finish, Reply, Usage};
use super::request::{Message, Request, Shape, Speaker};
use super::*;
use crate::testing::Random;

mod errors;
mod replies;
mod requests;

fn question() -> Request {
    Request {
        model: "small-1".to_owned(),
        system: "Answer in SQL.".to_owned(),
        messages: vec![Message { speaker: Speaker::User, text: "how many \"ships\"?\n".to_owned() }],
        max_tokens: 500,
        temperature: Some(0.0),
        shape: Shape::Text,
        completion_tokens: false,
        extra: Map::new(),
    }
}

fn schema() -> Shape {
    let schema = json!({
        "type": "object",
        "properties": {"sql": {"type": ["string", "null"]}, "title": {"type": "string"}},
        "required": ["sql", "title"],
        "additionalProperties": false,
    });
    Shape::Schema { name: "answer".to_owned(), schema }
}

fn read_with(api: Api, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, Box<Failure>> {
    let headers: Headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    api.reply(&HttpReply { status, headers: &headers, body, now: 1_800_000_000_000 })
}

fn read(api: Api, status: u16, body: &Value) -> Result<Reply, Box<Failure>> {
    read_with(api, status, &[], body.to_string().as_bytes())
}

fn failure(api: Api, status: u16, body: &Value) -> Failure {
    *read(api, status, body).expect_err("a failure")
}
