//! `nl_cache_clear`, `nl_cache_warm`: what a DBA does to what is remembered.

use pgrx::prelude::*;

use crate::{cache, catalog, service};

use super::OrRaise;

/// Forgets schema snapshot, answers and refusals of this database, in every session; how many answers and refusals that were.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_cache_clear() -> i64 {
    service::ready().or_raise();
    catalog::clear();
    i64::try_from(cache::clear()).unwrap_or(i64::MAX)
}

/// Reads the catalog for every session and answers again, without running them, the questions that the current role asks most; how
/// many of them have their answers now.
#[pg_extern(volatile, parallel_unsafe)]
fn nl_cache_warm() -> i64 {
    i64::try_from(service::warm().or_raise()).unwrap_or(i64::MAX)
}
