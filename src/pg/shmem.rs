//! Pieces of the server's main shared memory: an [`Area`] whose size the compiler knows, a [`Block`] whose size a setting gives.
//!
//! Lock rules: none of their own. An area, and every part of a block that is looked at as a slice, holds atomics and arrays of atomics
//! only ([`ZeroInit`]), so that any process may read and write it at any time, also while it leaves on an error. What several
//! counters say together may be off by the calls in flight; who needs more takes a lock of `pg::lwlock`.
//!
//! The pointer is set in the postmaster before it forks and set again after a crash restart (the old one would point into a
//! segment that is gone, which is why it is cleared first).

use std::ffi::CStr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use nl_query_core::table::{Partition, Slot};
use pgrx::pg_sys;
use pgrx::pg_sys::submodules::ffi::pg_guard_ffi_boundary;

/// Types that are valid, and mean "empty", when all bytes are zero, and that processes may share.
///
/// # Safety
///
/// Only atomics, and arrays and `repr(C)` structs of them; no pointer, no reference, no type with an invalid bit pattern.
pub unsafe trait ZeroInit: Sync {}

// SAFETY: nothing at all.
unsafe impl ZeroInit for () {}

// SAFETY: an atomic.
unsafe impl ZeroInit for AtomicU32 {}

// SAFETY: an atomic.
unsafe impl ZeroInit for AtomicI32 {}

// SAFETY: an atomic.
unsafe impl ZeroInit for AtomicU64 {}

// SAFETY: an atomic.
unsafe impl ZeroInit for AtomicI64 {}

// SAFETY: nothing but values that are ZeroInit.
unsafe impl<T: ZeroInit, const N: usize> ZeroInit for [T; N] {}

// SAFETY: repr(C), made of atomics only; all zero is an empty table.
unsafe impl ZeroInit for Partition {}

// SAFETY: repr(C), atomics and the counters of a slot, which are ZeroInit themselves.
unsafe impl<E: ZeroInit> ZeroInit for Slot<E> {}

/// Declares a struct for shared memory. The compiler checks that each field is [`ZeroInit`]; that all zero means "empty" is for whoever
/// declares it to see to.
macro_rules! shared_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $kind,)* }

        // SAFETY: repr(C), and every field is ZeroInit, or this would not compile.
        #[allow(unsafe_code)]
        unsafe impl $crate::pg::shmem::ZeroInit for $name where $($kind: $crate::pg::shmem::ZeroInit,)* {}
    };
}
pub(crate) use shared_struct;

/// What the hooks need of an area, whatever it holds.
pub trait Region: Sync {
    /// Asks for the space; called from the request hook (PostgreSQL 14: from `_PG_init`).
    fn request(&self);

    /// Attaches, and clears the structure when this process is the first; called from the startup hook under `AddinShmemInitLock`.
    fn attach(&self);
}

/// One structure in shared memory, by name.
pub struct Area<T: ZeroInit> {
    name: &'static CStr,
    place: AtomicPtr<T>,
}

