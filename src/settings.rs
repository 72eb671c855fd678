//! Every setting of nl_query: private statics, the definitions, and getters for everyone else.
//!
//! Who may set what: *Userset* is taste, it can only make one's own answers stricter or smaller in ways that any client could
//! do itself. *Suset* is what a DBA promises the server (cost, time, what may be read); a superuser sets it for a role, a
//! database or the cluster, and may pass it on with `GRANT SET ON PARAMETER` (PostgreSQL 15). Settings that name a role are not
//! settable inside security-restricted operations.

use std::ffi::{CStr, CString};
use std::rc::Rc;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

use crate::guard::Limits;
use crate::pg::compat;

mod models;

pub use models::{
    disclose, disclosed_values, log_prompts, max_repairs, may_ask_models, model_timeout, samples, servers_asked, traceparent,
    verify_results,
};

/// Who may write the SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
#[allow(non_camel_case_types)] // the names are the values that users type
pub enum Engine {
    auto,
    embedded,
    model,
}

/// `auto`: the embedded engine where it is confident, else a model server where one is allowed.
static ENGINE: GucSetting<Engine> = GucSetting::<Engine>::new(Engine::auto);
/// Probability, 0 to 1. At 0.5 a reading is taken when it is more likely right than wrong.
static MIN_CONFIDENCE: GucSetting<f64> = GucSetting::<f64>::new(0.5);
/// Whether a literal question stands for its query; off gives json everywhere.
static EXPAND: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Rows. A person reads a few hundred, a spreadsheet takes some ten thousand; more is an export, to be asked for on purpose. 0: no limit.
static MAX_ROWS: GucSetting<i32> = GucSetting::<i32>::new(10_000);
/// Milliseconds over the run of an answer. Longer than any question at a screen waits, shorter than a report at night. 0: no limit.
static EXECUTION_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);
/// The planner's units, over all plan nodes. Ten million is a scan of about 50 GB; an accidental cross join lies far above. 0: no limit.
static MAX_PLAN_COST: GucSetting<f64> = GucSetting::<f64>::new(1e7);
/// Rows, over all plan nodes. 0: no limit.
static MAX_PLAN_ROWS: GucSetting<f64> = GucSetting::<f64>::new(1e9);
/// Answers about system catalogs show names that the snapshot leaves out; off.
static ALLOW_CATALOGS: GucSetting<bool> = GucSetting::<bool>::new(false);
/// A foreign table runs its query elsewhere, beyond what the guard's limits reach; off.
static ALLOW_FOREIGN_TABLES: GucSetting<bool> = GucSetting::<bool>::new(false);
/// Role names; functions of superusers are believed anyway.
static TRUSTED_FUNCTION_OWNERS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// Names of foreign servers, in order of preference; empty: no question leaves the machine.
static SERVERS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// A role name; empty is the caller.
static RUN_AS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));
/// kB; 0 leaves the session's work_mem alone, which it may only lower.
static WORK_MEM: GucSetting<i32> = GucSetting::<i32>::new(0);
/// kB; 0 leaves the session's temp_file_limit alone, which it may only lower.
static TEMP_FILE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(0);
/// kB. 32 MB hold the answers to some ten thousand questions and the catalogs of some ten thousand tables.
static SHARED_MEMORY: GucSetting<i32> = GucSetting::<i32>::new(32 * 1024);
/// Requests to model servers that are under way or wait, of all sessions together; at 64 kB each. Enough for two minutes of a server that
/// answers one a second; who comes after that is better told than kept waiting.
static QUEUE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(128);
/// Remembering and recalling; off asks anew and leaves what is remembered alone.
static CACHE: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Seconds. A day: what no generation tells (a function that means something else now) is not believed for ever. 0: for ever.
static CACHE_TTL: GucSetting<i32> = GucSetting::<i32>::new(86_400);
/// Seconds. Long enough for a dashboard that asks a bad question in a loop, short enough for a person who mends something. 0: none.
static NEGATIVE_TTL: GucSetting<i32> = GucSetting::<i32>::new(10);
/// Characters. A long paragraph; reading time grows with the square of the words.
static MAX_QUESTION_LENGTH: GucSetting<i32> = GucSetting::<i32>::new(2_000);
/// Relations a question is read against at most: 25 ms and 25 MB of a session for each thousand, and every question looks at all of them.
static MAX_RELATIONS: GucSetting<i32> = GucSetting::<i32>::new(2_000);
/// Looking into the data for values that statistics do not tell.
static PROBE: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Processes that ask model servers. One does what the network allows; more are for hundreds of calls at a time.
static WORKERS: GucSetting<i32> = GucSetting::<i32>::new(1);
/// Calls of one worker at a time, each on a thread of its own that exists while it is needed.
static WORKER_CONCURRENCY: GucSetting<i32> = GucSetting::<i32>::new(32);
/// Rows of one table that a probe reads at most; a table estimated larger is probed through an index or not at all.
static PROBE_ROWS: GucSetting<i32> = GucSetting::<i32>::new(20_000);
/// Milliseconds for all probes of one question.
static PROBE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(100);

