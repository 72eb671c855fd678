//! nl_query: ask PostgreSQL in plain language and get real, typed rows.

#[cfg(not(panic = "unwind"))]
compile_error!("nl_query needs panic = \"unwind\": a panic must become an ERROR of one session, not the end of the cluster");

mod api;
pub mod guard;
mod pg;
mod settings;
mod stats;

::pgrx::pg_module_magic!();
