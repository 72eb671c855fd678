//! nl_query: ask PostgreSQL in plain language and get real, typed rows.
//!
//! ```text
//! api -> expand -> service -> { catalog, cache, guard, servers, queue, stats } -> pg -> pgrx
//!                                  |       |         |          |
//!                                  +-------+---------+----------+--> nl_query_engine -> nl_query_core
//! worker -> { queue, nl_query_http } -> pg, nl_query_core
//! ```
//! `pg` holds the unsafe code, one file a PostgreSQL primitive; `settings` is read by everyone.

#[cfg(not(panic = "unwind"))]
compile_error!("nl_query needs panic = \"unwind\": a panic must become an ERROR of one session, not the end of the cluster");

use nl_query_core::layout::Sizes;
use nl_query_core::table::{Partition, Slot};
use pgrx::prelude::*;

::pgrx::pg_module_magic!();

mod api;
mod cache;
mod catalog;
mod expand;
pub mod guard;
mod memory;
mod pg;
#[cfg(any(test, feature = "pg_test"))]
mod pg_tests;
mod queue;
mod servers;
mod service;
mod settings;
mod stats;
mod worker;

extension_sql_file!("../sql/bootstrap.sql", bootstrap);
extension_sql_file!(
    "../sql/views.sql",
    name = "views",
    requires = [
        pg_stat_nl_query,
        pg_stat_nl_query_cache,
        pg_stat_nl_query_info,
        pg_stat_nl_query_timing,
        pg_stat_nl_query_refusals,
        pg_stat_nl_query_servers,
        pg_stat_progress_nl_query,
        pg_stat_nl_query_workers
    ]
);
extension_sql_file!(
    "../sql/comments.sql",
    name = "comments",
    requires = [
        "views",
        "nl_query_json",
        "nl_record_rows",
        nl_create_view,
        nl_prompt,
        nl_sql,
        nl_submit,
        nl_status,
        nl_cancel,
        nl_sql_batch,
        "nl_fetch_json",
        nl_explain,
        nl_candidates,
        nl_prove,
        nl_cache_clear,
        nl_cache_warm,
        pg_stat_nl_query_reset
    ]
);
extension_sql_file!("../sql/servers.sql", name = "servers", requires = [nl_query_fdw_validator]);
extension_sql_file!("../sql/privileges.sql", name = "privileges", finalize);

/// What shared memory holds; locks before what uses them.
static REGIONS: [&dyn pg::shmem::Region; 5] =
    [&memory::LOCKS, &stats::AREA, &memory::BLOCK, &queue::memory::LOCKS, &queue::memory::BLOCK];

/// What is in the block of memory, in the order of `memory::Part`.
fn contents() -> memory::Contents {
    let fixed = [cache::generation::SIZE, cache::snapshots::CONDITIONS_SIZE, cache::snapshots::SIZE, cache::counters::SIZE];
    let [partition, slot] = [size_of::<Partition>(), size_of::<Slot<()>>()];
    let sizes = Sizes { fixed, partition, slot, question_slot: size_of::<Slot<stats::QuestionCounters>>() };
    memory::Contents { sizes, beside: stats::AREA_SIZE, make: cache::snapshots::make }
}

/// What the ends of transactions mean for others.
struct Ends;

impl pg::transaction::Observer for Ends {
    fn committed(&self, effects: pg::transaction::Effects) {
        cache::generation::publish(effects);
    }

    fn ending(&self) {
        stats::count_failed();
        queue::ending::settle();
    }

    fn aborted(&self) {
        queue::ending::aborted();
    }

    fn savepoint_aborted(&self) {
        queue::ending::settle();
    }
}

/// Called when the library is loaded: in the postmaster with shared_preload_libraries, else in the backend that first calls a
/// function of it. Without preload the functions can be created and answer with an error that says what to do.
#[pg_guard]
#[allow(unsafe_code)] // the entry point reads three variables of the server
pub extern "C-unwind" fn _PG_init() {
    // SAFETY: variables that the server sets before it loads libraries.
    let (upgrading, preloading) = unsafe { (pg_sys::IsBinaryUpgrade, pg_sys::process_shared_preload_libraries_in_progress) };
    // pg_upgrade restores catalogs; a hook or a worker would be in its way.
    if upgrading {
        return;
    }
    if preloading {
        settings::define_at_start();
    }
    settings::define();
    guard::install();
    if !preloading {
        return;
    }
    memory::divide(contents());
    pg::shmem::install(&REGIONS, cache::restart::install);
    pg::transaction::install(&Ends);
    pg::utility::install();
    expand::install();
    worker::register();
}

/// What `cargo pgrx test` asks of a crate.
#[cfg(test)]
pub mod pg_test {
    pub fn setup(_options: Vec<&str>) {}

    /// Settings of the server that the tests run in.
    #[must_use]
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        // Tests of the queue are sessions and workers themselves.
        vec!["shared_preload_libraries = 'nl_query'", "nl_query.workers = 0"]
    }
}
