//! The options of a server, one line each, and how they become a whole.

use serde_json::{Map, Value};

use super::url::Url;
use super::values::Text;
use super::{Role, ServerOptions, StructuredOutput};
use crate::complaint::Complaint;
use crate::gateway::limits::Limits;
use crate::provider::Api;
use crate::provider::http::Headers;
use crate::wire::Timeouts;

/// One option.
pub struct ServerOption {
    pub name: &'static str,
    /// It names a file of the database server: a superuser's.
    pub names_a_file: bool,
    pub(super) set: fn(&mut Draft, &Text<'_>) -> Result<(), Complaint>,
}

/// What was said so far.
#[derive(Debug, Clone)]
pub struct Draft {
    api: Option<Api>,
    url: Option<Url>,
    model: Option<String>,
    api_key_file: Option<String>,
    key_header: Option<String>,
    headers: Headers,
    timeouts: Timeouts,
    retries: u32,
    max_tokens: u32,
    completion_tokens: Option<bool>,
    context_tokens: u32,
    /// None where nothing was said.
    temperature: Option<Option<f64>>,
    structured_output: StructuredOutput,
    concurrency: u32,
    limits: Limits,
    role_limits: Limits,
    role: Option<Role>,
    allow_insecure: bool,
    proxy: Option<Url>,
    ca_file: Option<String>,
    extra_body: Map<String, Value>,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft {
            api: None,
            url: None,
            model: None,
            api_key_file: None,
            key_header: None,
            headers: Headers::new(),
            // A model writes an answer within seconds, and one that thinks within a minute; a connection takes no second.
            timeouts: Timeouts { connect: 5_000, first_byte: 60_000, total: 60_000 },
            retries: 2,
            // A long query has 500 tokens; models that think first need some thousand.
            max_tokens: 4_096,
            completion_tokens: None,
            context_tokens: 32_768,
            temperature: None,
            structured_output: StructuredOutput::Schema,
            concurrency: 16,
            limits: Limits::default(),
            role_limits: Limits::default(),
            role: None,
            allow_insecure: false,
            proxy: None,
            ca_file: None,
            extra_body: Map::new(),
        }
    }
}

/// Milliseconds.
const HOUR: u32 = 3_600_000;
const MILLION: u32 = 1_000_000;

macro_rules! options {
    ($($name:literal $(($file:ident))? => $set:expr;)*) => {
        &[$(ServerOption { name: $name, names_a_file: options!(@ $($file)?), set: $set }),*]
    };
    (@ file) => { true };
    (@) => { false };
}

/// Every option of a server.
pub static SERVER_OPTIONS: &[ServerOption] = options! {
    "api" => |draft, text| text.one_of(&Api::ALL.map(|api| (api.name(), api))).map(|api| draft.api = Some(api));
    "url" => |draft, text| text.url().map(|url| draft.url = Some(url));
    "model" => |draft, text| text.word().map(|model| draft.model = Some(model));
    "api_key_file"(file) => |draft, text| text.path().map(|path| draft.api_key_file = Some(path));
    "key_header" => |draft, text| text.header_name().map(|name| draft.key_header = Some(name));
    "headers" => |draft, text| text.headers().map(|headers| draft.headers = headers);
    "timeout" => |draft, text| text.duration(10, HOUR).map(|total| draft.timeouts.total = total);
    "connect_timeout" => |draft, text| text.duration(10, HOUR).map(|connect| draft.timeouts.connect = connect);
    "first_byte_timeout" => |draft, text| text.duration(10, HOUR).map(|first_byte| draft.timeouts.first_byte = first_byte);
    "retries" => |draft, text| text.integer(0, 10).map(|retries| draft.retries = retries);
    "max_tokens" => |draft, text| text.integer(1, MILLION).map(|tokens| draft.max_tokens = tokens);
    "max_tokens_parameter" => |draft, text| {
        text.one_of(&[("max_tokens", false), ("max_completion_tokens", true)]).map(|new| draft.completion_tokens = Some(new))
    };
    "context_tokens" => |draft, text| text.integer(512, 100 * MILLION).map(|tokens| draft.context_tokens = tokens);
    "temperature" => |draft, text| text.temperature().map(|temperature| draft.temperature = Some(temperature));
    "structured_output" => |draft, text| {
        let ways = [("schema", StructuredOutput::Schema), ("json", StructuredOutput::Json), ("off", StructuredOutput::Off)];
        text.one_of(&ways).map(|way| draft.structured_output = way)
    };
    "concurrency" => |draft, text| text.integer(1, 10_000).map(|calls| draft.concurrency = calls);
    "requests_per_minute" => |draft, text| text.integer(0, MILLION).map(|rate| draft.limits.requests_per_minute = rate);
    "tokens_per_minute" => |draft, text| text.integer(0, 1000 * MILLION).map(|rate| draft.limits.tokens_per_minute = rate);
    "tokens_per_day" => |draft, text| text.big_integer().map(|tokens| draft.limits.tokens_per_day = tokens);
    "role_requests_per_minute" => |draft, text| text.integer(0, MILLION).map(|rate| draft.role_limits.requests_per_minute = rate);
    "role_tokens_per_minute" => |draft, text| {
        text.integer(0, 1000 * MILLION).map(|rate| draft.role_limits.tokens_per_minute = rate)
    };
    "role_tokens_per_day" => |draft, text| text.big_integer().map(|tokens| draft.role_limits.tokens_per_day = tokens);
    "role" => |draft, text| text.one_of(&[("fast", Role::Fast), ("strong", Role::Strong)]).map(|role| draft.role = Some(role));
    "allow_insecure" => |draft, text| text.boolean().map(|allow| draft.allow_insecure = allow);
    "proxy" => |draft, text| text.url().map(|url| draft.proxy = Some(url));
    "ca_file"(file) => |draft, text| text.path().map(|path| draft.ca_file = Some(path));
    "extra_body" => |draft, text| text.body_members().map(|members| draft.extra_body = members);
};

