//! The functions that SQL calls: argument checks, a call of `service`, rows out. One file a group of functions; nothing is decided here.

mod ask;
mod explain;
#[cfg(feature = "pg_test")]
mod guard_test;
mod prove;
mod stats;

use nl_query_core::error::Error;
use pgrx::pg_sys::panic::ErrorReport;

use crate::pg::report::report;

/// Errors on their way to SQL go through the one place that knows SQLSTATEs.
trait IntoSql<T> {
    fn sql(self) -> Result<T, ErrorReport>;
}

impl<T> IntoSql<T> for Result<T, Error> {
    fn sql(self) -> Result<T, ErrorReport> {
        self.map_err(report)
    }
}
