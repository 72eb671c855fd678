//! The SQL functions: argument checks, one call, rows out.

mod prove;
