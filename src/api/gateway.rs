//! What the views of the gateway read: `pg_stat_nl_query_servers` and `pg_stat_progress_nl_query`. A view over a function each, as
//! PostgreSQL's own statistics have it.

use nl_query_core::histogram::percentile;
use nl_query_core::provider::failure::{FailureClass, Meaning};
use pgrx::prelude::*;
use serde_json::{Map, Value};

use crate::pg::viewpoint;
use crate::queue::{progress, servers};
use crate::service;

use super::OrRaise;
use super::cells::{ago, ahead, number};

/// Model servers of all databases that were asked since the server started: numbers only, for everybody.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_servers() -> TableIterator<
    'static,
    (
        name!(dbid, pg_sys::Oid),
        name!(serverid, pg_sys::Oid),
        name!(requests, i64),
        name!(answers, i64),
        name!(coalesced, i64),
        name!(retries, i64),
        name!(failures, i64),
        name!(unavailable, i64),
        name!(throttled, i64),
        name!(misconfigured, i64),
        name!(rejected, i64),
        name!(failures_by_class, pgrx::Json),
        name!(breaker, String),
        name!(breaker_open_until, Option<TimestampWithTimeZone>),
        name!(cooldown_until, Option<TimestampWithTimeZone>),
        name!(in_flight, i64),
        name!(queued, i64),
        name!(tokens_in, i64),
        name!(tokens_out, i64),
        name!(bytes_out, i64),
        name!(mean_ms, f64),
        name!(p50_ms, f64),
        name!(p95_ms, f64),
        name!(p99_ms, f64),
        name!(max_ms, f64),
        name!(last_error, Option<String>),
        name!(last_error_status, Option<i32>),
        name!(last_error_code, Option<String>),
        name!(last_error_at, Option<TimestampWithTimeZone>),
    ),
> {
    service::ready().or_raise();
    let rows = servers::rows(None).into_iter().map(|row| {
        let measured: u64 = row.latency.iter().sum();
        let mean = if measured == 0 { 0.0 } else { row.latency_total as f64 / measured as f64 };
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&row.latency, share));
        let [mean, p50, p95, p99, max] = [mean, p50, p95, p99, row.latency_max as f64].map(|micros| micros / 1000.0);
        let [unavailable, throttled, misconfigured, rejected] =
            [Meaning::Unwell, Meaning::Patience, Meaning::Misconfigured, Meaning::Request].map(|of| family(&row.failures, of));
        let last = row.last_error;
        (
            pg_sys::Oid::from(row.database),
            pg_sys::Oid::from(row.server),
            number(row.requests),
            number(row.answers),
            number(row.coalesced),
            number(row.retries),
            number(row.failures.iter().sum()),
            unavailable,
            throttled,
            misconfigured,
            rejected,
            by_class(&row.failures),
            row.breaker.name().to_owned(),
            row.open_for.and_then(ahead),
            row.cooling_for.and_then(ahead),
            i64::from(row.in_flight),
            i64::from(row.waiting),
            number(row.tokens_in),
            number(row.tokens_out),
            number(row.bytes_out),
            mean,
            p50,
            p95,
            p99,
            max,
            last.as_ref().map(|last| last.class.name().to_owned()),
            last.as_ref().and_then(|last| last.status).map(i32::from),
            last.as_ref().and_then(|last| last.code.clone()),
            last.and_then(|last| ago(last.ago)),
        )
    });
    TableIterator::new(rows.collect::<Vec<_>>())
}

/// Questions under way: those of roles whose privileges one has, and everybody's for members of `pg_read_all_stats`.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_progress_nl_query() -> TableIterator<
    'static,
    (
        name!(pid, i32),
        name!(datid, pg_sys::Oid),
        name!(usesysid, pg_sys::Oid),
        name!(stage, String),
        name!(attempt, i32),
        name!(elapsed_ms, f64),
    ),
> {
    service::ready().or_raise();
    let reads_all = viewpoint::reads_all_stats();
    let rows = progress::rows().into_iter().filter(|row| reads_all || viewpoint::has_privileges_of(row.role)).map(|row| {
        let attempt = i32::try_from(row.attempt).unwrap_or(i32::MAX);
        let [database, role] = [row.database, row.role].map(pg_sys::Oid::from);
        (row.process, database, role, row.stage.name().to_owned(), attempt, row.elapsed as f64)
    });
    TableIterator::new(rows.collect::<Vec<_>>())
}

/// Failures of one family: what has to be done about them is the same.
fn family(failures: &[u64; FailureClass::ALL.len()], wanted: Meaning) -> i64 {
    let counts = FailureClass::ALL.iter().zip(failures).filter(|(class, _)| class.meaning() == wanted);
    number(counts.map(|(_, count)| count).sum())
}

/// Classes that occurred, by name.
fn by_class(failures: &[u64; FailureClass::ALL.len()]) -> pgrx::Json {
    let counts = FailureClass::ALL.iter().zip(failures).filter(|(_, count)| **count > 0);
    pgrx::Json(Value::Object(counts.map(|(class, count)| (class.name().to_owned(), Value::from(*count))).collect::<Map<_, _>>()))
}
