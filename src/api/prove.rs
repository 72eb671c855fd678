//! `nl_prove(sql)`: what the guard says of any SQL, for this caller, without running it.

use pgrx::prelude::*;

use crate::guard;

/// One row: allowed with the plan's figures, or refused with SQLSTATE, reason and detail. Runs nothing and keeps no lock.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_prove(
    sql: &str,
) -> TableIterator<
    'static,
    (
        name!(allowed, bool),
        name!(sqlstate, Option<String>),
        name!(reason, Option<String>),
        name!(detail, Option<String>),
        name!(plan_cost, Option<f64>),
        name!(plan_rows, Option<f64>),
    ),
> {
    let row = match guard::check(sql, &crate::settings::limits()) {
        Ok(verdict) => (true, None, None, None, Some(verdict.plan_cost), Some(verdict.plan_rows)),
        Err(refusal) => {
            crate::stats::count_refusal(refusal.reason);
            let state = refusal.sqlstate_text().to_owned();
            (false, Some(state), Some(refusal.reason.name().to_owned()), Some(account(&refusal)), None, None)
        }
    };
    TableIterator::once(row)
}

/// Message, detail and hint in one text.
fn account(refusal: &guard::Refusal) -> String {
    let parts = [Some(refusal.message.as_str()), refusal.detail.as_deref(), refusal.hint.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
