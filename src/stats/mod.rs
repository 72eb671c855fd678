//! Counting: totals, durations by stage, refusals by role and reason, in a fixed area of shared memory; what concerns one question in
//! [`questions`].
//!
//! Lock rules: none here, every field is an atomic and is counted with relaxed order (see `pg::shmem`). A refusal's row is claimed by
//! one compare-and-swap on its key and is then only counted up; rows are taken back by a reset alone. What does not fit is
//! counted as dropped. A reset while others count may keep some of their counts.
//!
//! A call gathers what it did in its own memory ([`Call`]) and counts it once, at its end. Counting never fails and never waits for
//! anything but a moment's lock, and does nothing where the library is not preloaded.

mod questions;

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use nl_query_core::histogram::{BUCKETS, bucket, percentile};
use nl_query_core::refusal::Reason;

use crate::cache::{self, Engine};
use crate::pg::shmem::{Area, shared_struct};
use crate::pg::viewpoint;
use crate::settings;

pub use questions::{QuestionCounters, most_asked, rows as question_rows};

/// Where the time of a question goes, in the order it goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking among what is remembered.
    Cache,
    /// Reading the catalog, or finding that nothing has changed.
    Catalog,
    /// The engine, without its probes.
    Engine,
    /// Looking into the data for values.
    Probe,
    /// Waiting for a worker.
    Queue,
    /// Waiting for a model server.
    Provider,
    /// The guard's proof.
    Prove,
    /// Running the answer.
    Run,
    /// All of it.
    Total,
}

impl Stage {
    pub const ALL: [Stage; 9] = [
        Stage::Cache,
        Stage::Catalog,
        Stage::Engine,
        Stage::Probe,
        Stage::Queue,
        Stage::Provider,
        Stage::Prove,
        Stage::Run,
        Stage::Total,
    ];

    /// The name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Cache => "cache",
            Stage::Catalog => "catalog",
            Stage::Engine => "engine",
            Stage::Probe => "probe",
            Stage::Queue => "queue",
            Stage::Provider => "provider",
            Stage::Prove => "prove",
            Stage::Run => "run",
            Stage::Total => "total",
        }
    }
}

/// Rows for (role, reason) pairs: thirty reasons for some tens of roles that are ever refused.
const REFUSALS: usize = 1024;

shared_struct! {
    pub struct Shared {
        calls: AtomicU64,
        answers: AtomicU64,
        errors: AtomicU64,
        embedded: AtomicU64,
        model: AtomicU64,
        rows: AtomicU64,
        hits: AtomicU64,
        refusals_dropped: AtomicU64,
        /// Microseconds since 2000; 0 until the first reset.
        reset_at: AtomicI64,
        timings: [Timing; Stage::ALL.len()],
        refusals: [RefusalRow; REFUSALS],
    }
}

shared_struct! {
    struct Timing {
        count: AtomicU64,
        total_us: AtomicU64,
        max_us: AtomicU64,
        buckets: [AtomicU64; BUCKETS],
    }
}

shared_struct! {
    struct RefusalRow {
        /// Role OID in the upper half, position of the reason plus one in the lower; 0 is a free row.
        key: AtomicU64,
        count: AtomicU64,
        last: AtomicI64,
    }
}

pub static AREA: Area<Shared> = Area::new(c"nl_query statistics");

/// Bytes of the area, counted into `nl_query.shared_memory`.
pub const AREA_SIZE: usize = size_of::<Shared>().next_multiple_of(128);

/// True when the library was preloaded.
pub fn available() -> bool {
    AREA.get().is_some()
}

/// A question under way: what it did so far. Counted as a whole when it ends, as an error unless [`Call::answered`] was called.
pub struct Call {
    started: Instant,
    counted: bool,
    done: Done,
}

/// What a call did.
#[derive(Default)]
struct Done {
    user: u32,
    question: Option<String>,
    answered: Option<Engine>,
    hit: bool,
    rows: u64,
    /// That models say they read and wrote for it.
    tokens: (u64, u64),
    query_id: u64,
    times: [Duration; Stage::ALL.len()],
}

thread_local! {
    // Calls that an ERROR ended: no lock may be taken while it unwinds, so they are counted when the transaction ends.
    static UNCOUNTED: RefCell<Vec<Done>> = const { RefCell::new(Vec::new()) };
}

