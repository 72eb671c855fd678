//! A watch over every function that the executor is about to run, at any depth: inside views, policies, domain checks and index
//! expressions, and inside the bodies of SQL and PL functions that no walk of a query tree can see.
//!
//! PostgreSQL calls `object_access_hook` with `OAT_FUNCTION_EXECUTE` when it prepares an expression, in planning (folding of
//! constants) as in running. While a [`Watch`] is set, its judge sees each function's OID first; an unwelcome one becomes an ERROR,
//! and the [`Refusal`] behind it is kept for whoever catches that ERROR. Without a watch the hook costs one comparison.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use nl_query_core::refusal::Refusal;
use pgrx::pg_sys;

/// Says no to a function by its OID.
pub type Judge = dyn Fn(u32) -> Result<(), Refusal>;

thread_local! {
    static JUDGE: RefCell<Option<Rc<Judge>>> = const { RefCell::new(None) };
    static REFUSED: RefCell<Option<Refusal>> = const { RefCell::new(None) };
    static INSTALLED: Cell<bool> = const { Cell::new(false) };
}

/// Whether there is a judge, for the hook to see at the price of one load.
static SET: AtomicBool = AtomicBool::new(false);

static mut PREVIOUS: pg_sys::object_access_hook_type = None;

/// Installs the hook. Call once, from `_PG_init`.
pub fn install() {
    if INSTALLED.replace(true) {
        return;
    }
    // SAFETY: _PG_init runs on the process's only thread; hooks are plain function pointers there.
    unsafe {
        PREVIOUS = pg_sys::object_access_hook;
        pg_sys::object_access_hook = Some(on_access);
    }
}

/// A set watch; ends with the value, also while unwinding.
pub struct Watch(());

impl Watch {
    pub fn set(judge: Rc<Judge>) -> Watch {
        JUDGE.replace(Some(judge));
        REFUSED.replace(None);
        SET.store(true, Ordering::Relaxed);
        Watch(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        SET.store(false, Ordering::Relaxed);
        JUDGE.replace(None);
        REFUSED.replace(None);
    }
}

/// The refusal whose ERROR carries this message, if the watch raised it.
pub(super) fn take_refused(message: &str) -> Option<Refusal> {
    REFUSED.take().filter(|refusal| refusal.message == message)
}

/// The hook. Without pgrx's guard, which would cost every function of every statement of every session: this frame holds nothing
/// that an ERROR of the previous hook, or of [`judge_guarded`], could jump over.
unsafe extern "C-unwind" fn on_access(
    access: pg_sys::ObjectAccessType::Type,
    class: pg_sys::Oid,
    object: pg_sys::Oid,
    sub: core::ffi::c_int,
    argument: *mut core::ffi::c_void,
) {
    // SAFETY: the previous hook gets what we got; PREVIOUS was set when the library was loaded and is only read since.
    unsafe {
        if let Some(previous) = PREVIOUS {
            previous(access, class, object, sub, argument);
        }
    }
    // Also how `pg::transaction` learns of dropped relations: only here can a temporary one still be told from others.
    if access == pg_sys::ObjectAccessType::OAT_DROP && class == pg_sys::RelationRelationId && sub == 0 {
        // SAFETY: called inside the transaction that drops the relation, before it is gone.
        unsafe { dropping_guarded(object) };
    }
    let runs = access == pg_sys::ObjectAccessType::OAT_FUNCTION_EXECUTE && class == pg_sys::ProcedureRelationId;
    if runs && SET.load(Ordering::Relaxed) {
        // SAFETY: any OID will do.
        unsafe { judge_guarded(object) };
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn dropping_guarded(relation: pg_sys::Oid) {
    super::transaction::note_drop(relation);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn judge_guarded(function: pg_sys::Oid) {
    judge(function.to_u32());
}

fn judge(function: u32) {
    let Some(judge) = JUDGE.with_borrow(Clone::clone) else { return };
    if let Err(refusal) = judge(function) {
        let message = refusal.message.clone();
        REFUSED.replace(Some(refusal));
        pgrx::ereport!(pgrx::PgLogLevel::ERROR, pgrx::PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message);
    }
}
