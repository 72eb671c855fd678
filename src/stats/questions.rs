//! Statistics by role, database and question, in a table of `nl_query.shared_memory`.
//!
//! Lock rules are those of `core::table`: a call counts under the shared lock of its question's partition, which keeps the row from being
//! given to another question meanwhile, so that no count is lost or lands in the wrong row; a new question takes the exclusive lock
//! once. When the table is full, the row that was not counted into lately goes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use nl_query_core::table::{Extra, Stamp};

use crate::cache::{self, Engine};
use crate::memory::{self, SharedTable};
use crate::pg::shmem::shared_struct;
use crate::pg::viewpoint;

use super::{Done, Stage};

const STAGES: usize = Stage::ALL.len();

/// Longest text that is kept, in bytes.
const LONGEST: usize = 2000;

shared_struct! {
    /// What is counted for one question.
    #[derive(Default)]
    pub struct QuestionCounters {
        calls: AtomicU64,
        hits: AtomicU64,
        errors: AtomicU64,
        rows: AtomicU64,
        total_us: [AtomicU64; STAGES],
        max_us: AtomicU64,
        query_id: AtomicU64,
        tokens_in: AtomicU64,
        tokens_out: AtomicU64,
        first: AtomicI64,
        last: AtomicI64,
        /// Who answered last: 1 is the embedded engine, 2 a model; 0 is nobody.
        engine: AtomicU32,
        _unused: AtomicU32,
    }
}

impl Extra for QuestionCounters {
    fn reset(&self) {
        let counts = [&self.calls, &self.hits, &self.errors, &self.rows, &self.max_us, &self.query_id, &self.tokens_in];
        let counts = counts.into_iter().chain([&self.tokens_out]);
        counts.chain(&self.total_us).for_each(|count| count.store(0, Relaxed));
        [&self.first, &self.last].iter().for_each(|time| time.store(0, Relaxed));
        self.engine.store(0, Relaxed);
    }
}

fn table() -> Option<SharedTable<QuestionCounters>> {
    memory::questions()
}

/// The part of a question that is kept.
pub(super) fn shortened(question: &str) -> &str {
    &question[..question.floor_char_boundary(LONGEST)]
}

/// Counts a call that is over.
pub(super) fn count(done: &Done) {
    let (Some(question), Some(table)) = (&done.question, table()) else { return };
    let key = key(viewpoint::database(), done.user, question);
    let hash = cache::hash(&key);
    if table.look(hash, &key, |_, counters, _| counters.add(done)).is_none() {
        let stamp = Stamp { owner: viewpoint::database(), ..Stamp::default() };
        table.put_then(hash, &key, &[], stamp, |counters| counters.add(done));
    }
}

/// Database, role, text.
fn key(database: u32, user: u32, question: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(8 + question.len());
    key.extend_from_slice(&database.to_ne_bytes());
    key.extend_from_slice(&user.to_ne_bytes());
    key.extend_from_slice(question.as_bytes());
    key
}

impl QuestionCounters {
    fn add(&self, done: &Done) {
        self.calls.fetch_add(1, Relaxed);
        match done.answered {
            Some(engine) => self.engine.store(number(engine), Relaxed),
            None => {
                self.errors.fetch_add(1, Relaxed);
            }
        }
        if done.hit {
            self.hits.fetch_add(1, Relaxed);
        }
        if done.rows > 0 {
            self.rows.fetch_add(done.rows, Relaxed);
        }
        for (total, time) in self.total_us.iter().zip(done.times) {
            if !time.is_zero() {
                total.fetch_add(micros(time), Relaxed);
            }
        }
        if done.tokens != (0, 0) {
            self.tokens_in.fetch_add(done.tokens.0, Relaxed);
            self.tokens_out.fetch_add(done.tokens.1, Relaxed);
        }
        let whole = micros(done.times[Stage::Total as usize]);
        if self.max_us.load(Relaxed) < whole {
            self.max_us.fetch_max(whole, Relaxed);
        }
        if done.query_id != 0 {
            self.query_id.store(done.query_id, Relaxed);
        }
        let now = viewpoint::asked_at();
        self.last.store(now, Relaxed);
        if self.first.load(Relaxed) == 0 {
            self.first.store(now, Relaxed);
        }
    }
}

fn number(engine: Engine) -> u32 {
    match engine {
        Engine::Embedded => 1,
        Engine::Model => 2,
    }
}

fn engine(number: u32) -> Option<Engine> {
    match number {
        1 => Some(Engine::Embedded),
        2 => Some(Engine::Model),
        _ => None,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A row of `pg_stat_nl_query`; times in milliseconds.
#[derive(Debug, Clone)]
pub struct QuestionRow {
    pub user: u32,
    pub database: u32,
    /// A number that tells questions apart, for those who may not see the text.
    pub id: i64,
    pub question: String,
    pub engine: Option<Engine>,
    pub calls: u64,
    pub hits: u64,
    pub errors: u64,
    pub rows: u64,
    /// By [`Stage`].
    pub total: [f64; STAGES],
    pub max: f64,
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub query_id: u64,
    /// Microseconds since 2000.
    pub first: i64,
    pub last: i64,
}

/// All rows, in no order.
pub fn rows() -> Vec<QuestionRow> {
    let mut rows = Vec::new();
    if let Some(table) = table() {
        table.each(|_, counters, key, _| rows.extend(counters.row(key)));
    }
    rows
}

impl QuestionCounters {
    fn row(&self, key: &[u8]) -> Option<QuestionRow> {
        let (database, rest) = key.split_first_chunk::<4>()?;
        let (user, question) = rest.split_first_chunk::<4>()?;
        let question = String::from_utf8_lossy(question).into_owned();
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        let milliseconds = |micros: &AtomicU64| micros.load(Relaxed) as f64 / 1000.0;
        let mut total = [0.0; STAGES];
        total.iter_mut().zip(&self.total_us).for_each(|(total, micros)| *total = milliseconds(micros));
        Some(QuestionRow {
            user: u32::from_ne_bytes(*user),
            database: u32::from_ne_bytes(*database),
            id: hasher.finish() as i64,
            question,
            engine: engine(self.engine.load(Relaxed)),
            calls: self.calls.load(Relaxed),
            hits: self.hits.load(Relaxed),
            errors: self.errors.load(Relaxed),
            rows: self.rows.load(Relaxed),
            total,
            max: milliseconds(&self.max_us),
            tokens_in: self.tokens_in.load(Relaxed),
            tokens_out: self.tokens_out.load(Relaxed),
            query_id: self.query_id.load(Relaxed),
            first: self.first.load(Relaxed),
            last: self.last.load(Relaxed),
        })
    }
}

/// The questions that the current role asks most in this database, most asked first.
pub fn most_asked(count: usize) -> Vec<String> {
    let (user, database) = (viewpoint::user(), viewpoint::database());
    let mut own: Vec<QuestionRow> = rows().into_iter().filter(|row| row.user == user && row.database == database).collect();
    own.sort_by(|left, right| right.calls.cmp(&left.calls).then_with(|| left.question.cmp(&right.question)));
    own.into_iter().take(count).map(|row| row.question).collect()
}

/// Rows that were given up, or found no room.
pub(super) fn dropped() -> u64 {
    let sizes = table().map(|table| table.sizes()).unwrap_or_default();
    sizes.evicted + sizes.refused
}

pub(super) fn reset() {
    if let Some(table) = table() {
        table.sweep(|_| true);
        table.reset_counts();
    }
}
