//! SQL functions that only test builds have (feature `pg_test`): the guard's inside, driven from a client.
#![allow(unsafe_code)]

use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::guard::{self, JsonStore, Refusal};

/// `nl_test_run(sql text) RETURNS SETOF json`: proves and runs any SQL, straight into the caller's tuplestore.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn nl_test_run(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the function is declared STRICT with one text argument and RETURNS SETOF json.
    let (sql, store) = unsafe {
        let sql = String::from_datum((*fcinfo).args.as_slice(1)[0].value, false).unwrap_or_default();
        (sql, JsonStore::begin(fcinfo))
    };
    let Some(mut store) = store else { error!("nl_test_run needs a caller that takes a set") };
    let limits = crate::settings::limits();
    if let Err(refusal) = guard::prove(&sql, &limits).and_then(|proven| proven.run(&limits, &mut store)) {
        raise(&refusal);
    }
    // SAFETY: as the protocol of materialise mode wants.
    unsafe { (*fcinfo).isnull = true };
    pg_sys::Datum::from(0usize)
}

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_nl_test_run() -> &'static pg_sys::Pg_finfo_record {
    const INFO: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &INFO
}

fn raise(refusal: &Refusal) -> ! {
    let text = format!("{} {}: {}", refusal.sqlstate_text(), refusal.reason, refusal.message);
    error!("{text}{}", refusal.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default())
}

extension_sql!(
    r#"CREATE FUNCTION nl_test_run(sql text) RETURNS SETOF json LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'nl_test_run';"#,
    name = "nl_test_run"
);
