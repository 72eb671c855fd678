//! One request on its way to a server and back, as the conversation holds it.

use std::time::{Duration, Instant};

use nl_query_core::error::Error;
use nl_query_core::gateway::route::Standing;
use nl_query_core::gateway::unsent;
use nl_query_core::provider::request::Request as Asked;
use nl_query_core::queue::Priority;
use nl_query_core::wire::{self, KeySource};

use crate::pg::report;
use crate::queue::{self, Order, Request, Unsent};
use crate::servers::{Key, ModelServer};
use crate::settings;
use crate::stats::{Call, Stage};

use super::choices::Choices;

/// Bytes of a reply at most. An answer has some thousand; what is longer is none.
const MOST_BYTES: u32 = 1 << 20;

/// See the module.
pub struct Exchange {
    /// Which of the choices; none for a request taken over whose server is not among them any more.
    pub place: Option<usize>,
    /// Attempts to ask this server this, this one included.
    pub attempt: u32,
    /// What was asked, where it can be asked again.
    pub asked: Option<Asked>,
    pub request: Request,
    sent: Instant,
}

/// What is to be asked of which server.
pub struct Attempt {
    /// Which of the choices.
    pub place: usize,
    /// From 1.
    pub number: u32,
    pub asked: Asked,
}

impl Exchange {
    /// Sends a request.
    pub fn send(choices: &mut Choices, attempt: Attempt, priority: Priority, deadline: u64) -> Result<Exchange, Unsent> {
        let Attempt { place, number, asked } = attempt;
        let too_long = || Unsent::Standing(Standing::TooLong);
        let tokens = choices.tokens(place).ok_or_else(too_long)?;
        let (Some((key, terms)), Some(server)) = (choices.terms(place), choices.server(place)) else { return Err(too_long()) };
        let call = call(server, &asked);
        if settings::log_prompts() {
            log_prompt(&server.name, &asked);
        }
        let secret = match &server.key {
            Key::Mapping(secret) => Some(secret),
            Key::None | Key::File(_) => None,
        };
        let order = Order {
            server: key,
            terms,
            role: choices.role(),
            call: &call,
            key: secret,
            tokens,
            attempt: number,
            priority,
            deadline,
        };
        let request = queue::send(&order)?;
        Ok(Exchange { place: Some(place), attempt: number, asked: Some(asked), request, sent: Instant::now() })
    }

    /// A request of somebody else's who had the same list.
    pub fn adopted(choices: &Choices, request: Request) -> Exchange {
        let place = request.server().and_then(|server| choices.place_of_oid(server));
        Exchange { place, attempt: 1, asked: None, request, sent: Instant::now() }
    }

    /// Counts where the time went. The worker says how long it was busy; the rest was waiting for one.
    pub fn count(&self, call: &mut Call, answer: &wire::Answer) {
        let provider = Duration::from_micros(answer.total_us);
        count(call, answer, self.sent.elapsed().saturating_sub(provider));
    }
}

/// Writes what is sent to the server's log: for those who want to know, and not for clients.
fn log_prompt(server: &str, asked: &Asked) {
    let messages = asked.messages.iter().map(|message| message.text.as_str());
    let texts = std::iter::once(asked.system.as_str()).chain(messages).collect::<Vec<_>>().join("\n\n");
    report::to_log(format!("prompt for model server \"{server}\":\n{texts}"));
}

/// The error for what was not sent, where no other server is to be asked instead.
pub fn not_sent(unsent: Unsent) -> Error {
    match unsent {
        Unsent::Full(full) => unsent::full(full, settings::queue_size()).into(),
        Unsent::NoWorker => unsent::no_worker().into(),
        Unsent::NoMemory | Unsent::Standing(_) => unsent::no_memory().into(),
    }
}

/// Counts what an answer took, after so long in the queue.
pub fn count(call: &mut Call, answer: &wire::Answer, queued: Duration) {
    call.spent(Stage::Queue, queued);
    call.spent(Stage::Provider, Duration::from_micros(answer.total_us));
    if let Ok(reply) = &answer.result {
        call.took_tokens(reply.usage.input.unwrap_or(0), reply.usage.output.unwrap_or(0));
    }
}

/// Everything that the worker needs but the key.
fn call(server: &ModelServer, asked: &Asked) -> wire::Call {
    let options = &server.options;
    let mut http = options.api.request(options.url.as_str(), asked);
    options.headers.iter().for_each(|(name, value)| http.headers.set(name, value));
    if let Some(trace) = settings::traceparent() {
        http.headers.set("traceparent", &trace);
    }
    let key = match &server.key {
        Key::None => KeySource::None,
        Key::File(path) => KeySource::File(path.clone()),
        // It goes along with the request, in a part of its own.
        Key::Mapping(_) => KeySource::UserMapping(0),
    };
    wire::Call {
        server: server.oid,
        fingerprint: server.fingerprint,
        api: options.api,
        http,
        key,
        key_header: options.key_header(),
        timeouts: options.timeouts,
        most_bytes: MOST_BYTES,
        proxy: options.proxy.as_ref().map(|proxy| proxy.as_str().to_owned()),
        ca_file: options.ca_file.clone(),
    }
}
