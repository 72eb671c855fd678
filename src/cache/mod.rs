//! What is remembered, and for whom: schema snapshots ([`snapshots`]), statements and refusals, in memory that the cluster shares and
//! in a backend's own above it. Never rows; never for another role, search_path or setting than it was made for ([`asking`]); never
//! of a generation that is over ([`generation`]). Being full, or being without room, is normal and counted ([`counters`]).
//!
//! Who takes what from here proves it again unless this backend has proven it in this generation under these limits.

mod asking;
pub mod counters;
pub mod generation;
mod local;
pub mod restart;
pub mod snapshots;
mod statement;

use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

use nl_query_core::error::Error;
use nl_query_core::table::Stamp;
use nl_query_engine::ir::Day;
use serde::de::DeserializeOwned;

use crate::guard::Limits;
use crate::memory::{self, SharedTable};
use crate::pg::viewpoint;
use crate::settings;

use counters::{Counter, Tier};

pub use asking::{Asking, Reach};
pub use counters::Level;
pub use statement::{Engine, OF_A_MODEL, Refused, Statement};

/// An answer that was remembered.
pub struct Hit {
    /// The question as it was read.
    pub question: Rc<str>,
    pub statement: Rc<Statement>,
    pub level: Level,
    /// The identifier of its proof, where this backend has proven it in this generation under these limits.
    pub proven: Option<u64>,
}

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// What this backend remembers of the text as typed, without reading it. `least` is the confidence below which somebody else may know
/// better; 0 where nobody does.
pub fn recall_local(asking: &Asking, limits: &Limits, least: f64, today: fn() -> Day) -> Option<Hit> {
    if asking.reach() == Reach::Nowhere {
        return None;
    }
    let key = asking.local_key();
    let known = local::statement(key).filter(|known| {
        let holds = is_true(known.generation, known.made, asking) && holds(&known.statement, today);
        if !holds {
            local::forget_statement(key);
            counters::count(Tier::Statement, Level::Local, |counter| &counter.invalidations);
        }
        holds
    });
    let known = known.filter(|known| known.statement.is_certain(least));
    counters::count_look(Tier::Statement, Level::Local, known.is_some());
    let known = known?;
    let proven = known.proven.filter(|(proven, _)| **proven == *limits).map(|(_, query_id)| query_id);
    Some(Hit { question: known.question, statement: known.statement, level: Level::Local, proven })
}

/// What the cluster remembers of the question; kept in this backend from now on. [`Asking::read`] has been called. `least` as above.
pub fn recall_shared(asking: &Asking, question: &str, least: f64, today: fn() -> Day) -> Option<Hit> {
    if asking.reach() < Reach::Cluster {
        return None;
    }
    let table = memory::statements()?;
    let slots = &asking.template().slots;
    let carried = if slots.is_empty() { None } else { look(&table, &asking.template_key(), asking, today) };
    let carried = carried.and_then(|(statement, made)| Some((statement.with_slots(slots)?, made)));
    let is_certain = |(statement, _): &(Statement, i64)| statement.is_certain(least);
    let found = carried.filter(is_certain);
    let found = found.or_else(|| look(&table, &asking.exact_key(), asking, today).filter(is_certain));
    counters::count_look(Tier::Statement, Level::Shared, found.is_some());
    let (statement, made) = found?;
    let (question, statement) = keep(asking, question, statement, made);
    Some(Hit { question, statement, level: Level::Shared, proven: None })
}

/// An entry of the shared table that is still true; one that is not is thrown away.
fn look(table: &SharedTable<()>, key: &[u8], asking: &Asking, today: fn() -> Day) -> Option<(Statement, i64)> {
    let (stamp, statement) = stored::<Statement>(table, key)?;
    let statement = statement.filter(|statement| is_true(stamp.generation, stamp.made, asking) && holds(statement, today));
    if statement.is_none() {
        throw_away(table, key, Tier::Statement);
    }
    Some((statement?, stamp.made))
}

/// What is stored under a key, read; none in the place of what cannot be read.
fn stored<T: DeserializeOwned>(table: &SharedTable<()>, key: &[u8]) -> Option<(Stamp, Option<T>)> {
    let (stamp, bytes) = table.look(hash(key), key, |stamp, (), value| (stamp, value.to_vec()))?;
    Some((stamp, postcard::from_bytes(&bytes).ok()))
}

fn throw_away(table: &SharedTable<()>, key: &[u8], tier: Tier) {
    table.remove(hash(key), key);
    counters::count(tier, Level::Shared, |counter| &counter.invalidations);
}

/// Whether the day and the rows are still those that it was written for.
fn holds(statement: &Statement, today: fn() -> Day) -> bool {
    statement.holds(today) && is_unchanged(statement.writes)
}

