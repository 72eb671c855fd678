//! How much memory of its own this process holds, cheap enough to be asked in a signal handler.
//!
//! Linux tells in `/proc/self/statm`; elsewhere nothing is known. The file is opened once a backend: a descriptor that is read
//! again gives the numbers of now.

use std::fs::File;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicI32, Ordering};

/// The open file; -1 is not yet, -2 not to be had.
static DESCRIPTOR: AtomicI32 = AtomicI32::new(-1);

unsafe extern "C" {
    fn pread(descriptor: i32, buffer: *mut core::ffi::c_void, length: usize, offset: i64) -> isize;
    fn getpagesize() -> i32;
}

/// Opens the file. Not for signal handlers.
pub fn prepare() {
    if DESCRIPTOR.load(Ordering::Relaxed) == -1 {
        // Kept for the life of the backend.
        DESCRIPTOR.store(File::open("/proc/self/statm").map_or(-2, IntoRawFd::into_raw_fd), Ordering::Relaxed);
    }
}

/// Bytes resident that are not shared; none where the system does not tell. Safe in a signal handler: two system calls, no memory.
pub fn private_bytes() -> Option<u64> {
    let descriptor = DESCRIPTOR.load(Ordering::Relaxed);
    let mut text = [0u8; 96];
    if descriptor < 0 {
        return None;
    }
    // SAFETY: our descriptor, and a buffer on this frame with its length.
    let length = unsafe { pread(descriptor, text.as_mut_ptr().cast(), text.len(), 0) };
    let text = text.get(..usize::try_from(length).ok()?)?;
    // size resident shared …, in pages
    let mut numbers = text.split(|byte| *byte == b' ').skip(1).map(number);
    let (resident, shared) = (numbers.next()??, numbers.next()??);
    // SAFETY: a constant of the system.
    let page = unsafe { getpagesize() };
    Some(resident.saturating_sub(shared) * u64::try_from(page).ok()?)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
}
