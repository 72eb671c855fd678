//! Reading through SPI without ever writing: no transaction id is assigned, so it works on a hot standby and in a read-only
//! transaction. (pgrx's `Spi::get_one` and `run` take the path that may write.)
//!
//! The read sees what is committed now and this transaction's own changes, whatever the age of the surrounding statement's
//! snapshot: whoever reads the catalog because an invalidation message came must not read the state from before the message.
//! Runs in the caller's memory context and privileges. An error leaves by unwinding; PostgreSQL's abort cleans SPI and settings up.

use std::ffi::CStr;

use pgrx::pg_sys;
use pgrx::{FromDatum, IntoDatum};

use super::session::GucNest;

/// Settings a catalog read must not depend on: JIT costs half a second on a query of this size, dates are compared as text.
const SETTINGS: [(&CStr, &CStr); 3] = [(c"jit", c"off"), (c"DateStyle", c"ISO, YMD"), (c"IntervalStyle", c"postgres")];

/// An argument of a read.
pub enum Argument<'a> {
    Integer(i32),
    Boolean(bool),
    Oids(Option<&'a [u32]>),
}

/// Runs one SELECT with `$1`, `$2` … and returns its first column of its first row as text; none where that is NULL or missing.
pub fn text(sql: &CStr, arguments: &[Argument<'_>]) -> Option<String> {
    let mut types = Vec::with_capacity(arguments.len());
    let mut values = Vec::with_capacity(arguments.len());
    let mut nulls = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let (oid, value) = match argument {
            Argument::Integer(number) => (pg_sys::INT4OID, number.into_datum()),
            Argument::Boolean(yes) => (pg_sys::BOOLOID, yes.into_datum()),
            Argument::Oids(oids) => (pg_sys::OIDARRAYOID, oids.map(oid_array).and_then(IntoDatum::into_datum)),
        };
        types.push(oid);
        nulls.push(if value.is_some() { b' ' } else { b'n' });
        values.push(value.unwrap_or(pg_sys::Datum::from(0)));
    }
    let nest = GucNest::begin();
    SETTINGS.iter().for_each(|(name, value)| nest.set(name, value));
    // SAFETY: SPI and the snapshot stack are balanced below; on an error the (sub)transaction's abort unwinds both.
    let found = unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        pg_sys::SPI_connect();
        let status = pg_sys::SPI_execute_with_args(
            sql.as_ptr(),
            arguments.len() as i32,
            types.as_mut_ptr(),
            values.as_mut_ptr(),
            nulls.as_ptr().cast(),
            true,
            1,
        );
        let found = if status == pg_sys::SPI_OK_SELECT as i32 { first_value() } else { None };
        pg_sys::SPI_finish();
        pg_sys::PopActiveSnapshot();
        found
    };
    nest.end();
    found
}

fn oid_array(oids: &[u32]) -> Vec<pg_sys::Oid> {
    oids.iter().map(|oid| pg_sys::Oid::from(*oid)).collect()
}

/// First column of the first row of the statement that SPI has just run, copied out of SPI's memory.
///
/// # Safety
///
/// Between `SPI_execute…` and `SPI_finish` only.
unsafe fn first_value() -> Option<String> {
    // SAFETY: SPI owns SPI_tuptable until SPI_finish; row 0 exists where SPI_processed says so, column 1 has type text.
    unsafe {
        if pg_sys::SPI_processed == 0 || pg_sys::SPI_tuptable.is_null() {
            return None;
        }
        let table = &*pg_sys::SPI_tuptable;
        let mut is_null = true;
        let value = pg_sys::SPI_getbinval(*table.vals, table.tupdesc, 1, &mut is_null);
        String::from_datum(value, is_null)
    }
}