/// Whether rows that were missing are missing still, also for this transaction.
fn is_unchanged(writes: Option<u64>) -> bool {
    writes.is_none_or(|writes| writes == generation::writes() && !viewpoint::sees_other_rows())
}

/// Whether something of that generation and age still counts.
fn is_true(generation: u64, made: i64, asking: &Asking) -> bool {
    let ttl = i64::from(settings::cache_ttl());
    generation == asking.generation() && (ttl == 0 || viewpoint::asked_at().saturating_sub(made) <= ttl * SECOND)
}

/// Keeps an answer in this backend.
fn keep(asking: &Asking, question: &str, statement: Statement, made: i64) -> (Rc<str>, Rc<Statement>) {
    let (question, statement) = (Rc::<str>::from(question), Rc::new(statement));
    let known = local::Known {
        question: Rc::clone(&question),
        statement: Rc::clone(&statement),
        generation: asking.generation(),
        made,
        proven: None,
    };
    local::keep_statement(asking.local_key(), known);
    (question, statement)
}

/// Remembers an answer that was proven.
pub fn remember(asking: &Asking, question: &str, statement: Statement) -> Rc<Statement> {
    if asking.reach() == Reach::Nowhere {
        return Rc::new(statement);
    }
    let made = viewpoint::asked_at();
    if asking.reach() == Reach::Cluster
        && let (Some(table), Ok(bytes)) = (memory::statements(), postcard::to_stdvec(&statement))
    {
        let key = if statement.carries() { asking.template_key() } else { asking.exact_key() };
        table.put(hash(&key), &key, &bytes, stamp(asking, made));
    }
    keep(asking, question, statement, made).1
}

/// Notes that this backend has proven what it keeps of this question.
pub fn note_proof(asking: &Asking, limits: &Rc<Limits>, query_id: u64) {
    if asking.reach() > Reach::Nowhere {
        local::note_proof(asking.local_key(), asking.generation(), limits, query_id);
    }
}

/// Forgets an answer that did not hold when it was proven again.
pub fn forget(asking: &Asking, level: Level) {
    local::forget_statement(asking.local_key());
    counters::count(Tier::Statement, level, |counter| &counter.invalidations);
    if level == Level::Shared
        && let Some(table) = memory::statements()
    {
        [asking.template_key(), asking.exact_key()].iter().for_each(|key| table.remove(hash(key), key));
    }
}

/// Where the answer is remembered, without counting or keeping anything. [`Asking::read`] has been called.
pub fn peek(asking: &Asking, today: fn() -> Day) -> Option<Level> {
    if asking.reach() == Reach::Nowhere {
        return None;
    }
    let is_good = |generation, made, statement: &Statement| is_true(generation, made, asking) && holds(statement, today);
    if local::statement(asking.local_key()).is_some_and(|known| is_good(known.generation, known.made, &known.statement)) {
        return Some(Level::Local);
    }
    let table = memory::statements().filter(|_| asking.reach() == Reach::Cluster)?;
    let good = |key: &[u8]| {
        let (stamp, statement) = stored::<Statement>(&table, key)?;
        statement.filter(|statement| is_good(stamp.generation, stamp.made, statement))
    };
    let carried = good(&asking.template_key()).and_then(|statement| statement.with_slots(&asking.template().slots));
    carried.or_else(|| good(&asking.exact_key())).map(|_| Level::Shared)
}

/// Why the question was refused a moment ago. [`Asking::read`] has been called.
pub fn recall_refusal(asking: &Asking, limits: &Limits) -> Option<Error> {
    if asking.reach() == Reach::Nowhere || settings::negative_ttl() == 0 {
        return None;
    }
    let key = asking.refusal_key(limits);
    let own = local::refusal(&key).filter(|known| is_still_refused(&known.refused, known.generation, known.made, asking));
    counters::count_look(Tier::Negative, Level::Local, own.is_some());
    if let Some(own) = own {
        return Some(own.refused.error.clone());
    }
    local::forget_refusal(&key);
    if asking.reach() < Reach::Cluster {
        return None;
    }
    let table = memory::refusals()?;
    let found = stored::<Refused>(&table, &key).and_then(|(stamp, refused)| {
        let refused = refused.filter(|refused| is_still_refused(refused, stamp.generation, stamp.made, asking));
        if refused.is_none() {
            throw_away(&table, &key, Tier::Negative);
        }
        Some((refused?, stamp.made))
    });
    counters::count_look(Tier::Negative, Level::Shared, found.is_some());
    let (refused, made) = found?;
    let error = refused.error.clone();
    local::keep_refusal(key, local::KnownRefusal { refused: Rc::new(refused), generation: asking.generation(), made });
    Some(error)
}

