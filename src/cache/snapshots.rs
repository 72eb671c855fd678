//! The schema tier: one snapshot a database in shared memory, read from the catalog once a generation for the whole cluster.
//!
//! Lock rules. The list of snapshots is guarded by one lock: shared to copy a snapshot out, exclusive to link or unlink one. Bytes are
//! allocated and filled before, and freed after. A snapshot lies in pieces of [`PIECE`] bytes, so that it needs no stretch of free
//! memory as long as itself, and the places of its pieces in a piece of their own.
//!
//! One backend at a time reads the catalog of a database for all ([`lead`]); the others sleep until it is done, at most
//! [`PATIENCE`], and then read for themselves. A leader that fails steps down as its stack unwinds; one that is gone without that
//! is found out by its process id.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::memory::{self, LOCKS, Part, SCHEMA_BYTES, SNAPSHOT_LOCK, layout};
use crate::pg::condition::{self, Conditions};
use crate::pg::shmem::shared_struct;
use crate::pg::viewpoint;

use super::counters::{self, Level, Tier};
use super::generation::{self, HOMES, home, number};

/// Databases whose snapshots are kept at a time.
const SNAPSHOTS: usize = 64;
/// Bytes of one piece: whole pages of the area.
const PIECE: usize = 32 * 1024;
/// How long a backend waits for another one's introspection. 10,000 tables take about two seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it looks whether that one still lives, in ms.
const LOOK_EVERY: i64 = 500;

shared_struct! {
    /// Where a snapshot lies and which it is. Stored to under the exclusive lock only, `used` excepted.
    #[derive(Default)]
    pub struct SnapshotSlot {
        /// 0 where there is none.
        database: AtomicU32,
        used: AtomicU32,
        generation: AtomicU64,
        statistics: AtomicU64,
        made: AtomicI64,
        length: AtomicU64,
        /// The piece that holds the places of the others.
        index: AtomicU64,
    }
}

/// Bytes of the list.
pub const SIZE: usize = SNAPSHOTS * size_of::<SnapshotSlot>();
/// Bytes of the sleeping places.
pub const CONDITIONS_SIZE: usize = condition::size(HOMES);

/// Sleeping places of those who wait for another one's introspection, one a home.
static CONDITIONS: Conditions = Conditions::new(&memory::BLOCK, || memory::offset(Part::Conditions), HOMES);

/// Makes the sleeping places. In the postmaster, when the memory is new.
pub fn make() {
    CONDITIONS.make();
}

fn snapshots() -> Option<&'static [SnapshotSlot]> {
    memory::part(Part::Snapshots, SNAPSHOTS)
}

/// Which reading of the catalog a snapshot is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version {
    pub generation: u64,
    /// [`generation::Home::statistics`] before it was read.
    pub statistics: u64,
    /// Microseconds since 2000.
    pub made: i64,
}

/// The version that a reading which begins now will have.
pub fn version() -> Version {
    let statistics = home().map_or(0, |home| home.statistics.load(Relaxed));
    Version { generation: generation::current(), statistics, made: viewpoint::now() }
}

/// Whether statistics were gathered since that reading.
pub fn has_new_statistics(version: &Version) -> bool {
    home().is_some_and(|home| home.statistics.load(Relaxed) != version.statistics)
}

/// Whether the snapshot of this generation is known not to fit.
pub fn is_oversize(generation: u64) -> bool {
    home().is_none_or(|home| home.oversize.load(Relaxed) == generation + 1)
}

/// A copy of this database's snapshot, if it is of this generation.
pub fn copy(generation: u64) -> Option<(Vec<u8>, Version)> {
    let found = {
        let _held = LOCKS.shared(SNAPSHOT_LOCK);
        copy_held(generation)
    };
    counters::count_look(Tier::Schema, Level::Shared, found.is_some());
    found
}

