//! `nl_submit`, `nl_status`, `nl_fetch`, `nl_cancel`, `nl_sql_batch`: asking without waiting, and asking much at once.
#![allow(unsafe_code)] // nl_fetch_json is called by PostgreSQL directly, because it writes its rows into a tuplestore

use nl_query_core::error::Error;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

use crate::cache::Engine;
use crate::guard::JsonStore;
use crate::pg::report::report;
use crate::service::{self, Status};

use super::OrRaise;

/// Asks without waiting for a model; the number by which the answer can be had later, by the same role in the same database.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_submit(question: &str) -> i64 {
    service::submit(question).or_raise()
}

/// Where a submitted question stands: queued, running, pausing, done, failed or canceled.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_status(
    id: i64,
) -> TableIterator<
    'static,
    (
        name!(state, String),
        name!(sql, Option<String>),
        name!(engine, Option<String>),
        name!(error, Option<String>),
        name!(elapsed_ms, f64),
    ),
> {
    let Status { state, answer, error, elapsed } = service::status(id).or_raise();
    let (sql, engine) = parts(answer);
    TableIterator::once((state.to_owned(), sql, engine, error.map(said), elapsed as f64))
}

/// Takes a submitted question back; false where it is over.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_cancel(id: i64) -> bool {
    service::cancel(id).or_raise()
}

/// Answers many questions at once with SQL; one row each, in their order. A question that has no answer fails by itself.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_sql_batch(
    questions: Vec<Option<String>>,
) -> TableIterator<
    'static,
    (
        name!(ordinality, i32),
        name!(question, Option<String>),
        name!(sql, Option<String>),
        name!(engine, Option<String>),
        name!(error, Option<String>),
    ),
> {
    let asked: Vec<&str> = questions.iter().flatten().map(String::as_str).collect();
    let mut answers = service::batch(&asked).or_raise().into_iter();
    let row = |(place, question): (usize, &Option<String>)| {
        let answer = question.as_ref().and_then(|_| answers.next());
        let (answer, error) = match answer {
            Some(Ok(answer)) => (Some(answer), None),
            Some(Err(error)) => (None, Some(said(error))),
            None => (None, None),
        };
        let (sql, engine) = parts(answer);
        (place as i32 + 1, question.clone(), sql, engine, error)
    };
    TableIterator::new(questions.iter().enumerate().map(row).collect::<Vec<_>>())
}

fn parts(answer: Option<(String, Engine)>) -> (Option<String>, Option<String>) {
    answer.map(|(sql, engine)| (sql, engine.name().to_owned())).unzip()
}

/// Message and DETAIL in one text.
fn said(error: Error) -> String {
    let report = report(error);
    match report.detail() {
        Some(detail) => format!("{}: {detail}", report.message()),
        None => report.message().to_owned(),
    }
}

extension_sql!(
    r#"
CREATE FUNCTION nl_fetch(id bigint) RETURNS SETOF json
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    COST 10000 ROWS 100
    AS 'MODULE_PATHNAME', 'nl_fetch_json';
"#,
    name = "nl_fetch_json"
);

/// `nl_fetch(id bigint) RETURNS SETOF json`, materialised. STRICT: PostgreSQL does not call it for NULL.
///
/// # Safety
///
/// Called by PostgreSQL only, as the function declared above.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nl_fetch_json(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: PostgreSQL passes the call of a set-returning function with one bigint argument that is not NULL.
    let (id, store) = unsafe { (pgrx::pg_getarg::<i64>(fcinfo, 0), JsonStore::begin(fcinfo)) };
    if let (Some(id), Some(mut store)) = (id, store) {
        service::fetch(id, &mut store).or_raise();
    }
    // SAFETY: a set-returning function in materialise mode returns NULL; the rows are in the tuplestore.
    unsafe { pgrx::pg_return_null(fcinfo) }
}

/// Tells PostgreSQL which calling convention `nl_fetch_json` has.
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_nl_fetch_json() -> &'static pg_sys::Pg_finfo_record {
    const RECORD: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &RECORD
}
