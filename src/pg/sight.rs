//! What a role may see of relations that are described elsewhere: PostgreSQL's own privilege checks, by OID, without errors for
//! what is gone meanwhile. Reads the system caches inside the caller's transaction; takes no lock on the relations.

use std::collections::HashMap;
use std::ffi::CString;

use pgrx::pg_sys;

use super::compat;
use super::viewpoint::Viewpoint;

/// The eyes of a role with a search_path.
pub struct Eyes {
    role: pg_sys::Oid,
    search_path: Vec<pg_sys::Oid>,
    /// Schemas asked for so far, and whether the role may use them.
    schemas: HashMap<u32, bool>,
}

impl Eyes {
    pub fn of(viewpoint: &Viewpoint) -> Eyes {
        Eyes {
            role: pg_sys::Oid::from(viewpoint.user),
            search_path: viewpoint.search_path.iter().map(|oid| pg_sys::Oid::from(*oid)).collect(),
            schemas: HashMap::new(),
        }
    }

    /// USAGE on the schema; false for one that is gone.
    pub fn may_use(&mut self, schema: u32) -> bool {
        let role = self.role;
        *self.schemas.entry(schema).or_insert_with(|| {
            let oid = pg_sys::Oid::from(schema);
            // SAFETY: a lookup by OID that gives null for a schema that is gone.
            let exists = !unsafe { pg_sys::get_namespace_name(oid) }.is_null();
            exists && compat::may_use_schema(oid, role)
        })
    }

    /// SELECT on the whole relation; none for a relation that is gone.
    pub fn may_read(&self, relation: u32) -> Option<bool> {
        let mut missing = false;
        // SAFETY: a catalog lookup by OID; with a place for the word that it is missing, that is no error.
        let verdict = unsafe {
            pg_sys::pg_class_aclcheck_ext(
                pg_sys::Oid::from(relation),
                self.role,
                pg_sys::ACL_SELECT as pg_sys::AclMode,
                &raw mut missing,
            )
        };
        (!missing).then_some(verdict == pg_sys::AclResult::ACLCHECK_OK)
    }

    /// SELECT on a column, by its number; false for one that is gone.
    pub fn may_read_column(&self, relation: u32, column: i16) -> bool {
        let mut missing = false;
        // SAFETY: as above.
        let verdict = unsafe {
            pg_sys::pg_attribute_aclcheck_ext(
                pg_sys::Oid::from(relation),
                column,
                self.role,
                pg_sys::ACL_SELECT as pg_sys::AclMode,
                &raw mut missing,
            )
        };
        !missing && verdict == pg_sys::AclResult::ACLCHECK_OK
    }

    /// Row security hides rows of the relation from the role.
    pub fn is_held_to_rows(&self, relation: u32) -> bool {
        // SAFETY: a catalog lookup by OID; a relation that is gone has no row security.
        let verdict = unsafe { pg_sys::check_enable_rls(pg_sys::Oid::from(relation), self.role, true) };
        verdict as u32 == pg_sys::CheckEnableRlsResult::RLS_ENABLED
    }

    /// The unqualified name finds this very relation.
    pub fn finds(&self, name: &str, relation: u32, schema: u32) -> bool {
        let Ok(name) = CString::new(name) else { return false };
        if !self.search_path.iter().any(|oid| oid.to_u32() == schema) {
            return false;
        }
        for searched in &self.search_path {
            // SAFETY: a lookup by name that gives an invalid OID where there is none.
            let found = unsafe { pg_sys::get_relname_relid(name.as_ptr(), *searched) };
            if found != pg_sys::Oid::INVALID {
                return found.to_u32() == relation;
            }
        }
        false
    }
}
