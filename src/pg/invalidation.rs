//! What the server says has changed. Callbacks run at any moment, also without a transaction and while an error is handled:
//! they note what they were told in backend-local memory and do nothing else (no catalog access, no allocation, no error).
//!
//! On a primary, [`accept`] is enough: whoever changed something moves the generation when it commits (`pg::transaction`). A standby
//! has only these messages, and [`take`] gives what they name. Local memory of this backend only; PostgreSQL calls back on the
//! main thread.

use std::cell::Cell;

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier as cache;

use super::transaction;

/// More changed relations than this between two questions count as "everything".
const NOTES: usize = 64;

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static STATE: State = const { State {
        registered: Cell::new(false),
        everything: Cell::new(false),
        count: Cell::new(0),
        relations: [const { Cell::new(0) }; NOTES],
    } };
}

struct State {
    registered: Cell<bool>,
    everything: Cell<bool>,
    count: Cell<usize>,
    relations: [Cell<u32>; NOTES],
}

/// What has changed since the last [`take`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Roles, schemas, enums, functions, or more relations than were counted.
    pub everything: bool,
    /// Relations whose description may be different, or that are new or gone. Indexes, sequences, TOAST tables, partitions and
    /// temporary tables are left out.
    pub relations: Vec<u32>,
}

/// Reads the messages of other backends. Registers the callbacks at the first call.
pub fn accept() {
    STATE.with(|state| {
        if !state.registered.replace(true) {
            register();
            state.everything.set(true);
        }
    });
    // SAFETY: called inside a transaction, as every lock acquisition does it.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// Returns everything noted so far, and forgets it.
pub fn take() -> Changes {
    accept();
    STATE.with(|state| {
        let noted = state.count.replace(0);
        let mut relations: Vec<u32> = state.relations[..noted].iter().map(Cell::get).collect();
        relations.sort_unstable();
        relations.dedup();
        relations.retain(|oid| is_relevant(*oid));
        Changes { everything: state.everything.replace(false), relations }
    })
}

/// Slots for callbacks are few and are never given back: one relcache callback and one for six caches, once a backend.
fn register() {
    // SAFETY: the callbacks are functions of a library that is never unloaded.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::from(0));
        for id in
            [cache::NAMESPACEOID, cache::ENUMOID, cache::PROCOID, cache::AUTHOID, cache::AUTHMEMMEMROLE, cache::AUTHMEMROLEMEM]
        {
            pg_sys::CacheRegisterSyscacheCallback(id as i32, Some(catalog_changed), pg_sys::Datum::from(0));
        }
    }
}

/// A relation that a question could be about, or one that is gone.
fn is_relevant(oid: u32) -> bool {
    let oid = pg_sys::Oid::from(oid);
    // SAFETY: looked up in the system caches inside the caller's transaction; a missing relation gives '\0' and InvalidOid.
    unsafe {
        match pg_sys::get_rel_relkind(oid) as u8 {
            0 => true,
            b'r' | b'v' | b'm' | b'p' | b'f' => {
                !pg_sys::get_rel_relispartition(oid) && pg_sys::get_rel_persistence(oid) as u8 != pg_sys::RELPERSISTENCE_TEMP
            }
            _ => false,
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    transaction::note_message();
    STATE.with(|state| {
        let (count, relation) = (state.count.get(), relation.to_u32());
        if relation == 0 || count == NOTES {
            state.everything.set(true);
        } else if relation >= FIRST_USER_OID && (count == 0 || state.relations[count - 1].get() != relation) {
            state.relations[count].set(relation);
            state.count.set(count + 1);
        }
    });
}

/// `FirstNormalObjectId`: catalogs lie below, what users create above.
pub(super) const FIRST_USER_OID: u32 = 16384;

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn catalog_changed(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    transaction::note_message();
    STATE.with(|state| state.everything.set(true));
}