impl Call {
    pub fn begin() -> Call {
        let mut call = Call::silent();
        call.counted = true;
        call
    }

    /// One that nobody asked: it leaves no trace.
    pub fn silent() -> Call {
        Call { started: Instant::now(), counted: false, done: Done { user: viewpoint::user(), ..Done::default() } }
    }

    /// The text that is asked.
    pub fn ask(&mut self, question: &str) {
        self.done.question = Some(questions::shortened(question).to_owned());
    }

    /// Time that a stage took.
    pub fn spent(&mut self, stage: Stage, time: Duration) {
        self.done.times[stage as usize] += time;
    }

    /// A model says what an answer took.
    pub fn took_tokens(&mut self, read: u64, written: u64) {
        let (before_read, before_written) = self.done.tokens;
        self.done.tokens = (before_read.saturating_add(read), before_written.saturating_add(written));
    }

    /// The answer was remembered.
    pub fn hit(&mut self) {
        self.done.hit = true;
    }

    /// The identifier of the statement; 0 where none is computed.
    pub fn identify(&mut self, query_id: u64) {
        self.done.query_id = query_id;
    }

    /// The question has its answer, with so many rows (0 where it was not run).
    pub fn answered(mut self, engine: Engine, rows: u64) {
        (self.done.answered, self.done.rows) = (Some(engine), rows);
    }

    /// Nothing came of it yet: somebody else will count it, or nobody.
    pub fn leave_uncounted(mut self) {
        self.counted = false;
    }

    /// Since it began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Time of a stage so far.
    pub fn time(&self, stage: Stage) -> Duration {
        self.done.times[stage as usize]
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.counted {
            return;
        }
        let mut done = std::mem::take(&mut self.done);
        done.times[Stage::Total as usize] = self.started.elapsed();
        if std::thread::panicking() {
            UNCOUNTED.with_borrow_mut(|uncounted| uncounted.push(done));
        } else {
            count_failed();
            count(&done);
        }
    }
}

/// Counts the calls that an ERROR ended. Called when a transaction ends, and before something else is counted.
pub fn count_failed() {
    if UNCOUNTED.with_borrow(|uncounted| !uncounted.is_empty()) {
        UNCOUNTED.take().iter().for_each(count);
    }
}

fn count(done: &Done) {
    let Some(shared) = AREA.get() else { return };
    shared.calls.fetch_add(1, Relaxed);
    match done.answered {
        Some(Engine::Embedded) => {
            shared.answers.fetch_add(1, Relaxed);
            shared.embedded.fetch_add(1, Relaxed);
        }
        Some(Engine::Model) => {
            shared.answers.fetch_add(1, Relaxed);
            shared.model.fetch_add(1, Relaxed);
        }
        None => {
            shared.errors.fetch_add(1, Relaxed);
        }
    }
    if done.hit {
        shared.hits.fetch_add(1, Relaxed);
    }
    if done.rows > 0 {
        shared.rows.fetch_add(done.rows, Relaxed);
    }
    for stage in Stage::ALL {
        let time = done.times[stage as usize];
        // Every stage but the whole is counted where it was reached.
        if !time.is_zero() && (done.answered.is_some() || stage != Stage::Total) {
            count_time(shared, stage, time);
        }
    }
    questions::count(done);
}

fn count_time(shared: &Shared, stage: Stage, time: Duration) {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let timing = &shared.timings[stage as usize];
    timing.count.fetch_add(1, Relaxed);
    timing.total_us.fetch_add(micros, Relaxed);
    if timing.max_us.load(Relaxed) < micros {
        timing.max_us.fetch_max(micros, Relaxed);
    }
    timing.buckets[bucket(micros)].fetch_add(1, Relaxed);
}

/// Counts a refusal of the guard for the current role.
pub fn count_refusal(reason: Reason) {
    let Some(shared) = AREA.get() else { return };
    let key = u64::from(viewpoint::user()) << 32 | (reason as u64 + 1);
    let start = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize;
    for step in 0..REFUSALS {
        let row = &shared.refusals[(start + step) % REFUSALS];
        let held = row.key.compare_exchange(0, key, Relaxed, Relaxed).unwrap_or_else(|held| held);
        if held == 0 || held == key {
            row.count.fetch_add(1, Relaxed);
            row.last.store(viewpoint::now(), Relaxed);
            return;
        }
    }
    shared.refusals_dropped.fetch_add(1, Relaxed);
}

