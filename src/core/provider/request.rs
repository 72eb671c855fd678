//! What is asked of a model, in no vendor's words.

use serde_json::{Map, Value};

use super::failure::{Failure, FailureClass};

/// One question to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As the server names it.
    pub model: String,
    /// What holds for the whole conversation; empty for none.
    pub system: String,
    /// Begins and ends with the user.
    pub messages: Vec<Message>,
    /// Tokens that the answer may have at most.
    pub max_tokens: u32,
    /// 0 to 2; none leaves it to the server, which some models insist on.
    pub temperature: Option<f64>,
    /// What the answer must look like.
    pub shape: Shape,
    /// The limit goes by the name `max_completion_tokens`, as newer models want it, and not `max_tokens`. For [`super::Api::OpenAi`].
    pub completion_tokens: bool,
    /// Members that are added to the body as they are; an object is merged into the object of that name.
    pub extra: Map<String, Value>,
}

/// What one side said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whose words they are.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
}

/// The sides of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Who asks.
    User,
    /// Who answers.
    Model,
}

/// What the answer must look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Text of any kind.
    Text,
    /// A JSON object; which one, the prompt says. Some servers cannot more.
    Json,
    /// A JSON value that fits a schema, by which name it goes.
    Schema { name: String, schema: Value },
}

impl Request {
    /// The same question without what the server says it does not know, if that is something it can be asked without. So a server
    /// that is older, or a model that is newer, than the options suppose still answers.
    pub fn without_refused(&self, failure: &Failure) -> Option<Request> {
        if failure.class != FailureClass::BadRequest {
            return None;
        }
        let mut request = self.clone();
        match failure.parameter.as_deref()? {
            "max_tokens" if !self.completion_tokens => request.completion_tokens = true,
            "max_completion_tokens" if self.completion_tokens => request.completion_tokens = false,
            "temperature" if self.temperature.is_some() => request.temperature = None,
            "response_format" | "output_config" | "response_schema" | "response_mime_type" | "json_schema" => {
                request.shape = match &self.shape {
                    Shape::Schema { .. } => Shape::Json,
                    Shape::Json => Shape::Text,
                    Shape::Text => return None,
                }
            }
            _ => return None,
        }
        Some(request)
    }
}

/// Names of what [`Request::without_refused`] can leave out, by the names that servers give them.
pub(super) const OPTIONAL: [(&str, &str); 9] = [
    ("max_completion_tokens", "max_completion_tokens"),
    ("max_tokens", "max_tokens"),
    ("temperature", "temperature"),
    ("response_format", "response_format"),
    ("output_config", "output_config"),
    ("responseSchema", "response_schema"),
    ("response_schema", "response_schema"),
    ("responseMimeType", "response_mime_type"),
    ("json_schema", "json_schema"),
];

/// Adds the members of `extra` to a body.
pub(super) fn merge(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (name, value) in extra {
        match (body.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => merge(inner, more),
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn extra_members_are_merged() {
        let mut body = json!({"a": 1, "inner": {"x": 1, "y": {"z": 2}}});
        let extra = json!({"b": 2, "inner": {"y": {"w": 3}}, "a": [1]});
        let (Some(members), Some(extra)) = (body.as_object_mut(), extra.as_object()) else { panic!("objects") };
        merge(members, extra);
        assert_eq!(body, json!({"a": [1], "b": 2, "inner": {"x": 1, "y": {"z": 2, "w": 3}}}));
    }
}
