//! Security labels: `SECURITY LABEL FOR nl_query ON … IS 'private'`.
//!
//! The extension is the label provider. A relation, column, view, function or schema labelled private is closed to answers; the
//! catalog leaves it out of what it shows.

use std::ffi::CStr;

use pgrx::pg_sys;

/// The name in `SECURITY LABEL FOR …`.
const PROVIDER: &CStr = c"nl_query";
/// The only label there is.
const PRIVATE: &CStr = c"private";

/// What can be labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labelled {
    Relation(u32),
    Column(u32, i16),
    Schema(u32),
    Function(u32),
}

/// Registers the provider. Call from `_PG_init`.
pub fn install() {
    // SAFETY: the name is a constant; the list of providers belongs to the process, which _PG_init runs in once.
    unsafe { pg_sys::register_label_provider(PROVIDER.as_ptr(), Some(check_label)) };
}

/// True when somebody has labelled it private.
pub fn is_private(what: Labelled) -> bool {
    let (class, object, sub) = match what {
        Labelled::Relation(oid) => (pg_sys::RelationRelationId, oid, 0),
        Labelled::Column(oid, number) => (pg_sys::RelationRelationId, oid, i32::from(number)),
        Labelled::Schema(oid) => (pg_sys::NamespaceRelationId, oid, 0),
        Labelled::Function(oid) => (pg_sys::ProcedureRelationId, oid, 0),
    };
    let address = pg_sys::ObjectAddress { classId: class, objectId: pg_sys::Oid::from(object), objectSubId: sub };
    // SAFETY: a catalog lookup; the label is null or a NUL-terminated palloc'ed text.
    unsafe {
        let label = pg_sys::GetSecurityLabel(&raw const address, PROVIDER.as_ptr());
        !label.is_null() && CStr::from_ptr(label) == PRIVATE
    }
}

/// True when any object of this database has a security label, of whatever provider. Almost always there is none, and one look at
/// the size of the catalog saves a scan of it for every name in a statement.
pub fn any() -> bool {
    // SAFETY: opened and closed here, with the lock that readers of a catalog take.
    unsafe {
        let catalog = pg_sys::table_open(pg_sys::SecLabelRelationId, pg_sys::AccessShareLock as i32);
        let blocks = pg_sys::RelationGetNumberOfBlocksInFork(catalog, pg_sys::ForkNumber::MAIN_FORKNUM);
        pg_sys::table_close(catalog, pg_sys::AccessShareLock as i32);
        blocks > 0
    }
}

/// Says whether a label is one of ours and fits the object; raises ERROR when not.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_label(object: *const pg_sys::ObjectAddress, label: *const core::ffi::c_char) {
    // SAFETY: PostgreSQL passes the object's address, and null for the removal of a label.
    let (class, removal) = unsafe { ((*object).classId, label.is_null()) };
    if removal {
        return;
    }
    // SAFETY: not null, so NUL-terminated.
    let label = unsafe { CStr::from_ptr(label) };
    if label != PRIVATE {
        pgrx::ereport!(
            pgrx::PgLogLevel::ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            format!("invalid security label \"{}\" for provider nl_query", label.to_string_lossy()),
            "The only label is \"private\"; NULL removes it."
        );
    }
    let known = [pg_sys::RelationRelationId, pg_sys::NamespaceRelationId, pg_sys::ProcedureRelationId];
    if !known.contains(&class) {
        pgrx::ereport!(
            pgrx::PgLogLevel::ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE,
            "security labels of nl_query apply to relations, columns, schemas and functions only"
        );
    }
}
