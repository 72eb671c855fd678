//! How often each tier was asked and what came of it. Atomics in shared memory, counted with relaxed order.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::memory::{self, Part};
use crate::pg::shmem::shared_struct;

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// The snapshot of a database's catalog.
    Schema,
    /// Questions and their SQL.
    Statement,
    /// Questions and why they were refused.
    Negative,
}

/// Where it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// In a backend's own memory.
    Local,
    /// In memory that all backends share.
    Shared,
}

impl Tier {
    pub const ALL: [Tier; 3] = [Tier::Schema, Tier::Statement, Tier::Negative];

    pub fn name(self) -> &'static str {
        match self {
            Tier::Schema => "schema",
            Tier::Statement => "statement",
            Tier::Negative => "negative",
        }
    }
}

impl Level {
    pub const ALL: [Level; 2] = [Level::Local, Level::Shared];

    pub fn name(self) -> &'static str {
        match self {
            Level::Local => "local",
            Level::Shared => "shared",
        }
    }
}

shared_struct! {
    /// Counters of one tier at one level.
    #[derive(Default)]
    pub struct Counter {
        pub hits: AtomicU64,
        pub misses: AtomicU64,
        /// Entries given up to make room.
        pub evictions: AtomicU64,
        /// Entries found and thrown away because their generation was over, they were too old, or they did not hold any more.
        pub invalidations: AtomicU64,
        /// Entries that were too large, or found no room.
        pub refused: AtomicU64,
    }
}

shared_struct! {
    /// All of them.
    #[derive(Default)]
    pub struct Counters {
        counters: [[Counter; 2]; 3],
    }
}

/// Bytes of all counters.
pub const SIZE: usize = size_of::<Counters>();

fn counters() -> Option<&'static Counters> {
    memory::part(Part::Counters, 1)?.first()
}

/// Counts through `which` once.
pub fn count(tier: Tier, level: Level, which: fn(&Counter) -> &AtomicU64) {
    if let Some(counters) = counters() {
        which(&counters.counters[tier as usize][level as usize]).fetch_add(1, Relaxed);
    }
}

/// Counts a look-up.
pub fn count_look(tier: Tier, level: Level, found: bool) {
    count(tier, level, if found { |counter| &counter.hits } else { |counter| &counter.misses });
}

/// Shows the counters of a tier.
pub fn look<R>(tier: Tier, level: Level, reader: impl FnOnce(&Counter) -> R) -> Option<R> {
    counters().map(|counters| reader(&counters.counters[tier as usize][level as usize]))
}

/// Counts from nothing again.
pub fn reset() {
    let Some(counters) = counters() else { return };
    for counter in counters.counters.iter().flatten() {
        let all = [&counter.hits, &counter.misses, &counter.evictions, &counter.invalidations, &counter.refused];
        all.iter().for_each(|count| count.store(0, Relaxed));
    }
}
