//! `nl_query`, `nl_record`, `nl_sql`, `nl_candidates`: asking.
#![allow(unsafe_code)] // nl_query_json and nl_record_rows are called by PostgreSQL directly, because they write their rows into a tuplestore

use nl_query_core::error::Error;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

use crate::guard::{JsonStore, RecordStore};
use crate::{expand, service};

use super::OrRaise;

/// The SQL that answers the question: proven, formatted, not run.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_sql(question: &str) -> String {
    service::sql(question).or_raise()
}

/// The readings of the question, best first.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_candidates(
    question: &str,
    n: default!(i32, 5),
) -> TableIterator<
    'static,
    (name!(rank, i32), name!(sql, String), name!(confidence, f64), name!(engine, String), name!(paraphrase, String)),
> {
    let count = usize::try_from(n).ok().filter(|count| *count > 0).ok_or_else(|| Error::Argument {
        message: format!("number of candidates must be greater than zero, not {n}"),
        hint: "Leave it out for five candidates.".to_owned(),
    });
    let (readings, engine) = count.and_then(|count| service::readings(question, count)).or_raise();
    let engine = engine.name();
    let row = move |(place, reading): (usize, nl_query_core::error::Reading)| {
        (place as i32 + 1, reading.sql, reading.confidence, engine.to_owned(), reading.paraphrase)
    };
    TableIterator::new(readings.into_iter().enumerate().map(row).collect::<Vec<_>>())
}

extension_sql!(
    r#"
CREATE FUNCTION nl_query(question text) RETURNS SETOF json
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    COST 10000 ROWS 100
    AS 'MODULE_PATHNAME', 'nl_query_json';
"#,
    name = "nl_query_json"
);

/// `nl_query(question text) RETURNS SETOF json`, materialised. STRICT: PostgreSQL does not call it for a NULL question.
///
/// # Safety
///
/// Called by PostgreSQL only, as the function declared above.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nl_query_json(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: PostgreSQL passes the call of a set-returning function with one text argument that is not NULL.
    let (question, store) = unsafe { (pgrx::pg_getarg::<String>(fcinfo, 0), JsonStore::begin(fcinfo)) };
    if let (Some(question), Some(mut store)) = (question, store) {
        service::rows(&question, &mut store).or_raise();
    }
    // SAFETY: a set-returning function in materialise mode returns NULL; the rows are in the tuplestore.
    unsafe { pgrx::pg_return_null(fcinfo) }
}

/// Tells PostgreSQL which calling convention `nl_query_json` has.
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_nl_query_json() -> &'static pg_sys::Pg_finfo_record {
    const RECORD: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &RECORD
}

extension_sql!(
    r#"
CREATE FUNCTION nl_record(question text) RETURNS SETOF record
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    COST 10000 ROWS 100
    AS 'MODULE_PATHNAME', 'nl_record_rows';
"#,
    name = "nl_record_rows"
);

/// `nl_record(question text) RETURNS SETOF record`, materialised, where it was not expanded. STRICT like `nl_query_json`.
///
/// # Safety
///
/// Called by PostgreSQL only, as the function declared above.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nl_record_rows(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: PostgreSQL passes the call of a set-returning function with one text argument that is not NULL.
    let (question, store) = unsafe { (pgrx::pg_getarg::<String>(fcinfo, 0), RecordStore::begin(fcinfo)) };
    let no_list = || Error::Argument {
        message: "nl_record needs a column definition list".to_owned(),
        hint: "Write: SELECT * FROM nl_record('…') AS t (month date, revenue numeric).".to_owned(),
    };
    if let Some(question) = question {
        let mut store = store.ok_or_else(no_list).or_raise();
        let answer = expand::record_sql(&question, store.columns()).and_then(|sql| service::run(&sql, &mut store));
        answer.or_raise();
    }
    // SAFETY: a set-returning function in materialise mode returns NULL; the rows are in the tuplestore.
    unsafe { pgrx::pg_return_null(fcinfo) }
}

/// Tells PostgreSQL which calling convention `nl_record_rows` has.
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_nl_record_rows() -> &'static pg_sys::Pg_finfo_record {
    const RECORD: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &RECORD
}
