//! Generations: numbers that move when a committed transaction changed what answers depend on. What is remembered carries the
//! generation that it was made under and is true as long as that is still the generation.
//!
//! Protocol. A reader reads the generation, then the messages of others, then looks things up ([`with_messages`]): the other way round, a
//! change between the two would be believed to be in what is read with caches that have not heard of it. A filler stores what it made
//! under the number that it began with: a change that commits meanwhile makes it dead on arrival, never stale. The committer moves the
//! number once its changes are visible, and again once its messages are sent, before its client hears of it.
//!
//! Lock rules: none, atomics only. Databases share [`HOMES`] homes by their OID: two in one home flush each other's answers, which is
//! harmless. The generation of a database is the sum of its home's and the cluster's, both of which only grow.

use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use crate::memory::{self, Part};
use crate::pg::shmem::shared_struct;
use crate::pg::transaction::Effects;
use crate::pg::{invalidation, viewpoint};

/// Homes for databases. A power of two; OIDs of databases are handed out in order.
pub const HOMES: usize = 256;

shared_struct! {
    /// What is kept by database.
    pub struct Home {
        generation: AtomicU64,
        /// Moves when statistics were gathered.
        pub(super) statistics: AtomicU64,
        /// Moves when rows were written while somebody remembered that there were none ([`watch_writes`]).
        writes: AtomicU64,
        watched: AtomicU32,
        /// Process that reads the catalog for everybody; 0 is nobody.
        pub(super) leader: AtomicI32,
        /// One more than the generation whose snapshot did not fit into the memory.
        pub(super) oversize: AtomicU64,
        /// On a standby: digests of what messages tell of and of what none tells of, and when the latter was looked at.
        pub versions: AtomicU64,
        pub marks: AtomicU64,
        pub marks_at: AtomicI64,
        /// Questions were asked while the server was a standby.
        pub replayed: AtomicU64,
    }
}

/// Bytes of all homes: one more than databases have, for the cluster.
pub const SIZE: usize = (HOMES + 1) * size_of::<Home>();

fn homes() -> Option<&'static [Home]> {
    memory::part(Part::Homes, HOMES + 1)
}

/// The home of this session's database; none where the library was not preloaded.
pub fn home() -> Option<&'static Home> {
    homes().map(|homes| &homes[number()])
}

/// Which of the homes.
pub(super) fn number() -> usize {
    viewpoint::database() as usize % HOMES
}

/// The present generation of this session's database, and after it the messages of what was committed before: what is read from now on
/// is of this generation or is not believed for long.
pub fn with_messages() -> u64 {
    let generation = current();
    invalidation::accept();
    generation
}

/// The present generation of this session's database.
pub fn current() -> u64 {
    of(viewpoint::database())
}

/// The present generation of a database.
pub fn of(database: u32) -> u64 {
    let place = database as usize % HOMES;
    homes().map_or(0, |homes| homes[place].generation.load(SeqCst) + homes[HOMES].generation.load(SeqCst))
}

/// Tells everybody what a transaction that has just committed changed. Called where nothing may fail: atomics only.
pub fn publish(effects: Effects) {
    let Some(homes) = homes() else { return };
    let home = &homes[number()];
    if effects.schema {
        home.generation.fetch_add(1, SeqCst);
    }
    if effects.cluster {
        homes[HOMES].generation.fetch_add(1, SeqCst);
    }
    if effects.statistics {
        home.statistics.fetch_add(1, Relaxed);
    }
    // Looked at first, so that a server where nobody waits for rows writes no line that others read.
    if effects.wrote && home.watched.load(SeqCst) != 0 {
        home.writes.fetch_add(1, SeqCst);
        home.watched.store(0, SeqCst);
    }
}

/// Moves the generation from one that is known to be outdated; of several backends that find out, one moves it.
pub fn leave(outdated: u64) {
    let Some(homes) = homes() else { return };
    let cluster = homes[HOMES].generation.load(SeqCst);
    if let Some(own) = outdated.checked_sub(cluster) {
        let _ = homes[number()].generation.compare_exchange(own, own + 1, SeqCst, SeqCst);
    }
}

/// From now on the next commit that wrote rows is counted. Call before looking at rows whose absence is to be remembered; what is
/// remembered is true as long as [`writes`] stays what this returns.
pub fn watch_writes() -> u64 {
    let Some(home) = home() else { return 0 };
    // In this order: a writer that still sees nobody watching has committed before the rows are looked at.
    home.watched.store(1, SeqCst);
    home.writes.load(SeqCst)
}

/// See [`watch_writes`].
pub fn writes() -> u64 {
    home().map_or(0, |home| home.writes.load(SeqCst))
}