impl<T: ZeroInit> Area<T> {
    pub const fn new(name: &'static CStr) -> Area<T> {
        Area { name, place: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The structure; none when the library was not preloaded.
    pub fn get(&'static self) -> Option<&'static T> {
        // SAFETY: the pointer is null or comes from ShmemInitStruct with the size of T, is zeroed before it is published, and
        // lives as long as this process is attached to the segment; T holds nothing but atomics.
        unsafe { self.place.load(Ordering::Acquire).as_ref() }
    }
}

impl<T: ZeroInit> Region for Area<T> {
    fn request(&self) {
        // SAFETY: called in the postmaster while requests are open.
        unsafe { pg_sys::RequestAddinShmemSpace(size_of::<T>().next_multiple_of(128)) }
    }

    fn attach(&self) {
        self.place.store(std::ptr::null_mut(), Ordering::Release);
        let mut found = false;
        // SAFETY: called in the startup hook, under AddinShmemInitLock; the size is the one that was requested.
        let place: *mut T = unsafe { pg_sys::ShmemInitStruct(self.name.as_ptr(), size_of::<T>(), &mut found) }.cast();
        if !found {
            // SAFETY: ShmemInitStruct gave size_of::<T>() bytes; all zero is a valid T (see ZeroInit).
            unsafe { std::ptr::write_bytes(place, 0, 1) };
        }
        self.place.store(place, Ordering::Release);
    }
}

/// A block of memory whose length is known when the server starts.
pub struct Block {
    name: &'static CStr,
    /// Bytes; asked for after the settings have been read.
    length: fn() -> usize,
    /// Called once the block is new and all zero, for what zero does not make valid.
    made: fn(),
    place: AtomicPtr<u8>,
}

impl Block {
    pub const fn new(name: &'static CStr, length: fn() -> usize, made: fn()) -> Block {
        Block { name, length, made, place: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// A part of the block as `count` values; none when the library was not preloaded.
    ///
    /// # Panics
    ///
    /// Where the part does not lie in the block: a mistake in the layout, met when the server starts.
    pub fn part<T: ZeroInit>(&self, offset: usize, count: usize) -> Option<&'static [T]> {
        let place = self.at(offset, count * size_of::<T>())?.cast::<T>();
        assert!(place.is_aligned(), "parts of a block are aligned");
        // SAFETY: inside the block and aligned; zeroed before it was published, and all zero is a valid T, which holds nothing but
        // atomics; the block lives as long as this process is attached to the segment. Parts do not overlap: the layout is a sum.
        Some(unsafe { std::slice::from_raw_parts(place, count) })
    }

    /// The address of a part, for other primitives of `pg`.
    pub(super) fn at(&self, offset: usize, length: usize) -> Option<*mut u8> {
        let place = self.place.load(Ordering::Acquire);
        assert!(offset + length <= (self.length)(), "a part lies inside its block");
        // SAFETY: inside the block, as just checked.
        (!place.is_null()).then(|| unsafe { place.add(offset) })
    }
}

// SAFETY: everything in it is a constant or an atomic; what it points to is shared by design.
unsafe impl Sync for Block {}

impl Region for Block {
    fn request(&self) {
        // SAFETY: called in the postmaster while requests are open.
        unsafe { pg_sys::RequestAddinShmemSpace((self.length)().next_multiple_of(128)) }
    }

    fn attach(&self) {
        self.place.store(std::ptr::null_mut(), Ordering::Release);
        let (mut found, length) = (false, (self.length)());
        // SAFETY: called in the startup hook, under AddinShmemInitLock; the length is the one that was requested, a setting that
        // needs a restart.
        let place: *mut u8 = unsafe { pg_sys::ShmemInitStruct(self.name.as_ptr(), length, &mut found) }.cast();
        if !found {
            // SAFETY: ShmemInitStruct gave so many bytes.
            unsafe { std::ptr::write_bytes(place, 0, length) };
        }
        self.place.store(place, Ordering::Release);
        if !found {
            (self.made)();
        }
    }
}

/// Installs the request and startup hooks for these regions; the hooks that were there are called first. `started` is called when all
/// of them are attached, at each start. Call once, from `_PG_init` while preloading.
pub fn install(regions: &'static [&'static dyn Region], started: fn()) {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        REGIONS = regions;
        STARTED = started;
        #[cfg(not(feature = "pg14"))]
        {
            PREVIOUS_REQUEST = pg_sys::shmem_request_hook;
            pg_sys::shmem_request_hook = Some(request_hook);
        }
        PREVIOUS_STARTUP = pg_sys::shmem_startup_hook;
        pg_sys::shmem_startup_hook = Some(startup_hook);
    }
    // PostgreSQL 14 takes requests in _PG_init itself.
    #[cfg(feature = "pg14")]
    regions.iter().for_each(|region| region.request());
}

static mut REGIONS: &[&dyn Region] = &[];
static mut STARTED: fn() = || ();
#[cfg(not(feature = "pg14"))]
static mut PREVIOUS_REQUEST: pg_sys::shmem_request_hook_type = None;
static mut PREVIOUS_STARTUP: pg_sys::shmem_startup_hook_type = None;

/// What [`install`] was given.
fn regions() -> &'static [&'static dyn Region] {
    // SAFETY: written once in _PG_init, before anything reads it.
    unsafe { REGIONS }
}

#[cfg(not(feature = "pg14"))]
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn request_hook() {
    // SAFETY: written once in _PG_init, before the postmaster calls hooks.
    if let Some(previous) = unsafe { PREVIOUS_REQUEST } {
        // SAFETY: a hook of another library, called as PostgreSQL calls it; the closure holds nothing that needs dropping.
        unsafe { pg_guard_ffi_boundary(|| previous()) }
    }
    regions().iter().for_each(|region| region.request());
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn startup_hook() {
    // SAFETY: written once in _PG_init, before the postmaster calls hooks.
    if let Some(previous) = unsafe { PREVIOUS_STARTUP } {
        // SAFETY: a hook of another library, called as PostgreSQL calls it; the closure holds nothing that needs dropping.
        unsafe { pg_guard_ffi_boundary(|| previous()) }
    }
    // SAFETY: `AddinShmemInitLock` is a macro in C, lock number 21 of the main array on every version from 14 to 18; the array
    // is set up before this hook runs. An error before the release ends the postmaster, lock and all.
    unsafe {
        let lock = &raw mut (*pg_sys::MainLWLockArray.add(21)).lock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        regions().iter().for_each(|region| region.attach());
        pg_sys::LWLockRelease(lock);
        STARTED();
    }
}