fn is_still_refused(refused: &Refused, generation: u64, made: i64, asking: &Asking) -> bool {
    let age = viewpoint::asked_at().saturating_sub(made);
    let young = age <= i64::from(settings::negative_ttl()) * SECOND;
    generation == asking.generation() && young && is_unchanged(refused.writes)
}

/// Remembers a refusal for a moment. `writes` is what [`generation::watch_writes`] said before the data were looked at; none where they
/// were not.
pub fn remember_refusal(asking: &Asking, limits: &Limits, error: &Error, writes: Option<u64>) {
    if asking.reach() == Reach::Nowhere || settings::negative_ttl() == 0 || !Refused::is_memorable(error) {
        return;
    }
    let refused = Refused { error: error.clone(), writes };
    let (key, made) = (asking.refusal_key(limits), viewpoint::asked_at());
    if asking.reach() == Reach::Cluster
        && let (Some(table), Ok(bytes)) = (memory::refusals(), postcard::to_stdvec(&refused))
    {
        table.put(hash(&key), &key, &bytes, stamp(asking, made));
    }
    local::keep_refusal(key, local::KnownRefusal { refused: Rc::new(refused), generation: asking.generation(), made });
}

/// Forgets everything about this session's database; how many answers and refusals that were.
pub fn clear() -> u64 {
    let database = viewpoint::database();
    // Local levels of other backends hold entries of the generation that ends here.
    generation::leave(generation::current());
    local::clear();
    snapshots::clear();
    let of_this = |stamp: Stamp| stamp.owner == database;
    [memory::statements(), memory::refusals()].into_iter().flatten().map(|table| table.sweep(of_this)).sum()
}

/// A row of `pg_stat_nl_query_cache`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TierRow {
    pub tier: Tier,
    pub level: Level,
    pub entries: u64,
    pub bytes: u64,
    /// Bytes at most; none where only entries are bounded.
    pub limit: Option<u64>,
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
    pub invalidations: u64,
    pub refused: u64,
}

/// All tiers at both levels. Counters are those of the whole cluster; entries and bytes of the local level are this backend's.
pub fn tiers() -> Vec<TierRow> {
    let mut rows = Vec::new();
    for tier in Tier::ALL {
        for level in Level::ALL {
            rows.extend(counters::look(tier, level, |counter| tier_row(tier, level, counter)));
        }
    }
    rows
}

fn tier_row(tier: Tier, level: Level, counter: &Counter) -> TierRow {
    use std::sync::atomic::Ordering::Relaxed;
    let [statements, refusals] = local::sizes();
    let layout = memory::layout();
    let mut row = TierRow {
        tier,
        level,
        entries: 0,
        bytes: 0,
        limit: None,
        hits: counter.hits.load(Relaxed),
        misses: counter.misses.load(Relaxed),
        evictions: counter.evictions.load(Relaxed),
        invalidations: counter.invalidations.load(Relaxed),
        refused: counter.refused.load(Relaxed),
    };
    (row.entries, row.bytes) = match (tier, level) {
        (Tier::Schema, Level::Local) => (crate::catalog::kept() as u64, 0),
        (Tier::Schema, Level::Shared) => snapshots::sizes(),
        (Tier::Statement, Level::Local) => statements,
        (Tier::Negative, Level::Local) => refusals,
        (Tier::Statement, Level::Shared) => shared_sizes(memory::statements(), &mut row),
        (Tier::Negative, Level::Shared) => shared_sizes(memory::refusals(), &mut row),
    };
    row.limit = match (tier, level) {
        (_, Level::Local) => None,
        (Tier::Schema, _) => Some(layout.schema.length as u64),
        (Tier::Statement | Tier::Negative, _) => Some(layout.texts.length as u64),
    };
    row
}

fn shared_sizes(table: Option<SharedTable<()>>, row: &mut TierRow) -> (u64, u64) {
    let sizes = table.map(|table| table.sizes()).unwrap_or_default();
    row.evictions += sizes.evicted;
    row.refused += sizes.refused;
    (sizes.entries, sizes.bytes)
}

/// Counts from nothing again.
pub fn reset_counters() {
    counters::reset();
    [memory::statements(), memory::refusals()].into_iter().flatten().for_each(|table| table.reset_counts());
}

fn stamp(asking: &Asking, made: i64) -> Stamp {
    Stamp { generation: asking.generation(), made, owner: viewpoint::database() }
}

/// Where a key belongs in a table. Keys are compared whole, so that equal hashes cost time and nothing else.
pub fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}
