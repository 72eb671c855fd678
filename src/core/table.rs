//! A hash table of fixed size with second-chance eviction, as index arithmetic over atomics: what the caches and the statistics by
//! question are in shared memory. Knows neither PostgreSQL nor what is kept in it; locks and bytes come from a [`Storage`].
//!
//! Lock rules. The table is cut into partitions, each with a lock, buckets, slots and a clock hand of its own; a key belongs to one
//! partition by its hash.
//! - Under the shared lock: following chains, comparing keys, copying values out, raising a slot's `used` mark, counting in `extra`.
//! - Under the exclusive lock: linking and unlinking slots and nothing else. Bytes are allocated and filled before it is taken and
//!   freed after it is given back; there is no sort and no allocation under it, and the hand takes at most [`STEPS`] steps.
//! - One lock at a time; nothing under a lock can raise an error or wait.
//!
//! Every field is an atomic that is only stored to under the exclusive lock (`used` and `extra` excepted), so relaxed order is enough:
//! the lock orders. All zero is the empty table.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

/// Locks and bytes that the table lives on. Positions of bytes are never 0.
pub trait Storage {
    /// Held until dropped.
    type Held;

    fn shared(&self, partition: usize) -> Self::Held;
    fn exclusive(&self, partition: usize) -> Self::Held;
    /// False for what would find no room in the empty storage: nothing is given up for it.
    fn fits(&self, length: usize) -> bool;
    /// Room for so many bytes; none when there is none.
    fn allocate(&self, length: usize) -> Option<u64>;
    /// Gives room back that nobody looks at any more.
    fn free(&self, place: u64);
    /// Fills room that nobody else looks at yet with the parts, one behind the other.
    fn write(&self, place: u64, parts: [&[u8]; 2]);
    /// Shows `length` bytes to a reader that holds the partition's lock.
    fn read<R>(&self, place: u64, length: usize, reader: impl FnOnce(&[u8]) -> R) -> R;
}

/// One entry of the table, used or not.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Slot<E> {
    hash: AtomicU64,
    /// Key and value in the storage; 0 in a slot that is free.
    data: AtomicU64,
    generation: AtomicU64,
    made: AtomicI64,
    key_length: AtomicU32,
    value_length: AtomicU32,
    owner: AtomicU32,
    /// Next in the chain or in the list of free slots, position plus one; 0 ends both.
    next: AtomicU32,
    /// How many times the hand will spare it.
    used: AtomicU32,
    _unused: AtomicU32,
    extra: E,
}

/// What a partition keeps besides buckets and slots.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Partition {
    entries: AtomicU32,
    /// Slots that were freed, position plus one.
    free: AtomicU32,
    /// Slots below were in use at some time.
    fresh: AtomicU32,
    hand: AtomicU32,
    bytes: AtomicU64,
    evicted: AtomicU64,
    refused: AtomicU64,
}

/// Facts about an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamp {
    /// What must still be the generation for the entry to be true.
    pub generation: u64,
    /// When it was made, in microseconds.
    pub made: i64,
    /// Whose it is: a database.
    pub owner: u32,
}

/// Counters that go with an entry and start anew with it.
pub trait Extra {
    fn reset(&self);
}

impl Extra for () {
    fn reset(&self) {}
}

/// A table over memory that somebody else owns.
pub struct Table<'a, E, S> {
    partitions: &'a [Partition],
    buckets: &'a [AtomicU32],
    slots: &'a [Slot<E>],
    storage: S,
}

/// Sums over all partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    pub entries: u64,
    /// Keys and values.
    pub bytes: u64,
    pub evicted: u64,
    /// Entries that found no room.
    pub refused: u64,
}

/// How far the hand goes in search of an entry to give up: at the last step it takes what it finds.
const STEPS: u32 = 16;
/// Entries given up at most to make room in memory for one new one: a large one takes the place of several small ones.
const VICTIMS: usize = 32;
/// Entries given up at one time: their places are kept on the stack while the lock is held.
const AT_ONCE: usize = 4;
/// The greatest `used` mark: an entry that is asked for often outlives two rounds of the hand.
const MOST_USED: u32 = 2;

