//! The only place with unsafe FFI: one file a PostgreSQL primitive, a safe type out of each.
#![allow(unsafe_code)]

pub mod invalidation;
pub mod report;
pub mod session;
pub mod shmem;
pub mod spi_ro;
pub mod tuplestore;
pub mod utility;
