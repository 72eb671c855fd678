//! Bytes of changing length inside a [`Block`]: PostgreSQL's dynamic shared area, made in place and held to that place.
//!
//! The area never grows beyond its place (its limit is its size), and running out is an answer and no error. It takes locks of its
//! own for moments while it allocates and frees. Who may look at which bytes is the business of whoever stored them.
//!
//! A process attaches at its first use and stays attached. The address kept here is local to the process: a child finds its parent's
//! and attaches anew, which the process id beside it tells.

use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering::Relaxed};

use pgrx::pg_sys;

use super::compat;
use super::lwlock::Locks;
use super::shmem::Block;

/// A dynamic shared area in a part of a block.
pub struct Bytes {
    block: &'static Block,
    locks: &'static Locks,
    /// Offset in the block and length.
    place: fn() -> (usize, usize),
    area: AtomicPtr<pg_sys::dsa_area>,
    attached_by: AtomicI32,
}

/// Sizes are rounded up to so many bytes: the area cuts its pages by size, and few sizes leave few half-empty pages.
const GRAIN: usize = 256;

impl Bytes {
    pub const fn new(block: &'static Block, locks: &'static Locks, place: fn() -> (usize, usize)) -> Bytes {
        Bytes { block, locks, place, area: AtomicPtr::new(std::ptr::null_mut()), attached_by: AtomicI32::new(0) }
    }

    /// Makes the area. Called in the postmaster when the block is new.
    pub fn make(&self) {
        let (offset, length) = (self.place)();
        let Some(place) = self.block.at(offset, length) else { return };
        // SAFETY: the place is inside the block, ours alone, and as long as said; the process-local part lives as long as the process.
        let area = unsafe {
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = pg_sys::TopMemoryContext;
            let area = compat::dsa_create_in_place(place.cast(), length, self.locks.tranche());
            pg_sys::dsa_pin(area);
            pg_sys::dsa_set_size_limit(area, length);
            pg_sys::CurrentMemoryContext = before;
            area
        };
        self.keep(area);
    }

    /// Room for `length` bytes; none when the area is full.
    pub fn allocate(&self, length: usize) -> Option<u64> {
        let flags = (pg_sys::DSA_ALLOC_NO_OOM | pg_sys::DSA_ALLOC_HUGE) as i32;
        // SAFETY: an attached area; with NO_OOM, running out gives the invalid pointer 0.
        let place = unsafe { pg_sys::dsa_allocate_extended(self.area()?, length.next_multiple_of(GRAIN), flags) };
        (place != 0).then_some(place)
    }

    /// Gives room back. Nobody may look at it any more.
    pub fn free(&self, place: u64) {
        if let Some(area) = self.area() {
            // SAFETY: allocated from this area, freed once: stored positions are taken out under a lock by whoever frees them.
            unsafe { pg_sys::dsa_free(area, place) };
        }
    }

    /// Copies the parts, one behind the other, into room that nobody else looks at yet.
    pub fn write(&self, place: u64, parts: &[&[u8]]) {
        let Some(mut target) = self.address(place) else { return };
        for part in parts {
            // SAFETY: the room was allocated for the sum of the parts; it does not overlap with ordinary memory.
            unsafe {
                std::ptr::copy_nonoverlapping(part.as_ptr(), target, part.len());
                target = target.add(part.len());
            }
        }
    }

    /// Shows bytes that were written before and are not freed meanwhile: the caller holds the lock that says so.
    pub fn read<R>(&self, place: u64, length: usize, reader: impl FnOnce(&[u8]) -> R) -> R {
        match self.address(place) {
            // SAFETY: `length` bytes were written there; the caller's lock keeps them.
            Some(address) => reader(unsafe { std::slice::from_raw_parts(address, length) }),
            None => reader(&[]),
        }
    }

    /// Attaches this process, if it is not yet, so that looking at bytes allocates nothing; false where the library was not preloaded.
    pub fn attached(&self) -> bool {
        self.area().is_some()
    }

    fn address(&self, place: u64) -> Option<*mut u8> {
        let area = self.area()?;
        // SAFETY: a position that this area gave.
        Some(unsafe { pg_sys::dsa_get_address(area, place) }.cast())
    }

    fn keep(&self, area: *mut pg_sys::dsa_area) {
        self.area.store(area, Relaxed);
        // SAFETY: a variable of this process.
        self.attached_by.store(unsafe { pg_sys::MyProcPid }, Relaxed);
    }

    /// The area as this process has it attached; none where the library was not preloaded.
    fn area(&self) -> Option<*mut pg_sys::dsa_area> {
        // SAFETY: a variable of this process.
        if self.attached_by.load(Relaxed) != unsafe { pg_sys::MyProcPid } {
            self.attach()?;
        }
        Some(self.area.load(Relaxed))
    }

    #[cold]
    fn attach(&self) -> Option<()> {
        let (offset, length) = (self.place)();
        let place = self.block.at(offset, length)?;
        // SAFETY: the area was made there before any backend started. Its process-local part goes into the memory that lives as
        // long as the process, and it is given back at its end.
        let area = unsafe {
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = pg_sys::TopMemoryContext;
            let area = pg_sys::dsa_attach_in_place(place.cast(), std::ptr::null_mut());
            pg_sys::CurrentMemoryContext = before;
            pg_sys::dsa_pin_mapping(area);
            pg_sys::on_shmem_exit(Some(release), pg_sys::Datum::from(place));
            area
        };
        self.keep(area);
        Some(())
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn release(code: i32, place: pg_sys::Datum) {
    // SAFETY: the place of an area that this process attached.
    unsafe { pg_sys::dsa_on_shmem_exit_release_in_place(code, place) };
}