/// Which engine may answer.
pub fn engine() -> Engine {
    ENGINE.get()
}

/// What a reading must at least reach to be acted upon.
pub fn min_confidence() -> f64 {
    MIN_CONFIDENCE.get()
}

/// Whether a call with a literal question is replaced by the query that answers it.
pub fn expand() -> bool {
    EXPAND.get()
}

/// Longest question, in characters.
pub fn max_question_length() -> usize {
    usize::try_from(MAX_QUESTION_LENGTH.get()).unwrap_or(0)
}

/// Shared memory in all, in bytes.
pub fn shared_memory() -> usize {
    usize::try_from(SHARED_MEMORY.get()).unwrap_or(0) * 1024
}

/// Slots of the queue to the workers.
pub fn queue_size() -> usize {
    usize::try_from(QUEUE_SIZE.get()).unwrap_or(0)
}

/// Whether answers are remembered and recalled.
pub fn cache() -> bool {
    CACHE.get()
}

/// How old a remembered answer may be, in seconds; 0 is any age.
pub fn cache_ttl() -> i32 {
    CACHE_TTL.get()
}

/// How old a remembered refusal may be, in seconds; 0 is none.
pub fn negative_ttl() -> i32 {
    NEGATIVE_TTL.get()
}

/// Relations in a snapshot at most.
pub fn max_relations() -> i32 {
    MAX_RELATIONS.get()
}

/// What probing the data for values may cost; none when it is off.
pub fn probe() -> Option<ProbeLimits> {
    PROBE.get().then(|| ProbeLimits { rows: PROBE_ROWS.get(), timeout_ms: PROBE_TIMEOUT.get() })
}

/// See [`probe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeLimits {
    pub rows: i32,
    pub timeout_ms: i32,
}

/// Processes that ask model servers.
pub fn workers() -> usize {
    usize::try_from(WORKERS.get()).unwrap_or(0)
}

/// Calls that a worker may have under way.
pub fn worker_concurrency() -> u32 {
    u32::try_from(WORKER_CONCURRENCY.get()).unwrap_or(1)
}

/// What the guard allows an answer.
pub fn limits() -> Limits {
    Limits {
        max_rows: i64::from(MAX_ROWS.get()),
        timeout_ms: EXECUTION_TIMEOUT.get(),
        max_plan_cost: MAX_PLAN_COST.get(),
        max_plan_rows: MAX_PLAN_ROWS.get(),
        allow_catalogs: ALLOW_CATALOGS.get(),
        allow_foreign_tables: ALLOW_FOREIGN_TABLES.get(),
        trusted_function_owners: names(&text(&TRUSTED_FUNCTION_OWNERS)),
        run_as: Some(text(&RUN_AS).trim().to_owned()).filter(|role| !role.is_empty()),
        work_mem_kb: WORK_MEM.get(),
        temp_file_limit_kb: TEMP_FILE_LIMIT.get(),
    }
}

/// The same, to be kept beside what was proven under them.
pub fn shared_limits() -> Rc<Limits> {
    Rc::new(limits())
}

/// Whether `nl_query.run_as` names a role.
pub fn runs_as_another() -> bool {
    RUN_AS.get().is_some_and(|role| !role.to_bytes().trim_ascii().is_empty())
}

/// Model servers that a question may go to, the preferred one first.
pub fn servers() -> Vec<String> {
    names(&text(&SERVERS))
}

