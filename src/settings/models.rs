//! What a session says about asking models: how long, how often, in which trace. Which models, a superuser says (`nl_query.servers`).

use std::ffi::CString;

use pgrx::{GucContext, GucFlags, GucSetting};

use crate::pg::guc_check;

use super::{Engine, engine, int, text};

/// Answers that are sent back to the model with what is wrong with them. One mends most slips; more rarely help and cost each time.
static MAX_REPAIRS: GucSetting<i32> = GucSetting::<i32>::new(1);
/// Milliseconds for all of it: retries, other servers and repairs included. Longer than a model takes, shorter than a person waits.
static MODEL_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);
/// Empty: calls belong to no trace.
static TRACEPARENT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

/// Repairs of one answer at most.
pub fn max_repairs() -> u32 {
    u32::try_from(MAX_REPAIRS.get()).unwrap_or(0)
}

/// Milliseconds that models have for one question.
pub fn model_timeout() -> u64 {
    u64::try_from(MODEL_TIMEOUT.get()).unwrap_or(0)
}

/// The header that says which trace a call belongs to.
pub fn traceparent() -> Option<String> {
    Some(text(&TRACEPARENT)).filter(|header| !header.is_empty())
}

/// `nl_query.servers` where the engine may be a model; else empty. Decides what an answer says.
pub fn servers_asked() -> String {
    if engine() == Engine::embedded { String::new() } else { text(&super::SERVERS) }
}

/// Whether a question may go to a model.
pub fn may_ask_models() -> bool {
    engine() != Engine::embedded && super::SERVERS.get().is_some_and(|servers| !servers.to_bytes().trim_ascii().is_empty())
}

pub(super) fn define() {
    int(
        c"nl_query.max_repairs",
        c"Sets how often a model is told what is wrong with its SQL and asked again.",
        c"Each time is one more request.",
        &MAX_REPAIRS,
        (0, 3),
        GucContext::Userset,
        GucFlags::default(),
    );
    int(
        c"nl_query.model_timeout",
        c"Sets how long models have for one question, with retries, other servers and repairs.",
        c"statement_timeout applies as well.",
        &MODEL_TIMEOUT,
        (100, 3_600_000),
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    guc_check::define_traceparent(
        c"nl_query.traceparent",
        c"Sets the trace that calls to models belong to.",
        c"The header traceparent of the W3C's Trace Context, passed on with every call. Empty: none.",
        &TRACEPARENT,
    );
}
