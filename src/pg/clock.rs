//! Two clocks: one that never goes back, for everything that waits, and the calendar, for what counts by the day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds on the system's monotonic clock, which all processes share; never 0, which stands for no moment.
pub fn now() -> u64 {
    let mut moment = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes into the frame's own variable; the clock exists on every system that PostgreSQL runs on.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut moment) };
    let millis = i128::from(moment.tv_sec) * 1000 + i128::from(moment.tv_nsec) / 1_000_000;
    u64::try_from(millis).unwrap_or(0).max(1)
}

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// The number of the calendar day (UTC), and the milliseconds until the next one.
pub fn day() -> (u64, u64) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(0);
    (millis / DAY, DAY - millis % DAY)
}