fn text(setting: &'static GucSetting<Option<CString>>) -> String {
    setting.get().map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Names separated by commas; double quotes keep a name's case and commas, as in search_path.
fn names(list: &str) -> Vec<String> {
    let (mut names, mut name, mut quoted) = (Vec::new(), String::new(), false);
    let mut was_quoted = false;
    let mut letters = list.chars().chain([',']).peekable();
    while let Some(c) = letters.next() {
        match c {
            // Two of them inside quotes are one that is part of the name.
            '"' if quoted && letters.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => (quoted, was_quoted) = (!quoted, true),
            ',' if !quoted => {
                let whole = std::mem::take(&mut name);
                // PostgreSQL folds no letters but these in UTF8.
                let whole = if was_quoted { whole.trim().to_owned() } else { whole.trim().to_ascii_lowercase() };
                was_quoted = false;
                if !whole.is_empty() {
                    names.push(whole);
                }
            }
            _ => name.push(c),
        }
    }
    names
}

/// Defines every setting. Call once, from `_PG_init`, before anything reads one.
pub fn define() {
    define_asking();
    define_remembering();
    define_working();
    define_limits();
    define_reading();
    define_servers();
    models::define();
    compat::reserve_prefix(c"nl_query");
}

fn define_asking() {
    let none = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"nl_query.engine",
        c"Selects who may turn a question into SQL.",
        c"\"auto\" uses the embedded engine where it is confident and a model server otherwise, where one is configured.",
        &ENGINE,
        GucContext::Userset,
        none,
    );
    float(
        c"nl_query.min_confidence",
        c"Sets the confidence below which a reading is shown in an error instead of being run.",
        c"Between 0 (always run the best reading) and 1.",
        &MIN_CONFIDENCE,
        (0.0, 1.0),
        GucContext::Userset,
    );
    boolean(
        c"nl_query.expand",
        c"Replaces nl_query() with a literal question by the query that answers it.",
        c"Off: its rows are json objects everywhere.",
        &EXPAND,
        GucContext::Userset,
    );
    int(
        c"nl_query.max_rows",
        c"Sets how many rows an answer returns at most.",
        c"A NOTICE says when an answer was cut. 0 means no limit.",
        &MAX_ROWS,
        (0, i32::MAX),
        GucContext::Userset,
        none,
    );
    int(
        c"nl_query.max_question_length",
        c"Sets the longest question that is read, in characters.",
        c"",
        &MAX_QUESTION_LENGTH,
        (1, 100_000),
        GucContext::Suset,
        none,
    );
}

/// Defines what must be known when the server starts. Call from `_PG_init` while preloading, before [`define`].
pub fn define_at_start() {
    int(
        c"nl_query.shared_memory",
        c"Sets the shared memory of nl_query: schema snapshots, remembered answers, statistics.",
        c"Nothing is ever taken beyond it; the queue to model servers has memory of its own, see nl_query.queue_size.",
        &SHARED_MEMORY,
        (2 * 1024, i32::MAX),
        GucContext::Postmaster,
        GucFlags::UNIT_KB,
    );
    int(
        c"nl_query.workers",
        c"Sets how many background processes ask model servers.",
        c"They count towards max_worker_processes. 0 means that no model server is ever asked.",
        &WORKERS,
        (0, 16),
        GucContext::Postmaster,
        GucFlags::default(),
    );
    int(
        c"nl_query.queue_size",
        c"Sets how many requests to model servers may wait or be under way.",
        c"Each takes 64 kB of shared memory, in addition to nl_query.shared_memory. Beyond it, a question that needs a model is an error.",
        &QUEUE_SIZE,
        (8, 4096),
        GucContext::Postmaster,
        GucFlags::default(),
    );
}

fn define_working() {
    int(
        c"nl_query.worker_concurrency",
        c"Sets how many calls of model servers a worker may have under way.",
        c"Each takes a thread and a connection while it lasts.",
        &WORKER_CONCURRENCY,
        (1, 256),
        GucContext::Sighup,
        GucFlags::default(),
    );
}

fn define_remembering() {
    boolean(
        c"nl_query.cache",
        c"Remembers answers, and recalls them for the same question.",
        c"Off asks anew and leaves what is remembered as it is.",
        &CACHE,
        GucContext::Userset,
    );
    int(
        c"nl_query.cache_ttl",
        c"Sets how old a remembered answer may be.",
        c"0 means any age; what the catalog says of a change counts at once in any case.",
        &CACHE_TTL,
        (0, i32::MAX),
        GucContext::Userset,
        GucFlags::UNIT_S,
    );
    int(
        c"nl_query.negative_cache_ttl",
        c"Sets how long a refused question is refused again without another look.",
        c"0 means that refusals are not remembered.",
        &NEGATIVE_TTL,
        (0, 3600),
        GucContext::Userset,
        GucFlags::UNIT_S,
    );
}

