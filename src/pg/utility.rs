//! Sees the utility statements of this session that change what questions read and that no invalidation callback tells of:
//! COMMENT and SECURITY LABEL (no callback at all) and ANALYZE (whose callbacks look like any other, see `catalog`).
//!
//! Every other statement costs one comparison. The hook that was there is called on every path.

use std::cell::Cell;
use std::ffi::c_char;

use pgrx::pg_sys;

thread_local! {
    static DESCRIBED_HERE: Cell<bool> = const { Cell::new(false) };
    static SEEN: Cell<Seen> = const { Cell::new(Seen { described: false, analysed: false }) };
}

/// What this session has done since the last [`take`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// COMMENT or SECURITY LABEL.
    pub described: bool,
    /// ANALYZE or VACUUM.
    pub analysed: bool,
}

/// Returns what was seen and forgets it.
pub fn take() -> Seen {
    SEEN.take()
}

/// True when this transaction holds a COMMENT or SECURITY LABEL that a rollback would take back.
pub fn described_in_transaction() -> bool {
    DESCRIBED_HERE.get()
}

/// The transaction is over, one way or the other.
pub fn forget_transaction() {
    DESCRIBED_HERE.set(false);
}

/// Installs the hook. Call once, from `_PG_init` while preloading.
pub fn install() {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        PREVIOUS = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(process_utility);
    }
}

static mut PREVIOUS: pg_sys::ProcessUtility_hook_type = None;

// PostgreSQL's own function, without the guard that pgrx puts around its bindings: see `process_utility`.
unsafe extern "C-unwind" {
    #[link_name = "standard_ProcessUtility"]
    fn standard_process_utility(
        statement: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        params: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        dest: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// Every utility statement of every session passes here, with its errors. They are not ours to touch: a guard would catch each one
/// and raise it again without its position, constraint name and context. So there is no guard, this frame holds nothing that would
/// need dropping, nothing in it panics, and PostgreSQL's longjmp may pass over it. What was seen is noted before the statement
/// runs; a statement that fails then costs one look at the marks.
#[allow(clippy::too_many_arguments)] // PostgreSQL's signature
unsafe extern "C-unwind" fn process_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    params: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    dest: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: PostgreSQL passes a valid statement; PREVIOUS was written once, before the postmaster forked; the arguments go on
    // as they came.
    unsafe {
        note((*(*statement).utilityStmt).type_);
        match PREVIOUS {
            Some(run) => run(statement, text, read_only_tree, context, params, environment, dest, completion),
            None => standard_process_utility(statement, text, read_only_tree, context, params, environment, dest, completion),
        }
    }
}

fn note(tag: pg_sys::NodeTag) {
    SEEN.with(|seen| {
        let before = seen.get();
        match tag {
            pg_sys::NodeTag::T_CommentStmt | pg_sys::NodeTag::T_SecLabelStmt => {
                DESCRIBED_HERE.set(true);
                seen.set(Seen { described: true, ..before });
            }
            pg_sys::NodeTag::T_VacuumStmt => seen.set(Seen { analysed: true, ..before }),
            _ => {}
        }
    });
}
