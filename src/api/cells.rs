//! Values of our own counters and clocks as SQL has them.
//!
//! The gateway counts milliseconds on a clock that starts anywhere; people want the time of day.

use pgrx::prelude::*;

use crate::pg::viewpoint;

/// A count as a bigint.
pub fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A moment in PostgreSQL's microseconds; none where that is out of its range.
pub fn timestamp(micros: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(micros).ok()
}

/// The moment that was so many milliseconds ago.
pub fn ago(millis: u64) -> Option<TimestampWithTimeZone> {
    timestamp(viewpoint::now().checked_sub(micros(millis)?)?)
}

/// The moment that is so many milliseconds away.
pub fn ahead(millis: u64) -> Option<TimestampWithTimeZone> {
    timestamp(viewpoint::now().checked_add(micros(millis)?)?)
}

fn micros(millis: u64) -> Option<i64> {
    i64::try_from(millis).ok()?.checked_mul(1000)
}