fn copy_held(generation: u64) -> Option<(Vec<u8>, Version)> {
    let database = viewpoint::database();
    let slot = snapshots()?.iter().find(|slot| slot.database.load(Relaxed) == database)?;
    if slot.generation.load(Relaxed) != generation {
        return None;
    }
    slot.used.store(1, Relaxed);
    let length = slot.length.load(Relaxed) as usize;
    let mut bytes = Vec::with_capacity(length);
    for place in pieces(slot.index.load(Relaxed), length) {
        let piece = PIECE.min(length - bytes.len());
        SCHEMA_BYTES.read(place, piece, |piece| bytes.extend_from_slice(piece));
    }
    let version = Version { generation, statistics: slot.statistics.load(Relaxed), made: slot.made.load(Relaxed) };
    Some((bytes, version))
}

/// Places of the pieces of a snapshot of so many bytes.
fn pieces(index: u64, length: usize) -> Vec<u64> {
    SCHEMA_BYTES.read(index, length.div_ceil(PIECE) * 8, |places| {
        places.chunks_exact(8).map(|place| place.try_into().map_or(0, u64::from_ne_bytes)).collect()
    })
}

/// Publishes a snapshot in place of this database's older one, where it fits.
pub fn publish(version: &Version, bytes: &[u8]) {
    let Some(home) = home() else { return };
    // The old one must go first where both do not fit, and is outdated anyway.
    let placed = place(bytes).or_else(|| {
        drop_one(|slot| slot.database.load(Relaxed) == viewpoint::database(), false);
        place(bytes)
    });
    let Some(index) = placed.or_else(|| place_after_others(bytes)) else {
        home.oversize.store(version.generation + 1, Relaxed);
        counters::count(Tier::Schema, Level::Shared, |counter| &counter.refused);
        return;
    };
    let old = {
        let _held = LOCKS.exclusive(SNAPSHOT_LOCK);
        link(version, bytes.len(), index)
    };
    old.unwrap_or(Unlinked { index, length: bytes.len() }).free();
}

/// A snapshot's memory that nobody can find any more.
struct Unlinked {
    index: u64,
    length: usize,
}

impl Unlinked {
    fn free(self) {
        if self.index != 0 {
            pieces(self.index, self.length).iter().chain([&self.index]).for_each(|place| SCHEMA_BYTES.free(*place));
        }
    }
}

/// Puts the snapshot into this database's slot, a free one, or one that was not asked for lately; what lay there before. None where
/// there is no list.
fn link(version: &Version, length: usize, index: u64) -> Option<Unlinked> {
    let slots = snapshots()?;
    let database = viewpoint::database();
    let own = slots.iter().find(|slot| slot.database.load(Relaxed) == database);
    let free = || slots.iter().find(|slot| slot.database.load(Relaxed) == 0);
    let idle = || slots.iter().find(|slot| slot.used.swap(0, Relaxed) == 0);
    let slot = own.or_else(free).or_else(idle).unwrap_or(&slots[0]);
    if ![0, database].contains(&slot.database.load(Relaxed)) {
        counters::count(Tier::Schema, Level::Shared, |counter| &counter.evictions);
    }
    let old = unlink(slot);
    slot.generation.store(version.generation, Relaxed);
    slot.statistics.store(version.statistics, Relaxed);
    slot.made.store(version.made, Relaxed);
    slot.length.store(length as u64, Relaxed);
    slot.index.store(index, Relaxed);
    slot.used.store(1, Relaxed);
    slot.database.store(database, Relaxed);
    Some(old)
}

fn unlink(slot: &SnapshotSlot) -> Unlinked {
    slot.database.store(0, Relaxed);
    Unlinked { index: slot.index.swap(0, Relaxed), length: slot.length.swap(0, Relaxed) as usize }
}