impl Draft {
    /// The whole, with what options mean for each other.
    pub fn finish(self) -> Result<ServerOptions, Complaint> {
        let (Some(api), Some(url), Some(model)) = (self.api, self.url.clone(), self.model.clone()) else {
            let missing = if self.api.is_none() {
                "api"
            } else if self.url.is_none() {
                "url"
            } else {
                "model"
            };
            return Err(required(missing));
        };
        check_address(&url, self.allow_insecure)?;
        if self.max_tokens >= self.context_tokens {
            return Err(Complaint::new("22023", "option \"max_tokens\" must be less than option \"context_tokens\"")
                .with_detail(format!(
                    "They are {} and {}: nothing is left for the question.",
                    self.max_tokens, self.context_tokens
                )));
        }
        // Where the newer name of the limit is wanted, a temperature mostly is not.
        let completion_tokens = self.completion_tokens.unwrap_or_else(|| is_of_openai(&url));
        let temperature = self.temperature.unwrap_or(if completion_tokens { None } else { Some(0.0) });
        let timeouts = Timeouts {
            connect: self.timeouts.connect.min(self.timeouts.total),
            first_byte: self.timeouts.first_byte.min(self.timeouts.total),
            total: self.timeouts.total,
        };
        Ok(ServerOptions {
            api,
            url,
            model,
            api_key_file: self.api_key_file,
            key_header: self.key_header,
            headers: self.headers,
            timeouts,
            retries: self.retries,
            max_tokens: self.max_tokens,
            completion_tokens,
            context_tokens: self.context_tokens,
            temperature,
            structured_output: self.structured_output,
            concurrency: self.concurrency,
            limits: self.limits,
            role_limits: self.role_limits,
            role: self.role,
            allow_insecure: self.allow_insecure,
            proxy: self.proxy,
            ca_file: self.ca_file,
            extra_body: self.extra_body,
        })
    }
}

fn required(option: &str) -> Complaint {
    Complaint::new("HV002", format!("option \"{option}\" is required"))
        .with_hint("A server needs at least the options api, url and model.")
}

/// Questions, schemas and keys go in clear text only where they do not leave the machine, or where the owner says so. Addresses of a
/// link are where clouds keep the credentials of their machines.
fn check_address(url: &Url, allow_insecure: bool) -> Result<(), Complaint> {
    if url.is_link_local() {
        return Err(Complaint::new("22023", format!("option \"url\" must not name a link-local address: \"{}\"", url.host)));
    }
    if url.is_encrypted() || url.is_loopback() || allow_insecure {
        return Ok(());
    }
    Err(Complaint::new("22023", "option \"url\" must begin with https://")
        .with_detail(format!("Questions, names of tables and the key would go to \"{}\" in clear text.", url.host))
        .with_hint("Use https, or set the option allow_insecure if the way to this host is safe."))
}

/// Servers of which is known that they want the newer name of the limit.
fn is_of_openai(url: &Url) -> bool {
    url.host == "api.openai.com" || url.host.ends_with(".openai.azure.com")
}
