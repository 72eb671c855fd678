//! What the server says has changed. Callbacks run at any moment, also without a transaction and while an error is handled:
//! they note what they were told in backend-local memory and do nothing else (no catalog access, no allocation, no error).
//!
//! On a primary, [`accept`] is enough: whoever changed something moves the generation when it commits (`pg::transaction`). A standby
//! has only these messages, and [`any`] tells that there were some. Local memory of this backend only; PostgreSQL calls back on
//! the main thread.

use std::cell::Cell;

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier as cache;

use super::transaction;

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
    static ANY: Cell<bool> = const { Cell::new(true) };
}

/// Reads the messages of other backends. Registers the callbacks at the first call.
pub fn accept() {
    if !REGISTERED.replace(true) {
        register();
    }
    // SAFETY: called inside a transaction, as every lock acquisition does it.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// Reads the messages of other backends; whether any came since the last call that could concern questions. True at the first call:
/// nobody knows what came before.
pub fn any() -> bool {
    accept();
    ANY.replace(false)
}

/// Slots for callbacks are few and are never given back: one relcache callback and one for eight caches, once a backend.
fn register() {
    // SAFETY: the callbacks are functions of a library that is never unloaded.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::from(0));
        for id in [
            cache::NAMESPACEOID,
            cache::ENUMOID,
            cache::PROCOID,
            cache::OPEROID,
            cache::CASTSOURCETARGET,
            cache::AUTHOID,
            cache::AUTHMEMMEMROLE,
            cache::AUTHMEMROLEMEM,
        ] {
            pg_sys::CacheRegisterSyscacheCallback(id as i32, Some(catalog_changed), pg_sys::Datum::from(0));
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    transaction::note_message();
    let relation = relation.to_u32();
    if relation == 0 || relation >= FIRST_USER_OID {
        ANY.set(true);
    }
}

/// `FirstNormalObjectId`: catalogs lie below, what users create above.
pub(super) const FIRST_USER_OID: u32 = 16384;

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn catalog_changed(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    transaction::note_message();
    ANY.set(true);
}
