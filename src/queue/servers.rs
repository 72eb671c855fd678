//! What is known of each model server, for all sessions: health, counters, durations.
//!
//! A table of fixed size. A server that has nothing under way gives its place to another when the table is full, the one that was asked
//! longest ago first; what was spent under a limit is kept apart (`core::gateway::ledger`) and is not lost with it.

use std::hash::{BuildHasher, Hasher, RandomState};

use nl_query_core::gateway::breaker::State;
use nl_query_core::gateway::health::Health;
use nl_query_core::gateway::retry::Decision;
use nl_query_core::histogram::{BUCKETS, bucket};
use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::wire::Answer;

use super::memory::{self, Tables};
use super::parcel::now;
use super::{ServerKey, Terms};
use crate::pg::guarded::{Plain, plain_struct};

/// Bytes of a server's word for its failure that are kept.
const CODE: usize = 48;
const CLASSES: usize = FailureClass::ALL.len();

plain_struct! {
    /// One server's state; all zero is a free place.
    pub struct Server {
        pub database: u32,
        pub server: u32,
        /// Calls under way at a time, as the last request's options said.
        pub concurrency: u32,
        _unused: u32,
        used_at: u64,
        pub health: Health,
        counters: Counters,
        last: Last,
    }
}

plain_struct! {
    struct Counters {
        requests: u64,
        answers: u64,
        coalesced: u64,
        retries: u64,
        failures: [u64; CLASSES],
        tokens_in: u64,
        tokens_out: u64,
        bytes_out: u64,
        latency_total: u64,
        latency_max: u64,
        latency: [u64; BUCKETS],
    }
}

plain_struct! {
    /// The last failure, without the server's words.
    struct Last {
        at: u64,
        /// The position of its class, and the HTTP status or 0.
        class: u32,
        status: u32,
        code: [u8; CODE],
    }
}

impl Server {
    /// A request is sent.
    pub fn note_request(&mut self, terms: &Terms, attempt: u32, bytes: u64, now: u64) {
        (self.concurrency, self.used_at) = (terms.concurrency, now);
        if attempt <= 1 {
            self.health.retries.note_request();
        }
        self.counters.requests += 1;
        self.counters.bytes_out += bytes;
    }

    pub fn note_retry(&mut self, decision: Decision) {
        self.counters.retries += u64::from(matches!(decision, Decision::Retry { .. }));
    }

    /// A request is answered.
    pub fn note_answer(&mut self, answer: &Answer, now: u64) {
        let counters = &mut self.counters;
        match &answer.result {
            Ok(reply) => {
                counters.answers += 1;
                counters.tokens_in += reply.usage.input.unwrap_or(0);
                counters.tokens_out += reply.usage.output.unwrap_or(0);
                counters.latency_total += answer.total_us;
                counters.latency_max = counters.latency_max.max(answer.total_us);
                counters.latency[bucket(answer.total_us)] += 1;
            }
            Err(failure) => {
                counters.failures[failure.class as usize] += 1;
                self.last = Last::of(failure, now);
            }
        }
    }
}

impl Last {
    fn of(failure: &Failure, now: u64) -> Last {
        let mut code = [0; CODE];
        // A word and no sentence: what a server says may repeat the question, or the key.
        let is_word =
            |code: &&str| code.len() <= CODE && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if let Some(word) = failure.code.as_deref().filter(is_word) {
            code[..word.len()].copy_from_slice(word.as_bytes());
        }
        Last { at: now, class: failure.class as u32, status: failure.status.unwrap_or(0).into(), code }
    }

    fn shown(&self, now: u64) -> Option<LastError> {
        if self.at == 0 {
            return None;
        }
        let code: Vec<u8> = self.code.into_iter().take_while(|byte| *byte != 0).collect();
        Some(LastError {
            class: *FailureClass::ALL.get(self.class as usize)?,
            status: u16::try_from(self.status).ok().filter(|status| *status != 0),
            code: String::from_utf8(code).ok().filter(|code| !code.is_empty()),
            ago: now.saturating_sub(self.at),
        })
    }
}

/// Where a server's state is.
pub(super) fn find(servers: &[Server], key: &ServerKey) -> Option<usize> {
    servers.iter().position(|server| (server.database, server.server) == (key.database, key.server) && key.server != 0)
}

