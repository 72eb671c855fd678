//! The shapes in which servers ask to be left alone for a while, and those in which they fail to.

use super::http_date::{Form, write};
use std::time::{Duration, SystemTime};

/// What stands in `Retry-After`, and beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RetryAfter {
    Seconds(u64),
    /// `1.5`: not allowed, and common.
    Fraction(f64),
    /// In `retry-after-ms`, with whole seconds in the usual place.
    Millis(u64),
    /// `2s`, as some gateways write it.
    Duration(u64),
    /// A date so many seconds from now.
    Date(u64),
    Rfc850Date(u64),
    AsctimeDate(u64),
    /// A date so many seconds from now by the server's clock, which is an hour slow; `Date` shows that.
    SlowClock(u64),
    /// An hour ago.
    PastDate,
    Negative,
    /// Thirty years.
    Huge,
    /// More than any number can hold.
    Overflowing,
    Empty,
    Garbage,
    /// Two of them.
    Twice(u64, u64),
    /// No header.
    Absent,
}

impl RetryAfter {
    /// One of every shape; those that name a time name this many seconds.
    pub fn every(seconds: u64) -> Vec<RetryAfter> {
        vec![
            RetryAfter::Seconds(seconds),
            RetryAfter::Fraction(seconds as f64),
            RetryAfter::Millis(seconds * 1000),
            RetryAfter::Duration(seconds),
            RetryAfter::Date(seconds),
            RetryAfter::Rfc850Date(seconds),
            RetryAfter::AsctimeDate(seconds),
            RetryAfter::SlowClock(seconds),
            RetryAfter::PastDate,
            RetryAfter::Negative,
            RetryAfter::Huge,
            RetryAfter::Overflowing,
            RetryAfter::Empty,
            RetryAfter::Garbage,
            RetryAfter::Twice(seconds, seconds + 1),
            RetryAfter::Absent,
        ]
    }

    /// The headers that say it, now.
    pub fn headers(self) -> Vec<(String, String)> {
        const HOUR: Duration = Duration::from_secs(3600);
        let now = SystemTime::now();
        let at = |seconds: u64, form: Form| write(now + Duration::from_secs(seconds), form);
        let values = match self {
            RetryAfter::Seconds(seconds) => vec![seconds.to_string()],
            RetryAfter::Fraction(seconds) => vec![format!("{seconds:?}")],
            RetryAfter::Millis(millis) => vec![millis.div_ceil(1000).to_string()],
            RetryAfter::Duration(seconds) => vec![format!("{seconds}s")],
            RetryAfter::Date(seconds) => vec![at(seconds, Form::Usual)],
            RetryAfter::Rfc850Date(seconds) => vec![at(seconds, Form::Rfc850)],
            RetryAfter::AsctimeDate(seconds) => vec![at(seconds, Form::Asctime)],
            RetryAfter::SlowClock(seconds) => vec![write(now - HOUR + Duration::from_secs(seconds), Form::Usual)],
            RetryAfter::PastDate => vec![write(now - HOUR, Form::Usual)],
            RetryAfter::Negative => vec!["-5".to_owned()],
            RetryAfter::Huge => vec!["1000000000".to_owned()],
            RetryAfter::Overflowing => vec!["9".repeat(40)],
            RetryAfter::Empty => vec![String::new()],
            RetryAfter::Garbage => vec!["in a moment".to_owned()],
            RetryAfter::Twice(first, second) => vec![first.to_string(), second.to_string()],
            RetryAfter::Absent => Vec::new(),
        };
        let mut headers: Vec<(String, String)> = values.into_iter().map(|value| ("retry-after".to_owned(), value)).collect();
        match self {
            RetryAfter::Millis(millis) => headers.push(("retry-after-ms".to_owned(), millis.to_string())),
            RetryAfter::SlowClock(_) => headers.push(("date".to_owned(), write(now - HOUR, Form::Usual))),
            _ => {}
        }
        headers
    }
}
