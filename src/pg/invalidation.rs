//! What the server says has changed. Callbacks run at any moment, also without a transaction and while an error is handled:
//! they note what they were told in backend-local memory and do nothing else (no catalog access, no allocation, no error).
//!
//! Local memory of this backend only; PostgreSQL calls back on the main thread. [`take`] empties the notes.

use std::cell::Cell;

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier as cache;

use super::utility;

/// More changed relations than this between two questions count as "everything".
const NOTES: usize = 64;

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static STATE: State = const { State {
        registered: Cell::new(false),
        everything: Cell::new(false),
        aborted: Cell::new(false),
        count: Cell::new(0),
        relations: [const { Cell::new(0) }; NOTES],
    } };
}

struct State {
    registered: Cell<bool>,
    everything: Cell<bool>,
    aborted: Cell<bool>,
    count: Cell<usize>,
    relations: [Cell<u32>; NOTES],
}

/// What has changed since the last [`take`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Roles, schemas, enums, or more relations than were counted.
    pub everything: bool,
    /// A transaction or savepoint with a COMMENT or SECURITY LABEL in it was rolled back.
    pub aborted: bool,
    /// Relations whose description may be different, or that are new or gone. Indexes, sequences, TOAST tables, partitions and
    /// other sessions' temporary tables are left out.
    pub relations: Vec<u32>,
}

/// Reads the messages of other backends, then returns everything noted so far. Registers the callbacks at the first call.
pub fn take() -> Changes {
    // SAFETY: called inside a transaction, as every lock acquisition does it.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    STATE.with(|state| {
        if !state.registered.replace(true) {
            register();
            return Changes { everything: true, ..Changes::default() };
        }
        let noted = state.count.replace(0);
        let mut relations: Vec<u32> = state.relations[..noted].iter().map(Cell::get).collect();
        relations.sort_unstable();
        relations.dedup();
        relations.retain(|oid| is_relevant(*oid));
        Changes { everything: state.everything.replace(false), aborted: state.aborted.replace(false), relations }
    })
}

/// Slots for callbacks are few and are never given back: one relcache callback and one for five caches, once a backend.
fn register() {
    // SAFETY: the callbacks are functions of a library that is never unloaded.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::from(0));
        for id in [cache::NAMESPACEOID, cache::ENUMOID, cache::AUTHOID, cache::AUTHMEMMEMROLE, cache::AUTHMEMROLEMEM] {
            pg_sys::CacheRegisterSyscacheCallback(id as i32, Some(catalog_changed), pg_sys::Datum::from(0));
        }
        pg_sys::RegisterXactCallback(Some(transaction_ended), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(savepoint_ended), std::ptr::null_mut());
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
                !pg_sys::get_rel_relispartition(oid) && !pg_sys::isOtherTempNamespace(pg_sys::get_rel_namespace(oid))
            }
            _ => false,
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
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
const FIRST_USER_OID: u32 = 16384;

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn catalog_changed(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    STATE.with(|state| state.everything.set(true));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn transaction_ended(event: pg_sys::XactEvent::Type, _argument: *mut std::ffi::c_void) {
    match event {
        pg_sys::XactEvent::XACT_EVENT_ABORT => {
            note_abort();
            utility::forget_transaction();
        }
        pg_sys::XactEvent::XACT_EVENT_COMMIT | pg_sys::XactEvent::XACT_EVENT_PREPARE => utility::forget_transaction(),
        _ => {}
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn savepoint_ended(
    event: pg_sys::SubXactEvent::Type,
    _own: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        note_abort();
    }
}

/// The guard rolls a subtransaction back on every question: only one that may have taken a comment back is worth a look.
fn note_abort() {
    if utility::described_in_transaction() {
        STATE.with(|state| state.aborted.set(true));
    }
}
