//! Asking models. A session says how long, how often and in which trace; which models, and what they are told of the data, a superuser
//! says.

use std::ffi::CString;

use nl_query_core::prompt;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

use crate::pg::guc_check;

use super::{Engine, boolean, engine, int, text};

/// What of the database's contents may be told to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
#[allow(non_camel_case_types)] // the names are the values that users type
enum Disclose {
    schema,
    comments,
    values,
}

/// Answers that are sent back to the model with what is wrong with them. One mends most slips; more rarely help and cost each time.
static MAX_REPAIRS: GucSetting<i32> = GucSetting::<i32>::new(1);
/// Milliseconds for all of it: retries, other servers and repairs included. Longer than a model takes, shorter than a person waits.
static MODEL_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);
/// Empty: calls belong to no trace.
static TRACEPARENT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// Comments are written to be read; values are what the database is there to keep.
static DISCLOSE: GucSetting<Disclose> = GucSetting::<Disclose>::new(Disclose::comments);
/// Values of a column. A handful shows how they are written.
static DISCLOSED_VALUES: GucSetting<i32> = GucSetting::<i32>::new(5);
/// Whether what is sent is written to the server's log as well.
static LOG_PROMPTS: GucSetting<bool> = GucSetting::<bool>::new(false);
/// Answers that are asked for at once. More cost more, and help where a model is not sure.
static SAMPLES: GucSetting<i32> = GucSetting::<i32>::new(1);
/// Whether a model hears that its query, which is valid, found nothing or failed.
static VERIFY_RESULTS: GucSetting<bool> = GucSetting::<bool>::new(false);

/// What of the database's contents may be told to a model.
pub fn disclose() -> prompt::Disclose {
    match DISCLOSE.get() {
        Disclose::schema => prompt::Disclose::Schema,
        Disclose::comments => prompt::Disclose::Comments,
        Disclose::values => prompt::Disclose::Values,
    }
}

/// Values of a column that a prompt tells at most, where it tells any.
pub fn disclosed_values() -> usize {
    usize::try_from(DISCLOSED_VALUES.get()).unwrap_or(0)
}

/// Whether prompts go to the server's log.
pub fn log_prompts() -> bool {
    LOG_PROMPTS.get()
}

/// Answers to ask for at once.
pub fn samples() -> usize {
    usize::try_from(SAMPLES.get()).unwrap_or(1)
}

/// Whether a model may hear what became of its query when it ran.
pub fn verify_results() -> bool {
    VERIFY_RESULTS.get()
}

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
    define_disclosing();
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
    int(
        c"nl_query.samples",
        c"Sets how many answers a model is asked for at once; the one that most of them agree with is taken.",
        c"Each is a request. Their results are compared, so they are run, read-only and within the limits of an answer.",
        &SAMPLES,
        (1, 9),
        GucContext::Userset,
        GucFlags::default(),
    );
    guc_check::define_traceparent(
        c"nl_query.traceparent",
        c"Sets the trace that calls to models belong to.",
        c"The header traceparent of the W3C's Trace Context, passed on with every call. Empty: none.",
        &TRACEPARENT,
    );
}

/// What leaves the machine is for a superuser to say.
fn define_disclosing() {
    GucRegistry::define_enum_guc(
        c"nl_query.disclose",
        c"Sets what a model server may be told of this database.",
        c"\"schema\": names, types, keys, labels of enums, about how many rows. \"comments\": comments too. \"values\": some stored values too.",
        &DISCLOSE,
        GucContext::Suset,
        GucFlags::default(),
    );
    int(
        c"nl_query.disclosed_values",
        c"Sets how many values of a column a model server is told at most, where nl_query.disclose is \"values\".",
        c"Of columns with at most 100 different values that the caller may read and that are not labelled private.",
        &DISCLOSED_VALUES,
        (0, 100),
        GucContext::Suset,
        GucFlags::default(),
    );
    boolean(
        c"nl_query.log_prompts",
        c"Writes what is sent to model servers to the server's log.",
        c"Questions and names of tables are in it; keys are not.",
        &LOG_PROMPTS,
        GucContext::Suset,
    );
    boolean(
        c"nl_query.verify_results",
        c"Runs a model's query before it is taken, and lets the model write another one where it finds nothing or fails.",
        c"The model learns that the result was empty, or how it failed. The query runs read-only and within the limits of an answer.",
        &VERIFY_RESULTS,
        GucContext::Suset,
    );
}
