//! The only place with unsafe FFI: one file a PostgreSQL primitive, a safe type out of each.
//!
//! Everything here runs on the backend's one thread. Functions of `pg_sys` are guarded by pgrx: an ERROR inside them arrives as a
//! Rust panic, unwinds, and is either caught by [`attempt`] or becomes the ERROR of the calling SQL function.
#![allow(unsafe_code)]

pub mod analyze_hook;
pub mod at_exit;
pub mod attempt;
pub mod background;
pub mod calls;
pub mod clock;
pub mod compat;
pub mod condition;
pub mod dsa;
pub mod error_hint;
pub mod execute;
pub mod foreign;
pub mod guarded;
pub mod guc_check;
pub mod invalidation;
pub mod labels;
pub mod latch;
pub mod list;
pub mod lwlock;
pub mod memory;
pub mod names;
pub mod nodes;
pub mod parse;
pub mod parse_state;
pub mod places;
pub mod plan;
pub mod postmaster;
pub mod proc;
pub mod raw_find;
pub mod raw_tree;
pub mod recursion;
pub mod relation;
pub mod report;
pub mod resident;
pub mod session;
pub mod shmem;
pub mod sight;
pub mod signals;
pub mod spi_ro;
pub mod splice;
pub mod stand_in;
pub mod syscache;
pub mod timeout;
pub mod transaction;
pub mod tuplestore;
pub mod types;
pub mod utility;
pub mod viewpoint;
pub mod wait_set;
pub mod walk;
pub mod walkers;
pub mod watch;
pub mod weigh;
