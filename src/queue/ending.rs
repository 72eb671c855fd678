//! The ways out of a session that nobody plans: what an ERROR leaves behind, and what a process still has when it goes.
//!
//! While an ERROR unwinds, no lock may be taken: what is dropped then is noted and given back by the abort of the transaction or
//! subtransaction that follows at once. A process that ends without unwinding (FATAL, SIGTERM) gives back everything at its exit.

use std::cell::{Cell, RefCell};

use nl_query_core::flight::Pass;
use nl_query_core::queue::Ticket;

use super::parcel::{change, mind_all, now};
use super::{duty, flights, progress, request};
use crate::pg::at_exit::before_exit;
use crate::pg::latch::me;

/// What was dropped while an ERROR unwound.
#[derive(Debug, Clone, Copy)]
pub enum Leftover {
    Request(Ticket),
    Flight(Pass),
}

thread_local! {
    static LEFT: RefCell<Vec<Leftover>> = const { RefCell::new(Vec::new()) };
    /// Requests and places in flights that this session has.
    static HELD: Cell<usize> = const { Cell::new(0) };
    static ENLISTED: Cell<bool> = const { Cell::new(false) };
}

/// To be called before this process takes anything that it has to give back.
pub fn enlist() {
    if !ENLISTED.replace(true) {
        before_exit(leave);
    }
    settle();
}

/// This session has one thing more.
pub fn hold() {
    HELD.set(HELD.get() + 1);
}

/// One thing less.
pub fn let_go() {
    HELD.set(HELD.get().saturating_sub(1));
}

/// Notes what cannot be given back now.
pub fn postpone(leftover: Leftover) {
    LEFT.with_borrow_mut(|noted| noted.push(leftover));
}

/// Gives back what was noted. Called when a transaction or subtransaction ends.
pub fn settle() {
    if LEFT.with_borrow(Vec::is_empty) {
        return;
    }
    for leftover in LEFT.take() {
        match leftover {
            Leftover::Request(ticket) => request::abandon(ticket),
            Leftover::Flight(pass) => flights::leave(pass),
        }
    }
}

/// The transaction was rolled back: nothing that it asked for is wanted any more, not even what an error jumped over.
pub fn aborted() {
    settle();
    progress::over();
    if HELD.take() > 0 {
        session_gone();
    }
}

/// This process goes.
fn leave() {
    LEFT.take();
    progress::leave();
    session_gone();
    duty::leave();
}

/// Gives back everything that this session has.
fn session_gone() {
    let (me, now) = (me(), now());
    change(|tables, after| {
        // First the flights: what others wait for is theirs and no longer this session's.
        flights::leave_all(tables, me, now, after);
        let mut stop = Vec::new();
        tables.queue().owner_gone(me, |worker| stop.push(worker));
        stop.into_iter().for_each(|worker| after.wake(worker));
        mind_all(tables, now, after);
    });
}
