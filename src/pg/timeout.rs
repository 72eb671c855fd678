//! A deadline of our own beside `statement_timeout`: one of PostgreSQL's user timeouts, registered once a backend.
//!
//! When it fires, the handler asks for a cancel the way `StatementCancelHandler` does, and remembers that it was us; whoever
//! catches the cancel asks [`Deadline::fired`]. A deadline that fires after the work has ended takes its request back.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use pgrx::pg_sys;

/// Set by the handler, in a signal: nothing but this flag and PostgreSQL's own may be touched there.
static FIRED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The number PostgreSQL gave our timeout.
    static REGISTERED: Cell<Option<i32>> = const { Cell::new(None) };
    /// Deadlines do not nest: the outer one counts.
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Any number from `USER_TIMEOUT` up asks for the next free one; `USER_TIMEOUT` is 13 in PostgreSQL 17 and less before.
const NEXT_FREE: i32 = 32;

// timeout.h is not among the headers pgrx binds. None of these raises an ERROR (registering too many is FATAL).
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: i32, handler: unsafe extern "C-unwind" fn()) -> i32;
    fn enable_timeout_after(id: i32, delay_ms: i32);
    fn disable_timeout(id: i32, keep_indicator: bool);
}

mod raw {
    // pgrx's guarded SetLatch saves and restores jump buffers, which a signal handler must not do.
    unsafe extern "C-unwind" {
        pub fn SetLatch(latch: *mut pgrx::pg_sys::Latch);
    }
}

/// A running deadline; dropped, it is disarmed.
pub struct Deadline {
    limit_ms: i32,
    armed: Option<i32>,
}

impl Deadline {
    /// Starts a deadline; `0` is none. Inside another deadline it does nothing, the outer one counts.
    pub fn start(limit_ms: i32) -> Deadline {
        if limit_ms <= 0 || ARMED.get() {
            return Deadline { limit_ms, armed: None };
        }
        let id = REGISTERED.get().unwrap_or_else(|| {
            // SAFETY: a backend has called InitializeTimeouts long before it runs SQL.
            let id = unsafe { RegisterTimeout(NEXT_FREE, on_timeout) };
            REGISTERED.set(Some(id));
            id
        });
        FIRED.store(false, Ordering::Relaxed);
        // SAFETY: `id` is ours.
        unsafe { enable_timeout_after(id, limit_ms) };
        ARMED.set(true);
        Deadline { limit_ms, armed: Some(id) }
    }

    /// True when this deadline asked for the cancel.
    pub fn fired(&self) -> bool {
        self.armed.is_some() && FIRED.load(Ordering::Relaxed)
    }

    pub fn limit_ms(&self) -> i32 {
        self.limit_ms
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let Some(id) = self.armed else { return };
        // SAFETY: `id` is ours and running or done; disabling raises no error, so it is right while unwinding too.
        unsafe { disable_timeout(id, false) };
        ARMED.set(false);
        if FIRED.swap(false, Ordering::Relaxed) {
            // The work ended before it saw the request: without this the caller's own statement would be cancelled.
            // SAFETY: a flag of this backend.
            unsafe { pg_sys::QueryCancelPending = 0 };
        }
    }
}

/// The signal handler. Does what PostgreSQL's `StatementCancelHandler` does.
unsafe extern "C-unwind" fn on_timeout() {
    // SAFETY: plain stores to this process's flags, and the latch call that PostgreSQL's own handlers make.
    unsafe {
        if pg_sys::QueryCancelPending != 0 {
            return; // somebody else was first: their cancel is to be seen as theirs
        }
        FIRED.store(true, Ordering::Relaxed);
        pg_sys::InterruptPending = 1;
        pg_sys::QueryCancelPending = 1;
        raw::SetLatch(pg_sys::MyLatch);
    }
}
