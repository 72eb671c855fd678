//! The functions that SQL calls: argument checks, a call of `service`, rows out. One file a group of functions; nothing is decided here.
#![allow(clippy::type_complexity)] // pgrx reads a table's columns from the function's type, aliases it cannot

mod ask;
mod cache;
mod cells;
mod explain;
mod gateway;
mod prompt;
mod prove;
mod servers;
mod stats;
mod submit;
mod view;

use nl_query_core::error::Error;
use pgrx::pg_sys::panic::ErrorReportable;

use crate::pg::report::report;

/// Errors on their way to SQL go through the one place that knows SQLSTATEs.
trait OrRaise<T> {
    /// The value, or an ERROR.
    fn or_raise(self) -> T;
}

impl<T> OrRaise<T> for Result<T, Error> {
    fn or_raise(self) -> T {
        self.map_err(report).unwrap_or_report()
    }
}
