//! The local level: what this backend has answered lately, looked up by the text as typed, without a lock and without reading the
//! text. Remembers too which statements this backend has proven, under which limits.
//!
//! Memory of this backend only; bounded by the number of entries, each some kilobytes.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;

use lru::LruCache;

use crate::guard::Limits;

use super::counters::{self, Level, Tier};
use super::statement::{Refused, Statement};

/// Answers kept in a backend: what a dashboard or a chat asks again and again.
const STATEMENTS: NonZeroUsize = NonZeroUsize::new(512).unwrap();
/// Refusals kept in a backend.
const REFUSALS: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// An answer and what this backend knows of it.
#[derive(Clone)]
pub struct Known {
    /// As it was read.
    pub question: Rc<str>,
    pub statement: Rc<Statement>,
    pub generation: u64,
    /// Microseconds since 2000.
    pub made: i64,
    /// The limits it was proven under in this generation, with the identifier that the proof gave it.
    pub proven: Option<(Rc<Limits>, u64)>,
}

/// A refusal and when it was made.
#[derive(Clone)]
pub struct KnownRefusal {
    pub refused: Rc<Refused>,
    pub generation: u64,
    pub made: i64,
}

struct Memory {
    statements: LruCache<Vec<u8>, Known>,
    refusals: LruCache<Vec<u8>, KnownRefusal>,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static MEMORY: RefCell<Memory> =
        RefCell::new(Memory { statements: LruCache::new(STATEMENTS), refusals: LruCache::new(REFUSALS) });
}

pub fn statement(key: &[u8]) -> Option<Known> {
    MEMORY.with_borrow_mut(|memory| memory.statements.get(key).cloned())
}

pub fn keep_statement(key: &[u8], known: Known) {
    let evicted = MEMORY.with_borrow_mut(|memory| {
        let full = memory.statements.len() == STATEMENTS.get();
        full & memory.statements.push(key.to_vec(), known).is_some()
    });
    if evicted {
        counters::count(Tier::Statement, Level::Local, |counter| &counter.evictions);
    }
}

pub fn forget_statement(key: &[u8]) {
    MEMORY.with_borrow_mut(|memory| memory.statements.pop(key));
}

/// Notes that this backend has proven the statement.
pub fn note_proof(key: &[u8], generation: u64, limits: &Rc<Limits>, query_id: u64) {
    MEMORY.with_borrow_mut(|memory| {
        if let Some(known) = memory.statements.peek_mut(key)
            && known.generation == generation
        {
            known.proven = Some((Rc::clone(limits), query_id));
        }
    });
}

pub fn refusal(key: &[u8]) -> Option<KnownRefusal> {
    MEMORY.with_borrow_mut(|memory| memory.refusals.get(key).cloned())
}

pub fn keep_refusal(key: Vec<u8>, known: KnownRefusal) {
    let evicted = MEMORY.with_borrow_mut(|memory| {
        let full = memory.refusals.len() == REFUSALS.get();
        full & memory.refusals.push(key, known).is_some()
    });
    if evicted {
        counters::count(Tier::Negative, Level::Local, |counter| &counter.evictions);
    }
}

pub fn forget_refusal(key: &[u8]) {
    MEMORY.with_borrow_mut(|memory| memory.refusals.pop(key));
}

pub fn clear() {
    MEMORY.with_borrow_mut(|memory| {
        memory.statements.clear();
        memory.refusals.clear();
    });
}

/// Entries and bytes of the answers, then of the refusals. Bytes are those of the texts.
pub fn sizes() -> [(u64, u64); 2] {
    MEMORY.with_borrow(|memory| {
        let statements =
            memory.statements.iter().map(|(key, known)| key.len() + known.statement.sql.len() + known.statement.paraphrase.len());
        let refusals = memory.refusals.iter().map(|(key, _)| key.len());
        let sum =
            |bytes: &mut dyn Iterator<Item = usize>| bytes.fold((0, 0), |(count, sum), bytes| (count + 1, sum + bytes as u64));
        [sum(&mut statements.into_iter()), sum(&mut refusals.into_iter())]
    })
}
