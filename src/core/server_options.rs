//! The options of a foreign server and of a user mapping: read, checked, and what they mean for a call.
//!
//! Everybody may read `pg_foreign_server`, so nothing secret can stand in a server's options: keys come from a file or from a user
//! mapping. Whoever may change a server's address could send its key elsewhere, so options that name files are a superuser's, and
//! while a server has one, so is the server.

mod table;
mod url;
mod user;
mod values;

pub use table::SERVER_OPTIONS;
pub use url::{Scheme, Url, is_link_local};
pub use user::{USER_OPTIONS, UserOptions};

use serde_json::{Map, Value};

use crate::complaint::Complaint;
use crate::gateway::limits::Limits;
use crate::gateway::retry::Policy;
use crate::nearest::nearest;
use crate::provider::Api;
use crate::provider::http::{Headers, KeyHeader};
use crate::provider::request::{Message, Request, Shape};
use crate::wire::Timeouts;

/// Everything that a server's options say, with what holds where they say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerOptions {
    /// How to speak to it.
    pub api: Api,
    /// Its base address.
    pub url: Url,
    /// As the server names it.
    pub model: String,
    /// On the database server; read by workers only.
    pub api_key_file: Option<String>,
    /// The header that carries the key, where it is not the one of the api.
    pub key_header: Option<String>,
    /// Further header fields.
    pub headers: Headers,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Attempts after the first.
    pub retries: u32,
    /// Tokens of an answer at most.
    pub max_tokens: u32,
    /// The limit goes by the name that newer models want.
    pub completion_tokens: bool,
    /// Tokens of prompt and answer together at most.
    pub context_tokens: u32,
    /// None leaves it to the server.
    pub temperature: Option<f64>,
    /// How strictly the server can be told what an answer looks like.
    pub structured_output: StructuredOutput,
    /// Calls under way at a time, of all sessions together.
    pub concurrency: u32,
    /// What all roles together may spend.
    pub limits: Limits,
    /// What each role may spend.
    pub role_limits: Limits,
    /// What it is good for; none for both.
    pub role: Option<Role>,
    /// Clear text may leave the machine.
    pub allow_insecure: bool,
    /// A proxy; none goes straight.
    pub proxy: Option<Url>,
    /// On the database server; read by workers only.
    pub ca_file: Option<String>,
    /// Members that are added to the body of every request.
    pub extra_body: Map<String, Value>,
}

/// How strictly the server can be told what an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructuredOutput {
    /// By a JSON schema.
    Schema,
    /// That it is JSON.
    Json,
    /// Not at all; the prompt has to say it.
    Off,
}

/// What a server is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Quick and cheap: asked first.
    Fast,
    /// Better: asked where the quick one's answer was not proven.
    Strong,
}

impl ServerOptions {
    /// Reads and checks all options of a server. `superuser` says whether whoever sets them is one; options that are in force already
    /// are read with true.
    pub fn read<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>, superuser: bool) -> Result<ServerOptions, Complaint> {
        let mut draft = table::Draft::default();
        for (name, value) in options {
            let Some(option) = SERVER_OPTIONS.iter().find(|option| option.name == name) else {
                return Err(unknown(name, SERVER_OPTIONS.iter().map(|option| option.name), USER_OPTIONS.contains(&name)));
            };
            if option.names_a_file && !superuser {
                return Err(file_denied(name));
            }
            (option.set)(&mut draft, &values::Text { option: option.name, text: value })?;
        }
        draft.finish()
    }

    /// The header that carries the key.
    pub fn key_header(&self) -> KeyHeader {
        self.key_header.as_deref().map_or_else(|| self.api.key_header(), KeyHeader::named)
    }

    /// How persistent to be with this server.
    pub fn retry_policy(&self) -> Policy {
        Policy { retries: self.retries, ..Policy::default() }
    }

    /// A request to this server. `shape` is what is wanted; what of it the server can be told, its options say.
    pub fn request(&self, system: &str, messages: &[Message], shape: &Shape) -> Request {
        let shape = match (self.structured_output, shape) {
            (StructuredOutput::Schema, shape) => shape.clone(),
            (StructuredOutput::Json, Shape::Schema { .. } | Shape::Json) => Shape::Json,
            (_, _) => Shape::Text,
        };
        Request {
            model: self.model.clone(),
            system: system.to_owned(),
            messages: messages.to_vec(),
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            shape,
            completion_tokens: self.completion_tokens,
            extra: self.extra_body.clone(),
        }
    }

    /// Tokens that a prompt may have.
    pub fn prompt_tokens(&self) -> u32 {
        self.context_tokens.saturating_sub(self.max_tokens)
    }
}

/// Stands for options in shared memory: whatever their order, other names or values give another number. What a user mapping holds
/// is better stood for by the version of its row, so that nothing of a key goes into it.
pub fn fingerprint<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> u64 {
    let mut options: Vec<(&str, &str)> = options.into_iter().collect();
    options.sort_unstable();
    let parts = options.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    parts.fold(0xCBF2_9CE4_8422_2325, |hash, part| {
        // A byte that is in no text ends each part, so that ("ab", "c") is not ("a", "bc").
        part.iter().chain(&[0xFF]).fold(hash, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
    })
}

/// The error for an option that is none.
fn unknown<'a>(name: &str, valid: impl Iterator<Item = &'a str> + Clone, is_the_others: bool) -> Complaint {
    let complaint = Complaint::new("HV00D", format!("invalid option \"{name}\""));
    if is_the_others {
        return match name {
            "api_key" => complaint
                .with_detail("Everybody may read the options of a server.")
                .with_hint("Set api_key in a user mapping, or name a file in the server's option api_key_file."),
            _ => complaint.with_hint("It is an option of the server, not of the user mapping."),
        };
    }
    match nearest(name, valid.clone()).first() {
        Some(near) => complaint.with_hint(format!("Perhaps you meant the option \"{near}\".")),
        None => complaint.with_hint(format!("Valid options in this context are: {}.", valid.collect::<Vec<_>>().join(", "))),
    }
}

/// The error for an option that names a file, from somebody who is no superuser.
fn file_denied(name: &str) -> Complaint {
    Complaint::new("42501", format!("permission denied to set option \"{name}\""))
        .with_detail("Only a superuser may set, or change a server that has, options that name files of the database server.")
        .with_hint("Use a user mapping with api_key, or ask a superuser.")
}

#[cfg(test)]
mod tests;