impl<'a, E: Extra, S: Storage> Table<'a, E, S> {
    /// Lays a table over memory. `buckets` and `slots` are whole multiples of the partitions, buckets a power of two in each.
    pub fn new(partitions: &'a [Partition], buckets: &'a [AtomicU32], slots: &'a [Slot<E>], storage: S) -> Self {
        Table { partitions, buckets, slots, storage }
    }

    /// Shows an entry's facts, counters and value to `reader`, under the shared lock.
    pub fn look<R>(&self, hash: u64, key: &[u8], reader: impl FnOnce(Stamp, &E, &[u8]) -> R) -> Option<R> {
        let partition = self.partition_of(hash);
        let _held = self.storage.shared(partition);
        let slot = &self.slots[self.find(partition, hash, key)?];
        // Written only where it changes something: a popular entry's line stays in every core's cache.
        let used = slot.used.load(Relaxed);
        if used < MOST_USED {
            slot.used.store(used + 1, Relaxed);
        }
        let (key_length, value_length) = slot.lengths();
        let read = |bytes: &[u8]| reader(slot.stamp(), &slot.extra, &bytes[key_length..]);
        Some(self.storage.read(slot.data.load(Relaxed), key_length + value_length, read))
    }

    /// Puts an entry in, in place of the one with the same key if there is one. False when there was no room.
    pub fn put(&self, hash: u64, key: &[u8], value: &[u8], stamp: Stamp) -> bool {
        self.put_then(hash, key, value, stamp, |_| ())
    }

    /// [`Table::put`], with a look at the counters before the lock is given back.
    pub fn put_then(&self, hash: u64, key: &[u8], value: &[u8], stamp: Stamp, counted: impl FnOnce(&E)) -> bool {
        let partition = self.partition_of(hash);
        let length = key.len() + value.len();
        let place = if self.storage.fits(length) { self.room(partition, length) } else { None };
        let Some(place) = place else {
            self.partitions[partition].refused.fetch_add(1, Relaxed);
            return false;
        };
        self.storage.write(place, [key, value]);
        let mut old = 0;
        {
            let _held = self.storage.exclusive(partition);
            let position = match self.find(partition, hash, key) {
                Some(position) => {
                    old = self.forget_bytes(partition, position);
                    position
                }
                None => {
                    let position = match self.take_free(partition) {
                        Some(position) => position,
                        None => {
                            let (position, data) = self.evict(partition);
                            old = data;
                            position
                        }
                    };
                    self.slots[position].extra.reset();
                    self.link(partition, position, hash);
                    position
                }
            };
            let slot = &self.slots[position];
            slot.fill(place, key.len(), value.len(), stamp);
            self.partitions[partition].bytes.fetch_add(length as u64, Relaxed);
            counted(&slot.extra);
        }
        if old != 0 {
            self.storage.free(old);
        }
        true
    }

    /// Takes an entry out.
    pub fn remove(&self, hash: u64, key: &[u8]) {
        let partition = self.partition_of(hash);
        let data = {
            let _held = self.storage.exclusive(partition);
            self.find(partition, hash, key).map_or(0, |position| self.release(partition, position))
        };
        if data != 0 {
            self.storage.free(data);
        }
    }

    /// Takes out every entry that `unwanted` names by its facts; tells how many there were. A few at a time, so that no lock is held long.
    pub fn sweep(&self, unwanted: impl Fn(Stamp) -> bool) -> u64 {
        let mut swept = 0;
        for partition in 0..self.partitions.len() {
            let mut from = 0;
            while from < self.slots_each() {
                let mut freed = [0; AT_ONCE];
                let mut count = 0;
                {
                    let _held = self.storage.exclusive(partition);
                    while from < self.slots_each() && count < AT_ONCE {
                        let position = partition * self.slots_each() + from;
                        let slot = &self.slots[position];
                        if slot.data.load(Relaxed) != 0 && unwanted(slot.stamp()) {
                            freed[count] = self.release(partition, position);
                            count += 1;
                        }
                        from += 1;
                    }
                }
                freed[..count].iter().for_each(|place| self.storage.free(*place));
                swept += count as u64;
            }
        }
        swept
    }

