//! What `pg_class` says about a relation.

use pgrx::pg_sys;
use pgrx::pg_sys::submodules::ffi::pg_guard_ffi_boundary;

use super::list;
use super::proc::text_or_empty;
use super::syscache::CacheRow;

/// A relation as the guard judges it.
#[derive(Debug, Clone)]
pub struct Relation {
    pub name: String,
    pub schema: String,
    /// OID of the schema.
    pub namespace: u32,
}

impl Relation {
    /// Looks a relation up; none when it is gone.
    pub fn find(oid: u32) -> Option<Relation> {
        let id = pg_sys::Oid::from(oid);
        // SAFETY: syscache lookups by OID; the texts are palloc'ed copies.
        unsafe {
            let namespace = pg_sys::get_rel_namespace(id);
            if namespace == pg_sys::Oid::INVALID {
                return None;
            }
            Some(Relation {
                name: text_or_empty(pg_sys::get_rel_name(id)),
                schema: text_or_empty(pg_sys::get_namespace_name(namespace)),
                namespace: namespace.to_u32(),
            })
        }
    }

    pub fn display(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// In `pg_catalog`, `information_schema` or a toast schema.
    pub fn is_system(&self) -> bool {
        self.namespace == pg_sys::PG_CATALOG_NAMESPACE
            || self.namespace == pg_sys::PG_TOAST_NAMESPACE
            || self.schema == "information_schema"
    }
}

// catalog/partition.h is not among the headers pgrx binds.
unsafe extern "C-unwind" {
    fn get_partition_ancestors(relation: pg_sys::Oid) -> *mut pg_sys::List;
}

/// The partitioned tables that a partition belongs to, from the nearest up; nothing for other relations.
pub fn partition_ancestors(oid: u32) -> Vec<u32> {
    let id = pg_sys::Oid::from(oid);
    // SAFETY: a catalog lookup for a relation that exists; it gives a list of OIDs.
    unsafe {
        if !pg_sys::get_rel_relispartition(id) {
            return Vec::new();
        }
        let ancestors = pg_guard_ffi_boundary(|| get_partition_ancestors(id));
        list::iter_oids(ancestors).map(|parent| parent.to_u32()).collect()
    }
}

/// Numbers and names of a relation's columns, dropped ones left out.
pub fn columns(oid: u32) -> Vec<(i16, String)> {
    let id = pg_sys::Oid::from(oid);
    numbers(oid)
        .filter_map(|number| {
            // SAFETY: a syscache lookup that gives null for a column that is missing or dropped; else a palloc'ed text.
            let name = unsafe { text_or_empty(pg_sys::get_attname(id, number, true)) };
            (!name.is_empty()).then_some((number, name))
        })
        .collect()
}

/// Types of a relation's columns; invalid for dropped ones. Nothing for what is no relation.
pub fn column_types(oid: u32) -> Vec<u32> {
    // SAFETY: a syscache lookup that gives an invalid OID for a column that is missing.
    numbers(oid).map(|number| unsafe { pg_sys::get_atttype(pg_sys::Oid::from(oid), number) }.to_u32()).collect()
}

fn numbers(oid: u32) -> std::ops::RangeInclusive<i16> {
    let count = CacheRow::by_oid(pg_sys::SysCacheIdentifier::RELOID, oid).map_or(0, |row| {
        // SAFETY: rows of this cache begin with this form; the row is pinned while we copy.
        unsafe { (*row.form::<pg_sys::FormData_pg_class>()).relnatts }
    });
    1..=count
}
