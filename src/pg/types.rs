//! What a type is made of.

use pgrx::pg_sys;

use super::relation;
use super::syscache::CacheRow;

/// OIDs below are those of initdb: such types are made of such types only.
const FIRST_NORMAL_OID: u32 = 16_384;

/// True for a type that somebody has created.
pub fn is_added(oid: u32) -> bool {
    oid >= FIRST_NORMAL_OID
}

pub fn is_domain(oid: u32) -> bool {
    // SAFETY: a syscache lookup by OID.
    unsafe { pg_sys::get_typtype(pg_sys::Oid::from(oid)) as u8 == b'd' }
}

/// The added types directly inside: an array's elements, a domain's base, a range's bounds, a row's columns.
pub fn parts(oid: u32) -> Vec<u32> {
    let id = pg_sys::Oid::from(oid);
    // SAFETY: syscache lookups by OID; each gives an invalid OID where it does not apply.
    let mut parts = unsafe {
        vec![
            pg_sys::get_base_element_type(id).to_u32(),
            pg_sys::getBaseType(id).to_u32(),
            pg_sys::get_range_subtype(id).to_u32(),
            pg_sys::get_multirange_range(id).to_u32(),
        ]
    };
    if let Some(row) = CacheRow::by_oid(pg_sys::SysCacheIdentifier::TYPEOID, oid) {
        // SAFETY: rows of this cache begin with this form; the row is pinned while we copy.
        let form = unsafe { &*row.form::<pg_sys::FormData_pg_type>() };
        // A domain has but the one base, which may be a domain again.
        parts.extend([form.typbasetype.to_u32(), form.typelem.to_u32()]);
        parts.extend(relation::column_types(form.typrelid.to_u32()));
    }
    parts.retain(|part| *part != oid && is_added(*part));
    parts
}
