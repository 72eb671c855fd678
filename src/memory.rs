//! The shared memory of the caches and of the statistics by question: one block of `nl_query.shared_memory`, divided as
//! `core::layout` says. Knows sizes, not contents: what lies in a part is the business of the module that asks for it.
//!
//! Locks, by number: 0 guards the list of snapshots, then one for each partition of the three tables. Nobody holds two of them. The two
//! areas for bytes have locks of their own inside, which are taken for moments, with none of ours held.

use std::sync::OnceLock;

use nl_query_core::layout::{Layout, QUESTION_PARTITIONS, REFUSAL_PARTITIONS, STATEMENT_PARTITIONS, Sizes, TablePlace};
use nl_query_core::table::{Extra, Storage, Table};

use crate::pg::dsa::Bytes;
use crate::pg::lwlock::{Held, Locks};
use crate::pg::shmem::{Block, ZeroInit};
use crate::settings;

/// What the list of regions in `lib.rs` names.
pub static BLOCK: Block = Block::new(c"nl_query memory", block_length, make);
/// To be attached before the block, whose areas use it.
pub static LOCKS: Locks = Locks::new(c"nl_query", 1 + STATEMENT_PARTITIONS + REFUSAL_PARTITIONS + QUESTION_PARTITIONS);

/// Bytes of schema snapshots.
pub static SCHEMA_BYTES: Bytes = Bytes::new(&BLOCK, &LOCKS, || (layout().schema.at, layout().schema.length));
/// Bytes of everything else: keys, statements, texts of questions.
static TEXT_BYTES: Bytes = Bytes::new(&BLOCK, &LOCKS, || (layout().texts.at, layout().texts.length));

/// What the modules put into the block, and what is taken beside it.
pub struct Contents {
    pub sizes: Sizes,
    /// Bytes of other areas that the setting covers as well.
    pub beside: usize,
    /// Makes valid what zero does not make valid; in the postmaster, when the memory is new.
    pub make: fn(),
}

static CONTENTS: OnceLock<Contents> = OnceLock::new();

/// Says what the block is for. Call once, from `_PG_init` while preloading, after the settings are defined.
pub fn divide(contents: Contents) {
    // A second call would come from a second load of the library, with the same contents.
    let _ = CONTENTS.set(contents);
}

/// The small fixed parts, in the order of [`Sizes::fixed`].
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Homes,
    Conditions,
    Snapshots,
    Counters,
}

/// A small part as `count` values; none where the library was not preloaded.
pub fn part<T: ZeroInit>(part: Part, count: usize) -> Option<&'static [T]> {
    CONTENTS.get()?;
    BLOCK.part(offset(part), count)
}

/// Offset of a small part in the block.
pub fn offset(part: Part) -> usize {
    layout().fixed_at[part as usize]
}

/// Number of the lock that guards the list of snapshots.
pub const SNAPSHOT_LOCK: usize = 0;
const STATEMENT_LOCK: usize = 1;
const REFUSAL_LOCK: usize = STATEMENT_LOCK + STATEMENT_PARTITIONS;
const QUESTION_LOCK: usize = REFUSAL_LOCK + REFUSAL_PARTITIONS;

/// The largest key and value that are kept: a long question and its SQL take a few kilobytes, and an area of the smallest setting holds
/// dozens of these.
const LARGEST: usize = 32 * 1024;

/// Bytes of the block, so that it and what is taken beside it are the setting.
fn block_length() -> usize {
    settings::shared_memory() - CONTENTS.get().map_or(0, |contents| contents.beside)
}

/// The division, computed once: the setting cannot change while the server runs.
pub fn layout() -> &'static Layout {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    LAYOUT.get_or_init(|| Layout::of(block_length(), &CONTENTS.get().map(|contents| contents.sizes).unwrap_or_default()))
}

fn make() {
    TEXT_BYTES.make();
    SCHEMA_BYTES.make();
    if let Some(contents) = CONTENTS.get() {
        (contents.make)();
    }
}

/// Locks of one table and the bytes of all.
pub struct Store {
    first_lock: usize,
}

pub type SharedTable<E> = Table<'static, E, Store>;

/// Remembered answers.
pub fn statements() -> Option<SharedTable<()>> {
    table(|layout| &layout.statements, STATEMENT_LOCK)
}

/// Remembered refusals.
pub fn refusals() -> Option<SharedTable<()>> {
    table(|layout| &layout.refusals, REFUSAL_LOCK)
}

/// Statistics by question, with counters of the size that [`divide`] was told.
pub fn questions<E: Extra + ZeroInit>() -> Option<SharedTable<E>> {
    table(|layout| &layout.questions, QUESTION_LOCK)
}

fn table<E: Extra + ZeroInit>(place: fn(&Layout) -> &TablePlace, first_lock: usize) -> Option<SharedTable<E>> {
    CONTENTS.get()?;
    let place = place(layout());
    let partitions = BLOCK.part(place.partitions_at, place.partitions)?;
    let buckets = BLOCK.part(place.buckets_at, place.buckets)?;
    let slots = BLOCK.part(place.slots_at, place.slots)?;
    Some(Table::new(partitions, buckets, slots, Store { first_lock }))
}

impl Storage for Store {
    type Held = Held;

    fn shared(&self, partition: usize) -> Held {
        LOCKS.shared(self.first_lock + partition)
    }

    fn exclusive(&self, partition: usize) -> Held {
        LOCKS.exclusive(self.first_lock + partition)
    }

    fn fits(&self, length: usize) -> bool {
        length <= LARGEST
    }

    fn allocate(&self, length: usize) -> Option<u64> {
        TEXT_BYTES.allocate(length)
    }

    fn free(&self, place: u64) {
        TEXT_BYTES.free(place);
    }

    fn write(&self, place: u64, parts: [&[u8]; 2]) {
        TEXT_BYTES.write(place, &parts);
    }

    fn read<R>(&self, place: u64, length: usize, reader: impl FnOnce(&[u8]) -> R) -> R {
        TEXT_BYTES.read(place, length, reader)
    }
}