    /// Shows every entry to `reader`, a partition at a time under its shared lock.
    pub fn each(&self, mut reader: impl FnMut(Stamp, &E, &[u8], &[u8])) {
        for partition in 0..self.partitions.len() {
            let _held = self.storage.shared(partition);
            let start = partition * self.slots_each();
            for slot in &self.slots[start..start + self.slots_each()] {
                let data = slot.data.load(Relaxed);
                if data != 0 {
                    let (key_length, value_length) = slot.lengths();
                    self.storage.read(data, key_length + value_length, |bytes| {
                        reader(slot.stamp(), &slot.extra, &bytes[..key_length], &bytes[key_length..]);
                    });
                }
            }
        }
    }

    /// Entries, bytes and what was turned away, without a lock: sums of moving numbers.
    pub fn sizes(&self) -> Sizes {
        let mut sizes = Sizes::default();
        for partition in self.partitions {
            sizes.entries += u64::from(partition.entries.load(Relaxed));
            sizes.bytes += partition.bytes.load(Relaxed);
            sizes.evicted += partition.evicted.load(Relaxed);
            sizes.refused += partition.refused.load(Relaxed);
        }
        sizes
    }

    /// Entries that the table can hold at most.
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Counts evictions and refusals from nothing again.
    pub fn reset_counts(&self) {
        for partition in self.partitions {
            partition.evicted.store(0, Relaxed);
            partition.refused.store(0, Relaxed);
        }
    }

    fn slots_each(&self) -> usize {
        self.slots.len() / self.partitions.len()
    }

    /// The upper half chooses the partition, the lower the bucket.
    fn partition_of(&self, hash: u64) -> usize {
        (hash >> 32) as usize % self.partitions.len()
    }

    fn bucket_of(&self, partition: usize, hash: u64) -> &AtomicU32 {
        let each = self.buckets.len() / self.partitions.len();
        &self.buckets[partition * each + (hash as usize & (each - 1))]
    }

    fn find(&self, partition: usize, hash: u64, key: &[u8]) -> Option<usize> {
        let mut next = self.bucket_of(partition, hash).load(Relaxed);
        while next != 0 {
            let position = next as usize - 1;
            let slot = &self.slots[position];
            let (key_length, _) = slot.lengths();
            if slot.hash.load(Relaxed) == hash
                && key_length == key.len()
                && self.storage.read(slot.data.load(Relaxed), key_length, |bytes| bytes == key)
            {
                return Some(position);
            }
            next = slot.next.load(Relaxed);
        }
        None
    }

    /// Room for a new entry, at the price of entries that nobody asked for lately: of its own partition first, then of the others.
    fn room(&self, partition: usize, length: usize) -> Option<u64> {
        if let Some(place) = self.storage.allocate(length) {
            return Some(place);
        }
        for step in 0..VICTIMS / AT_ONCE {
            self.give_up((partition + step) % self.partitions.len());
            if let Some(place) = self.storage.allocate(length) {
                return Some(place);
            }
        }
        None
    }

    /// Gives up a few entries of a partition.
    fn give_up(&self, partition: usize) {
        let mut freed = [0; AT_ONCE];
        let mut count = 0;
        {
            let _held = self.storage.exclusive(partition);
            while count < AT_ONCE && self.partitions[partition].entries.load(Relaxed) > 0 {
                let (position, data) = self.evict(partition);
                self.add_free(partition, position);
                freed[count] = data;
                count += 1;
            }
        }
        freed[..count].iter().for_each(|place| self.storage.free(*place));
    }