/// `pg_stat_nl_query_info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    pub calls: u64,
    pub answers: u64,
    pub errors: u64,
    pub embedded: u64,
    pub model: u64,
    pub rows: u64,
    pub hits: u64,
    pub refusals: u64,
    pub dropped: u64,
    pub memory: u64,
    /// None before the first reset.
    pub reset_at: Option<i64>,
}

pub fn info() -> Option<Info> {
    let shared = AREA.get()?;
    Some(Info {
        calls: shared.calls.load(Relaxed),
        answers: shared.answers.load(Relaxed),
        errors: shared.errors.load(Relaxed),
        embedded: shared.embedded.load(Relaxed),
        model: shared.model.load(Relaxed),
        rows: shared.rows.load(Relaxed),
        hits: shared.hits.load(Relaxed),
        refusals: shared.refusals.iter().map(|row| row.count.load(Relaxed)).sum::<u64>() + shared.refusals_dropped.load(Relaxed),
        dropped: shared.refusals_dropped.load(Relaxed) + questions::dropped(),
        memory: settings::shared_memory() as u64,
        reset_at: Some(shared.reset_at.load(Relaxed)).filter(|at| *at != 0),
    })
}

/// A row of `pg_stat_nl_query_timing`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimingRow {
    pub stage: Stage,
    pub count: u64,
    pub total: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

pub fn timings() -> Vec<TimingRow> {
    let Some(shared) = AREA.get() else { return Vec::new() };
    Stage::ALL.iter().map(|stage| timing_row(*stage, &shared.timings[*stage as usize])).collect()
}

fn timing_row(stage: Stage, timing: &Timing) -> TimingRow {
    let counts: Vec<u64> = timing.buckets.iter().map(|count| count.load(Relaxed)).collect();
    let max = timing.max_us.load(Relaxed) as f64 / 1000.0;
    // A bucket's upper bound may lie above the greatest value there ever was.
    let share = |share| (percentile(&counts, share) / 1000.0).min(max);
    let total = timing.total_us.load(Relaxed) as f64 / 1000.0;
    TimingRow { stage, count: timing.count.load(Relaxed), total, p50: share(0.5), p95: share(0.95), p99: share(0.99), max }
}

/// A row of `pg_stat_nl_query_refusals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCount {
    pub role: u32,
    pub reason: Reason,
    pub count: u64,
    pub last: i64,
}

/// Refusals of every role, or of one.
pub fn refusals(only: Option<u32>) -> Vec<RefusalCount> {
    let Some(shared) = AREA.get() else { return Vec::new() };
    shared.refusals.iter().filter_map(refusal_count).filter(|row| only.is_none_or(|role| role == row.role)).collect()
}

fn refusal_count(row: &RefusalRow) -> Option<RefusalCount> {
    let key = row.key.load(Relaxed);
    let reason = *Reason::ALL.get(usize::try_from(key & 0xFFFF_FFFF).ok()?.checked_sub(1)?)?;
    let count = row.count.load(Relaxed);
    (count > 0).then(|| RefusalCount { role: (key >> 32) as u32, reason, count, last: row.last.load(Relaxed) })
}

/// Sets everything back to nothing.
pub fn reset() {
    let Some(shared) = AREA.get() else { return };
    let Shared { calls, answers, errors, embedded, model, rows, hits, refusals_dropped, .. } = shared;
    let totals = [calls, answers, errors, embedded, model, rows, hits, refusals_dropped];
    totals.iter().for_each(|total| total.store(0, Relaxed));
    for timing in &shared.timings {
        [&timing.count, &timing.total_us, &timing.max_us].iter().for_each(|total| total.store(0, Relaxed));
        timing.buckets.iter().for_each(|count| count.store(0, Relaxed));
    }
    for row in &shared.refusals {
        row.key.store(0, Relaxed);
        row.count.store(0, Relaxed);
        row.last.store(0, Relaxed);
    }
    questions::reset();
    cache::reset_counters();
    shared.reset_at.store(viewpoint::now(), Relaxed);
}