fn define_limits() {
    int(
        c"nl_query.execution_timeout",
        c"Sets how long an answer may run.",
        c"0 means no limit; statement_timeout applies as well.",
        &EXECUTION_TIMEOUT,
        (0, i32::MAX),
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    float(
        c"nl_query.max_plan_cost",
        c"Sets the planner's cost estimate above which an answer is refused.",
        c"Compared with every node of the plan. 0 means no limit.",
        &MAX_PLAN_COST,
        (0.0, f64::MAX),
        GucContext::Suset,
    );
    float(
        c"nl_query.max_plan_rows",
        c"Sets the planner's row estimate above which an answer is refused.",
        c"Compared with every node of the plan. 0 means no limit.",
        &MAX_PLAN_ROWS,
        (0.0, f64::MAX),
        GucContext::Suset,
    );
    boolean(c"nl_query.allow_catalogs", c"Allows answers to read system catalogs.", c"", &ALLOW_CATALOGS, GucContext::Suset);
    boolean(
        c"nl_query.allow_foreign_tables",
        c"Allows answers to read foreign tables.",
        c"What a foreign server does is beyond nl_query's limits on cost and time.",
        &ALLOW_FOREIGN_TABLES,
        GucContext::Suset,
    );
    string(
        c"nl_query.trusted_function_owners",
        c"Names roles whose functions answers may call, beside those of superusers.",
        c"A list of role names separated by commas.",
        &TRUSTED_FUNCTION_OWNERS,
    );
    string(
        c"nl_query.run_as",
        c"Names the role that answers are proven and run as.",
        c"The caller must be a member of it. Empty means the caller.",
        &RUN_AS,
    );
    int(
        c"nl_query.work_mem",
        c"Sets the memory of each sort or hash of an answer where that is less than work_mem.",
        c"0 leaves work_mem as it is.",
        &WORK_MEM,
        (0, i32::MAX),
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    int(
        c"nl_query.temp_file_limit",
        c"Sets the temporary files of an answer where that is less than temp_file_limit.",
        c"0 leaves temp_file_limit as it is.",
        &TEMP_FILE_LIMIT,
        (0, i32::MAX),
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
}

fn define_reading() {
    let none = GucFlags::default();
    int(
        c"nl_query.max_relations",
        c"Sets how many tables and views a question is read against at most.",
        c"Where there are more, those come first whose names, columns and comments it speaks of; nl_explain() says how many were left out.",
        &MAX_RELATIONS,
        (10, 100_000),
        GucContext::Suset,
        none,
    );
    boolean(
        c"nl_query.probe",
        c"Looks into the data for words that name no column and no known value.",
        c"As the caller, read-only, within nl_query.probe_rows and nl_query.probe_timeout.",
        &PROBE,
        GucContext::Userset,
    );
    int(
        c"nl_query.probe_rows",
        c"Sets how many rows of a table are looked through for a word.",
        c"Larger tables are looked up through an index or not at all.",
        &PROBE_ROWS,
        (0, 10_000_000),
        GucContext::Suset,
        none,
    );
    int(
        c"nl_query.probe_timeout",
        c"Sets how long the data are looked through for one question.",
        c"",
        &PROBE_TIMEOUT,
        (1, 60_000),
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
}

/// Where data may go is for a superuser to say; for a database or a role, mostly.
fn define_servers() {
    string(
        c"nl_query.servers",
        c"Names the model servers that a question may go to, in order of preference.",
        c"A list of foreign servers of the wrapper nl_query, separated by commas. Empty: no question leaves the machine.",
        &SERVERS,
    );
}

type Text = &'static CStr;

fn int(
    name: Text,
    short: Text,
    long: Text,
    setting: &'static GucSetting<i32>,
    range: (i32, i32),
    context: GucContext,
    flags: GucFlags,
) {
    GucRegistry::define_int_guc(name, short, long, setting, range.0, range.1, context, flags);
}

fn float(name: Text, short: Text, long: Text, setting: &'static GucSetting<f64>, range: (f64, f64), context: GucContext) {
    GucRegistry::define_float_guc(name, short, long, setting, range.0, range.1, context, GucFlags::default());
}

fn boolean(name: Text, short: Text, long: Text, setting: &'static GucSetting<bool>, context: GucContext) {
    GucRegistry::define_bool_guc(name, short, long, setting, context, GucFlags::default());
}

/// Texts here name roles and servers: who may act for whom, and where data may go, is never a matter of a security-restricted operation.
fn string(name: Text, short: Text, long: Text, setting: &'static GucSetting<Option<CString>>) {
    GucRegistry::define_string_guc(name, short, long, setting, GucContext::Suset, GucFlags::NOT_WHILE_SEC_REST);
}