    /// Unlinks an entry that was not asked for lately; its slot and the place of its bytes. The partition is not empty.
    fn evict(&self, partition: usize) -> (usize, u64) {
        let shape = &self.partitions[partition];
        let each = self.slots_each() as u32;
        let mut hand = shape.hand.load(Relaxed);
        let mut chosen = None;
        let mut looked = 0;
        // Slots that hold nothing cost no step: there are some only after a sweep or while memory is short, and the hand fills them.
        for _ in 0..each {
            let position = partition * self.slots_each() + (hand % each) as usize;
            hand = (hand + 1) % each;
            let slot = &self.slots[position];
            if slot.data.load(Relaxed) == 0 {
                continue;
            }
            chosen = Some(position);
            looked += 1;
            let used = slot.used.load(Relaxed);
            if used == 0 || looked == STEPS {
                break;
            }
            slot.used.store(used - 1, Relaxed);
        }
        shape.hand.store(hand, Relaxed);
        shape.evicted.fetch_add(1, Relaxed);
        // Not empty, so the loop has met an entry.
        let position = chosen.unwrap_or(partition * self.slots_each());
        (position, self.unlink(partition, position))
    }

    /// Unlinks an entry and frees its slot.
    fn release(&self, partition: usize, position: usize) -> u64 {
        let data = self.unlink(partition, position);
        self.add_free(partition, position);
        data
    }

    fn unlink(&self, partition: usize, position: usize) -> u64 {
        let slot = &self.slots[position];
        let mut link = self.bucket_of(partition, slot.hash.load(Relaxed));
        loop {
            let next = link.load(Relaxed);
            if next == 0 {
                break;
            }
            if next as usize - 1 == position {
                link.store(slot.next.load(Relaxed), Relaxed);
                self.partitions[partition].entries.fetch_sub(1, Relaxed);
                break;
            }
            link = &self.slots[next as usize - 1].next;
        }
        self.forget_bytes(partition, position)
    }

    fn forget_bytes(&self, partition: usize, position: usize) -> u64 {
        let slot = &self.slots[position];
        let (key_length, value_length) = slot.lengths();
        self.partitions[partition].bytes.fetch_sub((key_length + value_length) as u64, Relaxed);
        slot.data.swap(0, Relaxed)
    }

    fn link(&self, partition: usize, position: usize, hash: u64) {
        let slot = &self.slots[position];
        let bucket = self.bucket_of(partition, hash);
        slot.hash.store(hash, Relaxed);
        slot.next.store(bucket.load(Relaxed), Relaxed);
        bucket.store(position as u32 + 1, Relaxed);
        self.partitions[partition].entries.fetch_add(1, Relaxed);
    }

    fn take_free(&self, partition: usize) -> Option<usize> {
        let shape = &self.partitions[partition];
        let free = shape.free.load(Relaxed);
        if free != 0 {
            let position = free as usize - 1;
            shape.free.store(self.slots[position].next.load(Relaxed), Relaxed);
            return Some(position);
        }
        let fresh = shape.fresh.load(Relaxed) as usize;
        (fresh < self.slots_each()).then(|| {
            shape.fresh.store(fresh as u32 + 1, Relaxed);
            partition * self.slots_each() + fresh
        })
    }

    fn add_free(&self, partition: usize, position: usize) {
        let free = &self.partitions[partition].free;
        self.slots[position].next.store(free.load(Relaxed), Relaxed);
        free.store(position as u32 + 1, Relaxed);
    }
}

impl<E> Slot<E> {
    fn lengths(&self) -> (usize, usize) {
        (self.key_length.load(Relaxed) as usize, self.value_length.load(Relaxed) as usize)
    }

    fn stamp(&self) -> Stamp {
        Stamp { generation: self.generation.load(Relaxed), made: self.made.load(Relaxed), owner: self.owner.load(Relaxed) }
    }

    fn fill(&self, place: u64, key_length: usize, value_length: usize, stamp: Stamp) {
        self.data.store(place, Relaxed);
        self.key_length.store(key_length as u32, Relaxed);
        self.value_length.store(value_length as u32, Relaxed);
        self.generation.store(stamp.generation, Relaxed);
        self.made.store(stamp.made, Relaxed);
        self.owner.store(stamp.owner, Relaxed);
        self.used.store(0, Relaxed);
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
