//! Limits of time and memory of our own, beside `statement_timeout`: two of PostgreSQL's user timeouts, registered once a backend.
//!
//! The first ends the work when its time is up. The second looks every now and then at how much memory the process has taken since
//! the work began: PostgreSQL bounds a single value (1 GB) and a single sort, but a statement may hold any number of them.
//! A handler that has had enough asks for a cancel the way `StatementCancelHandler` does, and remembers that it was us; whoever
//! catches the cancel asks [`Deadline::exceeded`]. A request that comes after the work has ended is taken back.

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU64, Ordering};

use pgrx::pg_sys;

use super::resident;

/// A limit that was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// The limit in ms.
    Time(i32),
    /// The limit in bytes.
    Memory(u64),
}

// Set by the handlers, in a signal: nothing but these and PostgreSQL's own flags may be touched there.
const NOTHING: u8 = 0;
const TIME: u8 = 1;
const MEMORY: u8 = 2;
static FIRED: AtomicU8 = AtomicU8::new(NOTHING);
/// Private bytes of the process that are too many.
static CEILING: AtomicU64 = AtomicU64::new(u64::MAX);
/// What PostgreSQL calls the second timeout.
static WATCH_ID: AtomicI32 = AtomicI32::new(0);

thread_local! {
    /// The numbers PostgreSQL gave our timeouts.
    static REGISTERED: Cell<Option<(i32, i32)>> = const { Cell::new(None) };
    /// Limits do not nest: the outer ones count.
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Any number from `USER_TIMEOUT` up asks for the next free one; `USER_TIMEOUT` is 13 in PostgreSQL 17 and less before.
const NEXT_FREE: i32 = 32;

/// Between two looks at the memory, in ms. A backend fills about 200 MB in that time.
const LOOK_EVERY_MS: i32 = 100;

/// Memory that a statement may take at least: one value of the largest size that PostgreSQL makes.
const LEAST_MEMORY: u64 = 1 << 30;
/// Or as many times `work_mem`: a large report sorts and hashes a few times at once.
const TIMES_WORK_MEM: u64 = 16;

// timeout.h is not among the headers pgrx binds. None of these raises an ERROR (registering too many is FATAL).
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: i32, handler: unsafe extern "C-unwind" fn()) -> i32;
    fn enable_timeout_after(id: i32, delay_ms: i32);
    fn disable_timeout(id: i32, keep_indicator: bool);
    fn get_timeout_active(id: i32) -> bool;
    fn get_timeout_finish_time(id: i32) -> i64;
}

/// `STATEMENT_TIMEOUT` in every version: the numbers before it are older than all of them.
const STATEMENT_TIMEOUT: i32 = 3;

/// Milliseconds until `statement_timeout` ends the statement; none where nothing does.
pub fn statement_time_left() -> Option<u64> {
    // SAFETY: reads variables of this backend that its signal handlers leave consistent.
    let end = unsafe { get_timeout_active(STATEMENT_TIMEOUT).then(|| get_timeout_finish_time(STATEMENT_TIMEOUT)) }?;
    Some(u64::try_from(end.saturating_sub(super::viewpoint::now())).unwrap_or(0) / 1000)
}

mod raw {
    // pgrx's guarded SetLatch saves and restores jump buffers, which a signal handler must not do.
    unsafe extern "C-unwind" {
        pub fn SetLatch(latch: *mut pgrx::pg_sys::Latch);
    }
}

/// Running limits; dropped, they are disarmed.
pub struct Deadline {
    limit_ms: i32,
    memory: u64,
    armed: Option<(i32, i32)>,
}

impl Deadline {
    /// Starts the limits; a time of `0` is none. Inside other limits it does nothing, the outer ones count.
    pub fn start(limit_ms: i32) -> Deadline {
        if ARMED.get() {
            return Deadline { limit_ms, memory: 0, armed: None };
        }
        let (time, memory) = REGISTERED.get().unwrap_or_else(register);
        FIRED.store(NOTHING, Ordering::Relaxed);
        let allowed = LEAST_MEMORY.max(u64::try_from(super::session::work_mem_kb()).unwrap_or(0) * 1024 * TIMES_WORK_MEM);
        CEILING.store(resident::private_bytes().map_or(u64::MAX, |now| now + allowed), Ordering::Relaxed);
        // SAFETY: both numbers are ours.
        unsafe {
            if limit_ms > 0 {
                enable_timeout_after(time, limit_ms);
            }
            enable_timeout_after(memory, LOOK_EVERY_MS);
        }
        ARMED.set(true);
        Deadline { limit_ms, memory: allowed, armed: Some((time, memory)) }
    }

    /// Which of these limits asked for the cancel, if one did.
    pub fn exceeded(&self) -> Option<Exceeded> {
        self.armed?;
        match FIRED.load(Ordering::Relaxed) {
            TIME => Some(Exceeded::Time(self.limit_ms)),
            MEMORY => Some(Exceeded::Memory(self.memory)),
            _ => None,
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let Some((time, memory)) = self.armed else { return };
        // SAFETY: ours, running or done; disabling raises no error, so it is right while unwinding too.
        unsafe {
            disable_timeout(time, false);
            disable_timeout(memory, false);
        }
        ARMED.set(false);
        if FIRED.swap(NOTHING, Ordering::Relaxed) != NOTHING {
            // The work ended before it saw the request: without this the caller's own statement would be cancelled.
            // SAFETY: a flag of this backend.
            unsafe { pg_sys::QueryCancelPending = 0 };
        }
    }
}

fn register() -> (i32, i32) {
    resident::prepare();
    // SAFETY: a backend has called InitializeTimeouts long before it runs SQL.
    let ids = unsafe { (RegisterTimeout(NEXT_FREE, on_timeout), RegisterTimeout(NEXT_FREE, on_look)) };
    WATCH_ID.store(ids.1, Ordering::Relaxed);
    REGISTERED.set(Some(ids));
    ids
}

/// The time is up. In a signal.
unsafe extern "C-unwind" fn on_timeout() {
    ask_for_cancel(TIME);
}

/// Time to look at the memory. In a signal; PostgreSQL lets a handler enable a timeout again.
unsafe extern "C-unwind" fn on_look() {
    if resident::private_bytes().is_some_and(|now| now > CEILING.load(Ordering::Relaxed)) {
        ask_for_cancel(MEMORY);
    } else {
        // SAFETY: our own number.
        unsafe { enable_timeout_after(WATCH_ID.load(Ordering::Relaxed), LOOK_EVERY_MS) };
    }
}

/// What PostgreSQL's `StatementCancelHandler` does.
fn ask_for_cancel(why: u8) {
    // SAFETY: plain stores to this process's flags, and the latch call that PostgreSQL's own handlers make.
    unsafe {
        if pg_sys::QueryCancelPending != 0 {
            return; // somebody else was first: their cancel is to be seen as theirs
        }
        FIRED.store(why, Ordering::Relaxed);
        pg_sys::InterruptPending = 1;
        pg_sys::QueryCancelPending = 1;
        raw::SetLatch(pg_sys::MyLatch);
    }
}