/// Where it is, begun if there is none. None when every place has something under way.
pub(super) fn open(tables: &mut Tables<'_>, key: &ServerKey, now: u64) -> Option<usize> {
    if let Some(place) = find(tables.servers, key) {
        return Some(place);
    }
    let is_busy = |place: usize| tables.parcels.iter().any(|parcel| parcel.live == 1 && parcel.server as usize == place);
    let free = (0..tables.servers.len()).filter(|place| tables.servers[*place].server == 0 || !is_busy(*place));
    let place = free.min_by_key(|place| (tables.servers[*place].server != 0, tables.servers[*place].used_at))?;
    tables.servers[place] = Server { database: key.database, server: key.server, used_at: now, ..Server::zeroed() };
    Some(place)
}

/// A random number of which every bit counts.
pub(super) fn random() -> u32 {
    (RandomState::new().build_hasher().finish() >> 32) as u32
}

/// A row of `pg_stat_nl_query_servers`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerRow {
    pub database: u32,
    pub server: u32,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Replies.
    pub answers: u64,
    /// Questions that waited for another session's request instead of sending their own.
    pub coalesced: u64,
    pub retries: u64,
    /// In the order of [`FailureClass::ALL`].
    pub failures: [u64; CLASSES],
    pub breaker: State,
    /// Until when it is left alone, in milliseconds from now: an open breaker's time, and the patience that it asked for.
    pub open_for: Option<u64>,
    pub cooling_for: Option<u64>,
    /// Requests that wait for a worker, and that a worker has.
    pub waiting: u32,
    pub in_flight: u32,
    pub tokens_in: u64,
    pub tokens_out: u64,
    /// Bytes of request bodies.
    pub bytes_out: u64,
    /// Microseconds.
    pub latency_total: u64,
    pub latency_max: u64,
    pub latency: [u64; BUCKETS],
    pub last_error: Option<LastError>,
}

/// A failure without the server's words, which may repeat the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    pub class: FailureClass,
    pub status: Option<u16>,
    /// The server's word for it, where it is a word.
    pub code: Option<String>,
    /// Milliseconds ago.
    pub ago: u64,
}

/// The servers of a database, or of all.
pub fn rows(database: Option<u32>) -> Vec<ServerRow> {
    let now = now();
    let copied = memory::with(|tables| {
        let mut copied: Vec<(Server, u32, u32)> = Vec::new();
        for place in 0..tables.servers.len() {
            let server = tables.servers[place];
            if server.server != 0 && database.is_none_or(|database| database == server.database) {
                let queue = tables.queue();
                copied.push((server, queue.waiting(place as u32), queue.running(place as u32)));
            }
        }
        copied
    });
    copied.unwrap_or_default().iter().map(|(server, waiting, in_flight)| row(server, *waiting, *in_flight, now)).collect()
}

fn row(server: &Server, waiting: u32, in_flight: u32, now: u64) -> ServerRow {
    let Counters { requests, answers, coalesced, retries, failures, tokens_in, tokens_out, bytes_out, .. } = server.counters;
    let Counters { latency_total, latency_max, latency, .. } = server.counters;
    ServerRow {
        database: server.database,
        server: server.server,
        requests,
        answers,
        coalesced,
        retries,
        failures,
        breaker: server.health.breaker.state(now),
        open_for: server.health.breaker.blocked_until(now).map(|until| until.saturating_sub(now)),
        cooling_for: server.health.cooldown.until(now).map(|until| until.saturating_sub(now)),
        waiting,
        in_flight,
        tokens_in,
        tokens_out,
        bytes_out,
        latency_total,
        latency_max,
        latency,
        last_error: server.last.shown(now),
    }
}

/// A question was answered by another session's request to this server.
pub fn coalesced(server: &ServerKey) {
    memory::with(|tables| {
        if let Some(place) = find(tables.servers, server) {
            tables.servers[place].counters.coalesced += 1;
        }
    });
}

/// Sets the counters of every server to nothing. What decides about calls stays.
pub fn reset() {
    memory::with(|tables| {
        for server in tables.servers.iter_mut() {
            (server.counters, server.last) = (Counters::zeroed(), Last::zeroed());
        }
    });
}
