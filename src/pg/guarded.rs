//! Plain data in shared memory under one lock: structs that are copied byte by byte, in a [`Block`], for state machines that change
//! several of them at once. (What is counted by everybody at any time is atomics instead, see [`super::shmem`].)
//!
//! The data can be reached with the lock held for changing and not otherwise, through [`Guarded::with`] only. Inside nothing may wait, call
//! PostgreSQL or raise an error; a second `with` inside would wait for itself, and is refused by a panic instead.

use std::cell::Cell;
use std::marker::PhantomData;

use nl_query_core::flight::{Flight, Pass};
use nl_query_core::gateway::breaker::Permit;
use nl_query_core::gateway::health::Health;
use nl_query_core::gateway::ledger::{Account, Key};
use nl_query_core::gateway::limits::Reservation;
use nl_query_core::queue::{Head, Outcome, Slot, Ticket};

use super::lwlock::Locks;
use super::shmem::Block;

/// Types that may lie in shared memory under a lock.
///
/// # Safety
///
/// `repr(C)` (or a number, or an array of such); all bytes zero is a valid value; no pointer, no reference, nothing that is dropped.
pub unsafe trait Plain: Copy + 'static {
    /// The value whose bytes are all zero.
    fn zeroed() -> Self {
        // SAFETY: a valid value, as the trait promises.
        unsafe { std::mem::zeroed() }
    }
}

macro_rules! plain {
    ($($kind:ty),*) => {
        $(
            // SAFETY: a number, or a repr(C) struct of core whose module says that all zero is valid; its enums have a variant of number 0.
            unsafe impl Plain for $kind {}
        )*
    };
}
plain!(u8, u16, u32, u64, i64, Head, Slot, Ticket, Outcome, Flight, Pass, Health, Permit, Account, Key, Reservation);

// SAFETY: nothing but plain values.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// Declares a struct of plain data. The compiler checks that each field is [`Plain`].
macro_rules! plain_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Debug, Clone, Copy)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $kind,)* }

        // SAFETY: repr(C), and every field is Plain, or this would not compile.
        #[allow(unsafe_code)]
        unsafe impl $crate::pg::guarded::Plain for $name where $($kind: $crate::pg::guarded::Plain,)* {}
    };
}
pub(crate) use plain_struct;

/// Plain data in a part of a block, under a lock of a tranche.
pub struct Guarded {
    block: &'static Block,
    locks: &'static Locks,
    lock: usize,
    /// Offset in the block and length.
    place: fn() -> (usize, usize),
}

thread_local! {
    /// This process is inside [`Guarded::with`].
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

impl Guarded {
    pub const fn new(block: &'static Block, locks: &'static Locks, lock: usize, place: fn() -> (usize, usize)) -> Guarded {
        Guarded { block, locks, lock, place }
    }

    /// Runs `work` on the data with the lock held; none where the library was not preloaded.
    ///
    /// # Panics
    ///
    /// Inside itself: that would wait for ever.
    pub fn with<R>(&'static self, work: impl FnOnce(Carver<'_>) -> R) -> Option<R> {
        let (offset, length) = (self.place)();
        let start = self.block.at(offset, length)?;
        assert!(!INSIDE.replace(true), "the lock is taken once at a time");
        let inside = Inside;
        let held = self.locks.exclusive(self.lock);
        let result = work(Carver { next: start, left: length, _data: PhantomData });
        drop(held);
        drop(inside);
        Some(result)
    }
}

/// Hands out the data part by part, in the order in which it lies there.
pub struct Carver<'a> {
    next: *mut u8,
    left: usize,
    _data: PhantomData<&'a mut u8>,
}

/// Every part begins on a cache line.
const LINE: usize = 128;

/// Bytes that a part takes.
pub const fn room<T: Plain>(count: usize) -> usize {
    (count * size_of::<T>()).next_multiple_of(LINE)
}

impl<'a> Carver<'a> {
    /// The next part, as so many values.
    ///
    /// # Panics
    ///
    /// Where it does not fit any more: a mistake in the layout, met at the first use.
    pub fn part<T: Plain>(&mut self, count: usize) -> &'a mut [T] {
        let length = room::<T>(count);
        assert!(length <= self.left, "parts lie inside their block");
        let start = self.next.cast::<T>();
        assert!(start.is_aligned(), "parts of a block are aligned");
        self.left -= length;
        // SAFETY: inside the block, as just checked; the block was zeroed when it was made, and is written as values of T since, by the
        // same sequence of calls in every process (it depends on settings that need a restart). Nobody else has a reference: parts
        // follow each other and are handed out once for each `with`, whose lock keeps other processes out, and which does not nest.
        unsafe {
            self.next = self.next.add(length);
            std::slice::from_raw_parts_mut(start, count)
        }
    }
}
