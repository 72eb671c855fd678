//! What the `pg_stat_nl_query_…` views read. A view over a function each, as PostgreSQL's own statistics have it.

use pgrx::iter::TableIterator;
use pgrx::prelude::*;

use crate::cache;
use crate::pg::viewpoint;
use crate::queue;
use crate::queue::duty;
use crate::service;
use crate::stats::{self, Stage};

use super::OrRaise;
use super::cells::{ago, number, timestamp};

/// What another role asked is not for everybody's eyes.
const HIDDEN: &str = "<insufficient privilege>";

/// Calls by role, database and question. The text and the identifier of another role's question are for members of
/// `pg_read_all_stats`.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query() -> TableIterator<
    'static,
    (
        name!(userid, pg_sys::Oid),
        name!(dbid, pg_sys::Oid),
        name!(questionid, Option<i64>),
        name!(question, String),
        name!(engine, Option<String>),
        name!(calls, i64),
        name!(hits, i64),
        name!(errors, i64),
        name!(rows, i64),
        name!(total_ms, f64),
        name!(mean_ms, f64),
        name!(max_ms, f64),
        name!(cache_ms, f64),
        name!(catalog_ms, f64),
        name!(engine_ms, f64),
        name!(probe_ms, f64),
        name!(queue_ms, f64),
        name!(provider_ms, f64),
        name!(prove_ms, f64),
        name!(run_ms, f64),
        name!(tokens_in, i64),
        name!(tokens_out, i64),
        name!(queryid, Option<i64>),
        name!(first_asked, Option<TimestampWithTimeZone>),
        name!(last_asked, Option<TimestampWithTimeZone>),
    ),
> {
    service::ready().or_raise();
    let (user, reads_all) = (viewpoint::user(), viewpoint::reads_all_stats());
    let rows = stats::question_rows().into_iter().map(move |row| {
        let own = reads_all || row.user == user;
        let time = |stage: Stage| row.total[stage as usize];
        let total = time(Stage::Total);
        let mean = if row.calls == 0 { 0.0 } else { total / row.calls as f64 };
        let query_id = (own && row.query_id != 0).then_some(row.query_id as i64);
        (
            pg_sys::Oid::from(row.user),
            pg_sys::Oid::from(row.database),
            own.then_some(row.id),
            if own { row.question } else { HIDDEN.to_owned() },
            row.engine.map(|engine| engine.name().to_owned()),
            number(row.calls),
            number(row.hits),
            number(row.errors),
            number(row.rows),
            total,
            mean,
            row.max,
            time(Stage::Cache),
            time(Stage::Catalog),
            time(Stage::Engine),
            time(Stage::Probe),
            time(Stage::Queue),
            time(Stage::Provider),
            time(Stage::Prove),
            time(Stage::Run),
            number(row.tokens_in),
            number(row.tokens_out),
            query_id,
            timestamp(row.first),
            timestamp(row.last),
        )
    });
    TableIterator::new(rows.collect::<Vec<_>>())
}

/// What the tiers hold and how they did.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_cache() -> TableIterator<
    'static,
    (
        name!(tier, String),
        name!(level, String),
        name!(entries, i64),
        name!(bytes, i64),
        name!(limit_bytes, Option<i64>),
        name!(hits, i64),
        name!(misses, i64),
        name!(evictions, i64),
        name!(invalidations, i64),
        name!(refused, i64),
        name!(hit_ratio, Option<f64>),
    ),
> {
    service::ready().or_raise();
    let rows = cache::tiers().into_iter().map(|row| {
        let looked = row.hits + row.misses;
        let ratio = (looked > 0).then(|| row.hits as f64 / looked as f64);
        (
            row.tier.name().to_owned(),
            row.level.name().to_owned(),
            number(row.entries),
            number(row.bytes),
            row.limit.map(number),
            number(row.hits),
            number(row.misses),
            number(row.evictions),
            number(row.invalidations),
            number(row.refused),
            ratio,
        )
    });
    TableIterator::new(rows)
}

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
        name!(hits, i64),
        name!(refusals, i64),
        name!(dealloc, i64),
        name!(memory, i64),
        name!(stats_reset, Option<TimestampWithTimeZone>),
    ),
> {
    service::ready().or_raise();
    let row = stats::info().map(|info| {
        let [calls, answers, errors, embedded, model, rows, hits, refusals, dropped, memory] = [
            info.calls,
            info.answers,
            info.errors,
            info.embedded,
            info.model,
            info.rows,
            info.hits,
            info.refusals,
            info.dropped,
            info.memory,
        ]
        .map(number);
        (calls, answers, errors, embedded, model, rows, hits, refusals, dropped, memory, info.reset_at.and_then(timestamp))
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

/// The processes that ask model servers.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_workers() -> TableIterator<
    'static,
    (
        name!(worker, i32),
        name!(pid, i32),
        name!(state, String),
        name!(in_flight, i32),
        name!(capacity, i32),
        name!(completed, i64),
        name!(threads, i32),
        name!(panics, i32),
        name!(started, Option<TimestampWithTimeZone>),
        name!(last_activity, Option<TimestampWithTimeZone>),
    ),
> {
    service::ready().or_raise();
    let rows = duty::workers().into_iter().map(|row| {
        (
            row.number as i32,
            row.process,
            if row.in_flight == 0 { "idle" } else { "active" }.to_owned(),
            row.in_flight as i32,
            row.capacity as i32,
            number(row.completed),
            row.threads as i32,
            row.panics as i32,
            ago(row.started_ago),
            row.last_ago.and_then(ago),
        )
    });
    TableIterator::new(rows)
}

/// Sets all statistics of nl_query back.
#[pg_extern(volatile, parallel_unsafe)]
fn pg_stat_nl_query_reset() {
    service::ready().or_raise();
    stats::reset();
    queue::servers::reset();
}
