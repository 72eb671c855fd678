//! The table against a plain map, and its bounds, over storage that checks how it is used.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::*;

const PARTITIONS: usize = 2;

/// Bytes in a map, with a limit; counts held locks and refuses to allocate or free under one that is exclusive.
#[derive(Default)]
struct Memory {
    bytes: RefCell<HashMap<u64, Vec<u8>>>,
    next: Cell<u64>,
    left: Cell<usize>,
    exclusive: Rc<Cell<usize>>,
}

struct Held(Option<Rc<Cell<usize>>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.set(count.get() - 1);
        }
    }
}

impl Storage for &Memory {
    type Held = Held;

    fn shared(&self, _partition: usize) -> Held {
        assert_eq!(self.exclusive.get(), 0, "one lock at a time");
        Held(None)
    }

    fn exclusive(&self, _partition: usize) -> Held {
        assert_eq!(self.exclusive.get(), 0, "one lock at a time");
        self.exclusive.set(1);
        Held(Some(Rc::clone(&self.exclusive)))
    }

    fn fits(&self, length: usize) -> bool {
        length <= 100
    }

    fn allocate(&self, length: usize) -> Option<u64> {
        assert_eq!(self.exclusive.get(), 0, "allocation under the exclusive lock");
        let left = self.left.get().checked_sub(length)?;
        self.left.set(left);
        self.next.set(self.next.get() + 1);
        self.bytes.borrow_mut().insert(self.next.get(), vec![0; length]);
        Some(self.next.get())
    }

    fn free(&self, place: u64) {
        assert_eq!(self.exclusive.get(), 0, "freeing under the exclusive lock");
        let bytes = self.bytes.borrow_mut().remove(&place).expect("freed once");
        self.left.set(self.left.get() + bytes.len());
    }

    fn write(&self, place: u64, parts: [&[u8]; 2]) {
        self.bytes.borrow_mut().insert(place, parts.concat());
    }

    fn read<R>(&self, place: u64, length: usize, reader: impl FnOnce(&[u8]) -> R) -> R {
        reader(&self.bytes.borrow()[&place][..length])
    }
}

/// Memory for a table.
struct Place {
    partitions: Vec<Partition>,
    buckets: Vec<AtomicU32>,
    slots: Vec<Slot<()>>,
    memory: Memory,
}

fn place(slots: usize, bytes: usize) -> Place {
    let memory = Memory::default();
    memory.left.set(bytes);
    let many = |count: usize| (0..count).map(|_| AtomicU32::default()).collect();
    Place {
        partitions: (0..PARTITIONS).map(|_| Partition::default()).collect(),
        buckets: many(slots.next_power_of_two()),
        slots: (0..slots).map(|_| Slot::default()).collect(),
        memory,
    }
}

impl Place {
    fn table(&self) -> Table<'_, (), &Memory> {
        Table::new(&self.partitions, &self.buckets, &self.slots, &self.memory)
    }
}

/// A hash that puts many keys into few buckets of both partitions.
fn hash(key: &[u8]) -> u64 {
    let sum: u64 = key.iter().map(|byte| u64::from(*byte)).sum();
    (sum % 5) << 32 | (sum % 3)
}

fn value_of(table: &Table<'_, (), &Memory>, key: &[u8]) -> Option<Vec<u8>> {
    table.look(hash(key), key, |_, (), value| value.to_vec())
}

fn put(table: &Table<'_, (), &Memory>, key: &[u8], value: &[u8]) -> bool {
    table.put(hash(key), key, value, Stamp { generation: 1, made: 2, owner: u32::from(key[0]) })
}

/// Numbers that are the same in every run.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

#[test]
fn it_is_a_map_that_forgets() {
    let place = place(16, 400);
    let table = place.table();
    let mut model: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut seed = 1;
    for _ in 0..20_000 {
        let key = vec![next(&mut seed) as u8 % 40, 7];
        match next(&mut seed) % 4 {
            0 | 1 => {
                let value = vec![next(&mut seed) as u8; next(&mut seed) % 60];
                if put(&table, &key, &value) {
                    model.insert(key, value);
                } else {
                    assert!(value_of(&table, &key).is_none_or(|found| found == model[&key]));
                }
            }
            2 => {
                table.remove(hash(&key), &key);
                model.remove(&key);
                assert_eq!(value_of(&table, &key), None);
            }
            _ => {
                if let Some(found) = value_of(&table, &key) {
                    assert_eq!(Some(&found), model.get(&key));
                }
            }
        }
        let sizes = table.sizes();
        assert!(sizes.entries <= 16);
        assert_eq!(sizes.bytes as usize, 400 - place.memory.left.get(), "every byte is accounted for");
    }
    let mut seen = HashSet::new();
    table.each(|stamp, (), key, value| {
        assert_eq!(model.get(key).map(Vec::as_slice), Some(value));
        assert_eq!(stamp.owner, u32::from(key[0]));
        assert!(seen.insert(key.to_vec()));
    });
    assert_eq!(seen.len() as u64, table.sizes().entries);
    assert_eq!(table.sweep(|_| true), seen.len() as u64);
    assert_eq!(place.memory.left.get(), 400, "nothing is left behind");
}

#[test]
fn what_is_asked_for_stays() {
    let place = place(8, 10_000);
    let table = place.table();
    let favourite = [1u8, 1];
    assert!(put(&table, &favourite, b"kept"));
    for round in 0..200u8 {
        assert_eq!(value_of(&table, &favourite).as_deref(), Some(b"kept".as_slice()), "round {round}");
        put(&table, &[round, 9], b"once");
    }
    assert!(table.sizes().evicted > 100);
}

#[test]
fn an_entry_larger_than_the_memory_is_refused_and_counted() {
    let place = place(8, 100);
    let table = place.table();
    assert!(put(&table, b"small", b"value"));
    assert!(!put(&table, b"large", &[0; 200]));
    assert_eq!(table.sizes().refused, 1);
    assert_eq!(value_of(&table, b"large"), None);
    assert_eq!(value_of(&table, b"small").as_deref(), Some(b"value".as_slice()), "nothing was given up for it");
}

#[test]
fn a_large_entry_takes_the_place_of_small_ones() {
    let place = place(64, 320);
    let table = place.table();
    for small in 0..32u8 {
        put(&table, &[small, 3], &[small; 8]);
    }
    assert!(put(&table, b"large", &[0; 90]));
    assert!(value_of(&table, b"large").is_some());
}

#[test]
fn a_sweep_takes_only_what_it_is_told() {
    let place = place(32, 10_000);
    let table = place.table();
    for key in 0..16u8 {
        put(&table, &[key, 5], b"x");
    }
    assert_eq!(table.sweep(|stamp| stamp.owner < 4), 4);
    assert_eq!(value_of(&table, &[3, 5]), None);
    assert!(value_of(&table, &[4, 5]).is_some());
    for key in 0..16u8 {
        assert!(put(&table, &[key, 5], b"y"));
    }
}