/// Room for the bytes, filled; the index of its pieces.
fn place(bytes: &[u8]) -> Option<u64> {
    let count = bytes.len().div_ceil(PIECE);
    if bytes.len() > layout().schema.length {
        return None;
    }
    let mut places = Vec::with_capacity(count);
    for piece in bytes.chunks(PIECE) {
        let Some(place) = SCHEMA_BYTES.allocate(piece.len()) else { break };
        SCHEMA_BYTES.write(place, &[piece]);
        places.push(place);
    }
    let index = if places.len() == count { SCHEMA_BYTES.allocate((count * 8).max(1)) } else { None };
    let Some(index) = index else {
        places.iter().for_each(|place| SCHEMA_BYTES.free(*place));
        return None;
    };
    let list: Vec<u8> = places.iter().flat_map(|place| place.to_ne_bytes()).collect();
    SCHEMA_BYTES.write(index, &[&list]);
    Some(index)
}

/// Room at the price of other databases' snapshots, those that were not asked for lately first.
fn place_after_others(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > layout().schema.length {
        return None;
    }
    for _ in 0..2 * SNAPSHOTS {
        let dropped = drop_one(|slot| slot.database.load(Relaxed) != 0 && slot.used.swap(0, Relaxed) == 0, true);
        if let Some(index) = place(bytes) {
            return Some(index);
        }
        let any = snapshots().is_some_and(|slots| slots.iter().any(|slot| slot.database.load(Relaxed) != 0));
        if !dropped && !any {
            break;
        }
    }
    None
}

/// Unlinks and frees the first snapshot that is `wanted`.
fn drop_one(wanted: impl Fn(&SnapshotSlot) -> bool, evicts: bool) -> bool {
    let Some(slots) = snapshots() else { return false };
    let unlinked = {
        let _held = LOCKS.exclusive(SNAPSHOT_LOCK);
        slots.iter().find(|slot| wanted(slot)).map(unlink)
    };
    let Some(unlinked) = unlinked else { return false };
    unlinked.free();
    if evicts {
        counters::count(Tier::Schema, Level::Shared, |counter| &counter.evictions);
    }
    true
}

/// Forgets this database's snapshot.
pub fn clear() {
    drop_one(|slot| slot.database.load(Relaxed) == viewpoint::database(), false);
}

/// Snapshots and their bytes.
pub fn sizes() -> (u64, u64) {
    let Some(slots) = snapshots() else { return (0, 0) };
    let used = slots.iter().filter(|slot| slot.database.load(Relaxed) != 0);
    used.fold((0, 0), |(count, bytes), slot| (count + 1, bytes + slot.length.load(Relaxed)))
}

/// What to do about a snapshot that nobody has.
pub enum Lead {
    /// Read the catalog for everybody; the duty ends with the value.
    Leader(Leader),
    /// Somebody else has: look again.
    Waited,
    /// It takes too long: read it for yourself.
    Impatient,
}

/// Becomes the one that reads this database's catalog, or waits for it. Raises ERROR when the query is cancelled.
pub fn lead() -> Lead {
    let Some(home) = home() else { return Lead::Impatient };
    let own = viewpoint::process();
    let started = Instant::now();
    let mut waited = false;
    loop {
        match home.leader.compare_exchange(0, own, SeqCst, SeqCst) {
            Ok(_) if waited => {
                // Whoever led before us may have done the work.
                drop(Leader { number: number(), own });
                return Lead::Waited;
            }
            Ok(_) => return Lead::Leader(Leader { number: number(), own }),
            Err(leader) => {
                waited = true;
                CONDITIONS.wait_while(number(), LOOK_EVERY, || home.leader.load(SeqCst) == leader);
                if home.leader.load(SeqCst) == leader && (leader == own || !viewpoint::is_alive(leader)) {
                    let _ = home.leader.compare_exchange(leader, 0, SeqCst, SeqCst);
                }
                if started.elapsed() > PATIENCE {
                    return Lead::Impatient;
                }
            }
        }
    }
}

/// The duty to read the catalog for everybody.
pub struct Leader {
    number: usize,
    own: i32,
}

impl Drop for Leader {
    // Also while an ERROR unwinds: waking takes a spinlock and raises nothing.
    fn drop(&mut self) {
        if let Some(home) = home() {
            let _ = home.leader.compare_exchange(self.own, 0, SeqCst, SeqCst);
            CONDITIONS.broadcast(self.number);
        }
    }
}
