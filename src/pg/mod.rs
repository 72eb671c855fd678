//! The only place with unsafe FFI: one file a PostgreSQL primitive, a safe type out of each.
#![allow(unsafe_code)]
