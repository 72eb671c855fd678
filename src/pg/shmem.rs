//! A fixed area of the server's main shared memory.
//!
//! Lock rules: none. An area holds atomics and arrays of atomics only ([`ZeroInit`]), so that any process may read and write it at
//! any time, also while it leaves on an error. What several counters say together may be off by the calls in flight.
//!
//! The pointer is set in the postmaster before it forks and set again after a crash restart (the old one would point into a
//! segment that is gone, which is why it is cleared first).

use std::ffi::CStr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pgrx::pg_sys;
use pgrx::pg_sys::submodules::ffi::pg_guard_ffi_boundary;

/// Types that are valid, and mean "empty", when all bytes are zero, and that processes may share.
///
/// # Safety
///
/// Only atomics, and arrays and `repr(C)` structs of them; no pointer, no reference, no type with an invalid bit pattern.
pub unsafe trait ZeroInit: Sync {}

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

/// Installs the request and startup hooks for these regions; the hooks that were there are called first. Call once, from
/// `_PG_init` while preloading.
pub fn install(regions: &'static [&'static dyn Region]) {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        REGIONS = regions;
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
    }
}
