//! One call: the key fetched, the request sent, the reply read and understood, the key taken out of what is said about it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::provider::http::{Headers, HttpReply};
use nl_query_core::provider::reply::Reply;
use nl_query_core::secret::Secret;
use nl_query_core::wire::{Answer, Call, KeySource, Timeouts};
use ureq::http::{HeaderName, HeaderValue, Request, Response};
use ureq::{Agent, Body};

use crate::agents::Agents;
use crate::body;
use crate::cord::{Cord, Pull};
use crate::keys::Keys;
use crate::trouble::{Phase, Trouble, trouble};

/// A call that had so long and got no answer says something about the server, though its caller would have waited less than the
/// server's own time. One that had less says nothing.
const FAIR: Duration = Duration::from_secs(10);

/// What a client has to know.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Calls under way at a time, and connections that are kept.
    pub concurrency: usize,
    /// The user that the server runs as, who may own files of keys.
    pub user: u32,
}

/// See the module.
pub struct Client {
    agents: Agents,
    keys: Keys,
}

/// How far a call came.
struct Progress {
    started: Instant,
    head: Option<Duration>,
}

impl Client {
    /// Opens nothing and starts nothing.
    pub fn new(settings: Settings) -> Client {
        Client { agents: Agents::new(settings.concurrency), keys: Keys::new(settings.user) }
    }

    /// Makes a call, within the call's own times. Does not return before it is over; whoever pulls the cord ends it earlier.
    pub fn call(&self, call: &Call, key: Option<Secret>, cord: &Cord) -> Answer {
        let mut progress = Progress { started: Instant::now(), head: None };
        let tied = cord.tie();
        let mut result = self.key(call, key).map_err(Box::from).and_then(|key| {
            let result = self.attempt(call, key.as_ref(), &mut progress);
            match &key {
                Some(key) => scrubbed(result, key),
                None => result,
            }
        });
        drop(tied);
        // A socket that was shut down under the call ends it in one of many ways.
        if let Some(why) = cord.pulled() {
            result = Err(cut_short(why, progress.started.elapsed()).into());
        }
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Answer {
            result,
            attempts: 1,
            first_byte_us: progress.head.map_or(0, micros),
            total_us: micros(progress.started.elapsed()),
        }
    }

    /// Calls under way at a time from now on, and connections that are kept.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.agents.set_connections(concurrency);
    }

    /// Closes connections and forgets keys: nobody has called for a while.
    pub fn rest(&self) {
        self.agents.close();
        self.keys.forget();
    }

    fn key(&self, call: &Call, key: Option<Secret>) -> Result<Option<Secret>, Trouble> {
        match (&call.key, key) {
            (KeySource::None, _) => Ok(None),
            (KeySource::File(path), _) => self.keys.get(path).map(Some),
            (KeySource::UserMapping(_), Some(key)) => Ok(Some(key)),
            (KeySource::UserMapping(_), None) => Err(Trouble::new(FailureClass::Key, "the key of the user mapping did not come")),
        }
    }

    fn attempt(&self, call: &Call, key: Option<&Secret>, progress: &mut Progress) -> Result<Reply, Box<Failure>> {
        let agent = self.agents.get(call)?;
        let request = request(&agent, call, key)?;
        let response = agent.run(request).map_err(|error| trouble(error, Phase::Head, &call.timeouts))?;
        progress.head = Some(progress.started.elapsed());
        let status = response.status().as_u16();
        let headers = headers(&response);
        let most = call.most_bytes as usize;
        let reader = response.into_body().into_reader();
        let bytes = body::read(reader, &headers, most, |error| trouble(error.into(), Phase::Body, &call.timeouts));
        let bytes = bytes.and_then(|bytes| body::unpack(bytes, &headers, most));
        let http = |body| HttpReply { status, headers: &headers, body, now: wall_clock() };
        match bytes {
            Ok(bytes) => call.api.reply(&http(&bytes)),
            // What an error says is worth less than that it is one.
            Err(_) if !(200..300).contains(&status) => call.api.reply(&http(b"")),
            Err(trouble) => Err(Failure::of(&http(b""), trouble.class, &trouble.message)),
        }
    }
}

/// The request with its key and its times.
///
/// `connect` bounds resolving, and then once more connecting with a proxy and TLS; `first_byte` bounds sending, and then waiting for
/// the head; `total` bounds everything together.
fn request(agent: &Agent, call: &Call, key: Option<&Secret>) -> Result<Request<Vec<u8>>, Trouble> {
    let unfit = || Trouble::new(FailureClass::BadRequest, "the address or a header cannot be sent");
    let mut request = Request::post(&call.http.url).body(call.http.body.clone()).map_err(|_| unfit())?;
    let headers = request.headers_mut();
    for (name, value) in call.http.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        headers.append(name, HeaderValue::from_str(value).map_err(|_| unfit())?);
    }
    if let Some(key) = key {
        let name = HeaderName::from_bytes(call.key_header.name.as_bytes()).map_err(|_| unfit())?;
        let mut value = HeaderValue::from_str(call.key_header.value(key).expose()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let total = Duration::from_millis(call.timeouts.total.into());
    let time = |millis: u32| Some(Duration::from_millis(millis.into()).min(total));
    let Timeouts { connect, first_byte, .. } = call.timeouts;
    Ok(agent
        .configure_request(request)
        .timeout_global(Some(total))
        .timeout_per_call(Some(total))
        .timeout_resolve(time(connect))
        .timeout_connect(time(connect))
        .timeout_send_request(time(first_byte))
        .timeout_send_body(time(first_byte))
        .timeout_await_100(time(first_byte))
        .timeout_recv_response(time(first_byte))
        .timeout_recv_body(Some(total))
        .build())
}

/// A caller in a hurry is no sign of a slow server.
fn cut_short(why: Pull, took: Duration) -> Trouble {
    match why {
        Pull::Late if took >= FAIR => {
            Trouble::new(FailureClass::Timeout, format!("no reply within the {} s that the caller had", took.as_secs()))
        }
        Pull::Late => Trouble::new(FailureClass::Abandoned, "the caller's time was over"),
        Pull::Gone => Trouble::abandoned(),
    }
}

fn headers(response: &Response<Body>) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Servers repeat keys in what they say about them.
fn scrubbed(result: Result<Reply, Box<Failure>>, key: &Secret) -> Result<Reply, Box<Failure>> {
    let scrub = |text: &mut Option<String>| *text = text.take().map(|text| key.scrub(&text));
    match result {
        // An answer is SQL: it cannot be scrubbed and still be what the model said.
        Ok(reply) if key.is_repeated_in(&reply.text) => {
            Err(Failure::transport(FailureClass::Garbage, "the reply repeats the key"))
        }
        Ok(mut reply) => {
            [&mut reply.request_id, &mut reply.model].into_iter().for_each(scrub);
            Ok(reply)
        }
        Err(mut failure) => {
            failure.message = key.scrub(&failure.message);
            [&mut failure.code, &mut failure.parameter, &mut failure.request_id].into_iter().for_each(scrub);
            Err(failure)
        }
    }
}

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
