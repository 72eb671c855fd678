//! What is known of each model server, for all sessions: health, what was spent, counters.

use nl_query_core::gateway::breaker::State;
use nl_query_core::histogram::BUCKETS;
use nl_query_core::provider::failure::FailureClass;

use super::ServerKey;

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
    pub failures: [u64; FailureClass::ALL.len()],
    pub breaker: State,
    /// Until when it is left alone, in milliseconds from now: an open breaker's time, and the patience that it asked for.
    pub open_for: Option<u64>,
    pub cooling_for: Option<u64>,
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
pub fn rows(_database: Option<u32>) -> Vec<ServerRow> {
    Vec::new()
}

/// A question was answered by another session's request to this server.
pub fn coalesced(_server: &ServerKey) {}

/// Sets the counters of every server to nothing. What decides about calls stays.
pub fn reset() {}
