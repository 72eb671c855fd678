//! What a model would be told about a question: the very request, without sending it.

use nl_query_core::complaint::Complaint;
use nl_query_core::error::Error;
use nl_query_core::prompt::Coverage;
use nl_query_core::provider::request::Speaker;
use serde_json::Value;

use crate::guard::Limits;
use crate::queue;
use crate::stats::Call;

use super::choices::Choices;
use super::conversation::snapshot;

/// Members of a body that hold the texts, by all interfaces.
const TEXTS: [&str; 5] = ["messages", "system", "contents", "systemInstruction", "system_instruction"];

/// See the module.
pub struct Preview {
    /// The foreign server's name.
    pub server: String,
    /// Where it would go.
    pub url: String,
    /// Everything of the body but the texts.
    pub parameters: Value,
    /// Who says what: "system", "user" or "model".
    pub texts: Vec<(&'static str, String)>,
    /// Tokens of the texts, estimated from above, and those that they may have.
    pub tokens: usize,
    pub budget: usize,
    pub coverage: Coverage,
}

/// The first request to this server, or to the one that would be asked now. `drafts` are queries of the embedded engine's.
pub fn preview(
    call: &mut Call,
    question: &str,
    drafts: Vec<String>,
    limits: &Limits,
    server: Option<&str>,
) -> Result<Preview, Error> {
    let mut choices = Choices::new(snapshot(call, question, limits)?, question.to_owned(), drafts);
    let place = match server {
        Some(name) => choices.place_of(name).filter(|place| choices.server(*place).is_some()).ok_or_else(|| unlisted(name))?,
        // One that has reached a limit would be told the same.
        None => match choices.next(queue::now()) {
            Ok(place) => place,
            Err(none) => choices.first_usable().ok_or_else(|| Error::from(none.complaint))?,
        },
    };
    let too_long = || Error::from(Complaint::new("54000", "no table has room in the server's option context_tokens"));
    let (made, asked) = choices.made(place).zip(choices.request(place)).ok_or_else(too_long)?;
    let server = choices.server(place).ok_or_else(too_long)?;
    let http = server.options.api.request(server.options.url.as_str(), &asked);
    let mut parameters: Value = serde_json::from_slice(&http.body).unwrap_or_default();
    if let Some(members) = parameters.as_object_mut() {
        members.retain(|name, _| !TEXTS.contains(&name.as_str()));
    }
    let of_system = std::iter::once(("system", asked.system));
    let texts = of_system.chain(asked.messages.into_iter().map(|message| (speaker(message.speaker), message.text)));
    Ok(Preview {
        server: server.name.clone(),
        url: http.url,
        parameters,
        texts: texts.collect(),
        tokens: made.tokens,
        budget: made.budget,
        coverage: made.prompt.coverage.clone(),
    })
}

fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::User => "user",
        Speaker::Model => "model",
    }
}

fn unlisted(name: &str) -> Error {
    Error::Argument {
        message: format!("model server \"{name}\" cannot be asked"),
        hint: "It must be one of nl_query.servers, and the current role must have USAGE on it.".to_owned(),
    }
}
