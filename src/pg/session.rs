//! Settings, user and transaction state of this session, changed for a while.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::compat;

/// Makes the surrounding subtransaction read-only, as `transaction_read_only` says; when it ends, either way, PostgreSQL puts back
/// what the transaction above it had. (From PostgreSQL 16 on the setting itself cannot be set in a nest level.) Nothing inside can
/// turn it off: that is refused in a subtransaction. Must be called inside an [`super::attempt`].
pub fn make_read_only() {
    // SAFETY: the variable behind the setting, of this backend's only thread.
    unsafe { pg_sys::XactReadOnly = true };
}

/// A nest level of settings: what [`GucNest::set`] changes is put back by [`GucNest::end`]. After an error the abort of the
/// surrounding subtransaction puts it back, so a nest must live inside an [`super::attempt`].
pub struct GucNest(i32);

impl GucNest {
    pub fn begin() -> GucNest {
        // SAFETY: opens a level; `end` or the subtransaction's abort closes it.
        GucNest(unsafe { pg_sys::NewGUCNestLevel() })
    }

    /// Sets a setting until the end of the nest.
    pub fn set(&self, name: &CStr, value: &CStr) {
        // SAFETY: NUL-terminated texts; SUSET because temp_file_limit wants it, and it is only ever made stricter.
        unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
    }

    pub fn end(self) {
        // SAFETY: closes the level opened in `begin`.
        unsafe { pg_sys::AtEOXact_GUC(true, self.0) };
    }
}

/// A snapshot of now, active until [`Snapshot::pop`] or the abort of the surrounding subtransaction.
///
/// Not the caller's statement's: names are looked up in the catalog as it is now, and a table that was rewritten since that
/// statement began (a question may have waited for a model) would look empty to its snapshot. PostgreSQL's own volatile
/// functions read like this.
pub struct Snapshot(());

impl Snapshot {
    pub fn push() -> Snapshot {
        // SAFETY: inside a transaction; `pop` or the abort takes it off.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
        Snapshot(())
    }

    pub fn pop(self) {
        // SAFETY: pushed above, and everything pushed since has been popped.
        unsafe { pg_sys::PopActiveSnapshot() };
    }
}

/// `work_mem` of the session, in kB.
pub fn work_mem_kb() -> i32 {
    // SAFETY: reading a global on its only thread.
    unsafe { pg_sys::work_mem }
}

/// `temp_file_limit` of the session in kB; -1 is none.
pub fn temp_file_limit_kb() -> i32 {
    // SAFETY: as above.
    unsafe { pg_sys::temp_file_limit }
}

/// True when the top transaction has an id.
pub fn has_transaction_id() -> bool {
    // SAFETY: reads the transaction state.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

pub fn is_superuser() -> bool {
    // SAFETY: reads the current user's role.
    unsafe { pg_sys::superuser() }
}

pub fn role_is_superuser(role: u32) -> bool {
    // SAFETY: a role lookup; any OID is allowed.
    unsafe { pg_sys::superuser_arg(pg_sys::Oid::from(role)) }
}

/// OID of a role by name.
pub fn role_oid(name: &CStr) -> Option<u32> {
    // SAFETY: a lookup by name, missing is allowed.
    let oid = unsafe { pg_sys::get_role_oid(name.as_ptr(), true) };
    (oid != pg_sys::Oid::INVALID).then(|| oid.to_u32())
}

pub fn role_name(oid: u32) -> String {
    // SAFETY: a lookup by OID, missing is allowed.
    unsafe { super::proc::text_or_empty(pg_sys::GetUserNameFromId(pg_sys::Oid::from(oid), true)) }
}

pub fn may_become(role: u32) -> bool {
    compat::may_become(pg_sys::Oid::from(role))
}

/// Another current user, until [`AsRole::end`]; the abort of the surrounding subtransaction ends it too.
pub struct AsRole {
    user: pg_sys::Oid,
    context: i32,
}

impl AsRole {
    /// `SET ROLE` and kin are refused meanwhile (`SECURITY_LOCAL_USERID_CHANGE`).
    pub fn begin(role: u32) -> AsRole {
        let (mut user, mut context) = (pg_sys::Oid::INVALID, 0);
        // SAFETY: reads and sets this session's user; both pointers are to this frame.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context);
            let local = context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32;
            pg_sys::SetUserIdAndSecContext(pg_sys::Oid::from(role), local);
        }
        AsRole { user, context }
    }

    /// The role that initdb made, which can be renamed and never dropped; for reading catalogs whole. Functions of users and everything
    /// that changes the session are refused meanwhile (`SECURITY_RESTRICTED_OPERATION`).
    pub fn owner_of_the_cluster() -> AsRole {
        let was = AsRole::begin(pg_sys::BOOTSTRAP_SUPERUSERID);
        // SAFETY: sets this session's user again, with the context that `end` takes back.
        unsafe {
            let context = was.context | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
            pg_sys::SetUserIdAndSecContext(pg_sys::Oid::from(pg_sys::BOOTSTRAP_SUPERUSERID), context);
        }
        was
    }

    pub fn end(self) {
        // SAFETY: the user of before.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}
