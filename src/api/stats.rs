//! What the `pg_stat_nl_query_…` views read. A view over a function each, as PostgreSQL's own statistics have it.

use pgrx::iter::TableIterator;
use pgrx::prelude::*;

use crate::pg::viewpoint;
use crate::service;
use crate::stats;

use super::OrRaise;

/// Totals.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_info() -> TableIterator<
    'static,
    (
        name!(calls, i64),
        name!(answers, i64),
        name!(errors, i64),
        name!(embedded, i64),
        name!(model, i64),
        name!(rows, i64),
        name!(refusals, i64),
        name!(dealloc, i64),
        name!(memory, i64),
        name!(stats_reset, Option<TimestampWithTimeZone>),
    ),
> {
    service::ready().or_raise();
    let row = stats::info().map(|info| {
        let [calls, answers, errors, embedded, model, rows, refusals, dropped, memory] = [
            info.calls,
            info.answers,
            info.errors,
            info.embedded,
            info.model,
            info.rows,
            info.refusals,
            info.dropped,
            info.memory,
        ]
        .map(number);
        (calls, answers, errors, embedded, model, rows, refusals, dropped, memory, info.reset_at.and_then(timestamp))
    });
    TableIterator::new(row)
}

/// Durations by stage, in milliseconds.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_timing() -> TableIterator<
    'static,
    (
        name!(stage, String),
        name!(count, i64),
        name!(total_ms, f64),
        name!(mean_ms, f64),
        name!(p50_ms, f64),
        name!(p95_ms, f64),
        name!(p99_ms, f64),
        name!(max_ms, f64),
    ),
> {
    service::ready().or_raise();
    let rows = stats::timings().into_iter().map(|row| {
        let mean = if row.count == 0 { 0.0 } else { row.total / row.count as f64 };
        (row.stage.name().to_owned(), number(row.count), row.total, mean, row.p50, row.p95, row.p99, row.max)
    });
    TableIterator::new(rows)
}

/// What the guard refused, by role and reason: one's own, and everybody's for members of `pg_read_all_stats`.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_refusals() -> TableIterator<
    'static,
    (name!(userid, pg_sys::Oid), name!(reason, String), name!(count, i64), name!(last_refused, Option<TimestampWithTimeZone>)),
> {
    service::ready().or_raise();
    let only = (!viewpoint::reads_all_stats()).then(viewpoint::user);
    let rows = stats::refusals(only)
        .into_iter()
        .map(|row| (pg_sys::Oid::from(row.role), row.reason.name().to_owned(), number(row.count), timestamp(row.last)));
    TableIterator::new(rows)
}

/// Sets all statistics of nl_query back.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_reset() {
    service::ready().or_raise();
    stats::reset();
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn timestamp(micros: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(micros).ok()
}
