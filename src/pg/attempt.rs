//! A piece of work whose ERROR becomes a value: an internal subtransaction with an error context callback.
//!
//! What [`run`] promises when the work fails: locks, snapshots, resource owner, memory context, user, settings and nesting of
//! settings are as before, and no transaction id was assigned. pgrx's caught error loses the position and every SQLSTATE outside
//! its list, so the callback reads both while the error is still on PostgreSQL's stack.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use nl_query_core::refusal::{Reason, Refusal};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::CaughtError;

use super::memory::OwnedContext;
use super::timeout::{Deadline, Exceeded};
use super::watch;

thread_local! {
    /// SQLSTATE (packed) and position of the error raised last inside an attempt.
    static LAST_ERROR: Cell<(i32, i32)> = const { Cell::new((0, 0)) };
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// What becomes of the subtransaction when the work succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnSuccess {
    /// Locks pass to the caller's transaction.
    Keep,
    /// Everything is given back, as on failure.
    Undo,
}

/// Runs `work` inside a subtransaction, with `memory` current, and turns an ERROR into a [`Refusal`] with the reason that `reason_of` finds for its SQLSTATE.
///
/// A cancel is never swallowed: it is raised again once the subtransaction is gone, unless `deadline` caused it.
pub fn run<T>(
    on_success: OnSuccess,
    memory: &OwnedContext,
    deadline: &Deadline,
    reason_of: fn([u8; 5]) -> Reason,
    work: impl FnOnce() -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let subtransaction = Subtransaction::begin();
    let entered = memory.enter();
    let mut callback = pg_sys::ErrorContextCallback {
        // SAFETY: reading a global on its only thread.
        previous: unsafe { pg_sys::error_context_stack },
        callback: Some(remember_error),
        arg: core::ptr::null_mut(),
    };
    // SAFETY: `callback` lives on this frame, and the stack is restored before the frame ends, on every path.
    unsafe { pg_sys::error_context_stack = &raw mut callback };
    let outcome = catch_unwind(AssertUnwindSafe(work));
    drop(entered);
    // SAFETY: restores what was found above.
    unsafe { pg_sys::error_context_stack = callback.previous };
    subtransaction.end(on_success == OnSuccess::Keep && matches!(outcome, Ok(Ok(_))));
    outcome.unwrap_or_else(|payload| Err(refusal_of(payload, deadline, reason_of)))
}

/// Does something in a subtransaction whose locks the caller's transaction keeps if `keep` says so of the result, and which is undone
/// else: whoever goes on to wait holds no lock then. An ERROR passes through.
pub fn keeping_locks_if<T>(keep: impl FnOnce(&T) -> bool, work: impl FnOnce() -> T) -> T {
    let subtransaction = Subtransaction::begin();
    // What the work leaves behind lives in the caller's memory.
    // SAFETY: the context that was current a moment ago; `end` sets it again.
    unsafe { pg_sys::CurrentMemoryContext = subtransaction.context };
    let outcome = catch_unwind(AssertUnwindSafe(work));
    subtransaction.end(outcome.as_ref().is_ok_and(keep));
    outcome.unwrap_or_else(|payload| resume_unwind(payload))
}

/// An internal subtransaction, and what was current before it.
struct Subtransaction {
    context: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Subtransaction {
    fn begin() -> Subtransaction {
        // SAFETY: reading the backend's globals on its only thread.
        let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
        // SAFETY: we are inside a transaction (a SQL function runs); `end` ends what this begins.
        unsafe { pg_sys::BeginInternalSubTransaction(core::ptr::null()) };
        Subtransaction { context, owner }
    }

    /// Ends it: kept, its locks pass to the caller's transaction; else everything is given back.
    fn end(self, keep: bool) {
        // SAFETY: ends the subtransaction that `begin` began; context and owner are those of before, as the manual of these calls wants.
        unsafe {
            pg_sys::CurrentMemoryContext = self.context;
            if keep {
                pg_sys::ReleaseCurrentSubTransaction();
            } else {
                ENDING.set(true);
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
                ENDING.set(false);
            }
            pg_sys::CurrentMemoryContext = self.context;
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}

/// True while an attempt's own subtransaction is rolled back: nothing in it changed what the session sees.
pub(super) fn is_ending() -> bool {
    ENDING.get()
}

/// The refusal for a caught unwinding; does not return for a cancel from outside and for a bug of ours.
fn refusal_of(payload: Box<dyn Any + Send>, deadline: &Deadline, reason_of: fn([u8; 5]) -> Reason) -> Refusal {
    let report = match payload.downcast::<CaughtError>() {
        Ok(caught) => match *caught {
            CaughtError::PostgresError(report) => report,
            other => other.rethrow(),
        },
        Err(payload) => resume_unwind(payload),
    };
    let (packed, position) = LAST_ERROR.get();
    let sqlstate = unpack(packed);
    if sqlstate == *b"57014" {
        match deadline.exceeded() {
            Some(Exceeded::Time(limit)) => {
                return Refusal::new(Reason::Timeout, "canceling statement due to nl_query.execution_timeout")
                    .with_detail(format!("The limit is {limit} ms."));
            }
            Some(Exceeded::Memory(limit)) => {
                let mut refusal = Refusal::new(Reason::ResourceBomb, "canceling statement that takes too much memory")
                    .with_detail(format!("It took more than {} MB.", limit >> 20));
                refusal.sqlstate = *b"53200";
                return refusal;
            }
            None => {}
        }
        CaughtError::PostgresError(report).rethrow();
    }
    if let Some(refusal) = watch::take_refused(report.message()) {
        return refusal;
    }
    Refusal {
        reason: reason_of(sqlstate),
        sqlstate,
        message: report.message().to_owned(),
        detail: report.detail().map(str::to_owned),
        hint: report.hint().map(str::to_owned),
        position: usize::try_from(position).ok().filter(|position| *position > 0),
    }
}

/// Called by PostgreSQL while it builds an error report; the innermost callbacks have run, so the position is final.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn remember_error(_arg: *mut core::ffi::c_void) {
    // SAFETY: both are meant to be called from an error context callback.
    LAST_ERROR.set(unsafe { (pg_sys::geterrcode(), pg_sys::geterrposition()) });
}

/// PostgreSQL packs five characters into six bits each.
fn unpack(packed: i32) -> [u8; 5] {
    let mut rest = packed;
    std::array::from_fn(|_| {
        let character = (rest & 0x3F) as u8 + b'0';
        rest >>= 6;
        character
    })
}
