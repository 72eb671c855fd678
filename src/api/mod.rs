//! The SQL functions: argument checks, one call, rows out.

#[cfg(feature = "pg_test")]
mod guard_test;
mod prove;
