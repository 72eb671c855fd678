//! What arrived, and what became of it.

use super::lock;
use super::request::Request;
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A request and what became of it.
#[derive(Debug, Clone)]
pub struct Record {
    pub request: Arc<Request>,
    /// When the first byte of the answer, interim answers aside, was sent.
    pub answered: Option<Instant>,
    pub ended: Option<Instant>,
    pub outcome: Outcome,
}

impl Deref for Record {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended.
    UnderWay,
    /// The whole answer was sent.
    Answered,
    /// The script cut the answer off.
    CutOff,
    /// The client left first.
    HungUp,
    /// The server was stopped first.
    Stopped,
}

/// How many, since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that arrived whole.
    pub arrived: usize,
    /// Of them: under way now.
    pub in_flight: usize,
    /// The most that were under way at once.
    pub most_in_flight: usize,
    pub answered: usize,
    pub cut_off: usize,
    pub hung_up: usize,
    pub stopped: usize,
    /// Requests that no rule of the script fits; the answer is a status 500 that says so.
    pub unscripted: usize,
    /// Connections accepted.
    pub connections: usize,
    /// Of them: open now.
    pub open: usize,
    /// Connections on which something came that is no request, or not all of one; TLS handshakes that fail are among them.
    pub broken: usize,
}

/// Where a text occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The request's number; 0 in what was no request.
    pub request: usize,
    pub part: Part,
}

/// A part of what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Method,
    Path,
    /// The value of the header with this name, in lower case.
    Header(String),
    /// The name of a header.
    HeaderName,
    Body,
    /// What came on a connection and was no request, or not all of one.
    Broken,
}

pub struct Log {
    state: Mutex<State>,
    changed: Condvar,
    /// How many records are kept.
    keep: usize,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// The latest; the first has the number of the counts' arrivals less their length, plus one.
    records: VecDeque<Record>,
    broken: Vec<Vec<u8>>,
}

impl State {
    /// Is none where the record is no longer kept.
    fn record(&mut self, number: usize) -> Option<&mut Record> {
        let forgotten = self.counts.arrived - self.records.len();
        self.records.get_mut(number.checked_sub(forgotten + 1)?)
    }
}

impl Log {
    pub fn new(keep: usize) -> Log {
        Log { state: Mutex::default(), changed: Condvar::new(), keep }
    }

    /// A connection: its number.
    pub fn connected(&self) -> usize {
        self.change(|state| {
            state.counts.connections += 1;
            state.counts.open += 1;
            state.counts.connections
        })
    }

    pub fn disconnected(&self) {
        self.change(|state| state.counts.open -= 1);
    }

    pub fn broken(&self, bytes: Vec<u8>) {
        self.change(|state| {
            state.counts.broken += 1;
            state.broken.push(bytes);
        });
    }

    pub fn unscripted(&self) {
        self.change(|state| state.counts.unscripted += 1);
    }

    /// A request, which gets its number. It is under way until the result is dropped.
    pub fn arrived(&self, mut request: Request) -> UnderWay<'_> {
        let request = self.change(|state| {
            state.counts.arrived += 1;
            state.counts.in_flight += 1;
            state.counts.most_in_flight = state.counts.most_in_flight.max(state.counts.in_flight);
            request.number = state.counts.arrived;
            let request = Arc::new(request);
            let record = Record { request: request.clone(), answered: None, ended: None, outcome: Outcome::UnderWay };
            state.records.push_back(record);
            if state.records.len() > self.keep {
                state.records.pop_front();
            }
            request
        });
        // Whoever drops it without a word was interrupted.
        UnderWay { log: self, request, outcome: Outcome::Stopped }
    }

    pub fn counts(&self) -> Counts {
        lock(&self.state).counts
    }

    pub fn records(&self) -> Vec<Record> {
        lock(&self.state).records.iter().cloned().collect()
    }

    pub fn all_broken(&self) -> Vec<String> {
        lock(&self.state).broken.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// Waits until a condition holds; gives the last counts where it does not in time.
    pub fn wait(&self, timeout: Duration, done: impl Fn(Counts) -> bool) -> Result<(), Counts> {
        let (state, result) = self
            .changed
            .wait_timeout_while(lock(&self.state), timeout, |state| !done(state.counts))
            .unwrap_or_else(PoisonError::into_inner);
        if result.timed_out() && !done(state.counts) { Err(state.counts) } else { Ok(()) }
    }

    /// Every place in what is kept where a text occurs, in the order of arrival.
    pub fn holds(&self, text: &str) -> Vec<Place> {
        let state = lock(&self.state);
        let requests = state.records.iter().flat_map(|record| places(record, text));
        let broken = state.broken.iter().filter(|bytes| contains(bytes, text));
        requests.chain(broken.map(|_| Place { request: 0, part: Part::Broken })).collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut lock(&self.state));
        self.changed.notify_all();
        result
    }
}

/// A request that has not ended.
pub struct UnderWay<'a> {
    log: &'a Log,
    pub request: Arc<Request>,
    outcome: Outcome,
}

impl UnderWay<'_> {
    /// The first byte of its answer goes out.
    pub fn answered(&self) {
        self.log.change(|state| {
            if let Some(record) = state.record(self.request.number) {
                record.answered = Some(Instant::now());
            }
        });
    }

    pub fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.log.change(|state| {
            let counts = &mut state.counts;
            counts.in_flight -= 1;
            match self.outcome {
                Outcome::Answered => counts.answered += 1,
                Outcome::CutOff => counts.cut_off += 1,
                Outcome::HungUp => counts.hung_up += 1,
                Outcome::Stopped | Outcome::UnderWay => counts.stopped += 1,
            }
            if let Some(record) = state.record(self.request.number) {
                record.ended = Some(Instant::now());
                record.outcome = self.outcome;
            }
        });
    }
}

fn places(record: &Record, text: &str) -> Vec<Place> {
    let is_in = |bytes: &str| contains(bytes.as_bytes(), text);
    let mut parts = Vec::new();
    parts.extend(is_in(&record.method).then_some(Part::Method));
    parts.extend(is_in(&record.path).then_some(Part::Path));
    for (name, value) in &record.headers {
        parts.extend(is_in(name).then_some(Part::HeaderName));
        parts.extend(is_in(value).then(|| Part::Header(name.to_ascii_lowercase())));
    }
    parts.extend(contains(&record.body, text).then_some(Part::Body));
    parts.into_iter().map(|part| Place { request: record.number, part }).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes())
}
