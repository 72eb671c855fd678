//! The validator of the foreign-data wrapper `nl_query`.

use pgrx::pg_sys::panic::ErrorReportable;
use pgrx::prelude::*;

use crate::pg::{foreign, report};
use crate::servers::{self, Context};

/// PostgreSQL calls it with the options as they would be, each "name=value", and the catalog of what has them. Works without preload:
/// a restore may run where nothing is asked.
#[pg_extern(
    volatile,
    parallel_unsafe,
    sql = "CREATE FUNCTION nl_query_fdw_validator(options text[], catalog oid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn nl_query_fdw_validator(options: Array<'_, &str>, catalog: pg_sys::Oid) {
    let options = options.iter().flatten().map(|option| option.split_once('=').unwrap_or((option, "")));
    servers::check(context(catalog), options, foreign::is_superuser()).map_err(report::complaint).unwrap_or_report();
}

fn context(catalog: pg_sys::Oid) -> Context {
    match catalog {
        pg_sys::ForeignServerRelationId => Context::Server,
        pg_sys::UserMappingRelationId => Context::UserMapping,
        pg_sys::ForeignDataWrapperRelationId => Context::Wrapper,
        _ => Context::Table,
    }
}
