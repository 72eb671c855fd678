//! The session's own temporary tables and views, as a digest: nobody else can see them, and a question may be about them.

use std::cell::Cell;
use std::collections::hash_map::DefaultHasher;
use std::ffi::CStr;
use std::hash::{Hash, Hasher};

use crate::pg::{spi_ro, transaction};

use super::c_text;

thread_local! {
    // Version of what this session sees of its own, and the digest that was found at it.
    static FOUND: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

const TEMPORARY_SQL: &CStr = c_text(concat!(include_str!("../../sql/temporary.sql"), "\0"));

/// Equal digests mean equal temporary relations; 0 is none. Asks the catalog only in a session that has a temporary schema, and only
/// after something changed.
pub fn temporary() -> u64 {
    if !transaction::has_temporary_schema() {
        return 0;
    }
    let version = transaction::version();
    if let Some((at, digest)) = FOUND.get()
        && at == version
    {
        return digest;
    }
    let digest = spi_ro::text(TEMPORARY_SQL, &[]).map_or(0, |text| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish().max(1)
    });
    FOUND.set(Some((version, digest)));
    digest
}
