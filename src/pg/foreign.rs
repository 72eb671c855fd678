//! Foreign servers and user mappings, read from the system caches without an error for what is not there.
//!
//! Runs on the backend's one thread, inside a transaction, and takes no lock on a server: one that is dropped meanwhile is found as it
//! was or not at all. What the options mean is not known here.

use std::ffi::CString;

use pgrx::pg_sys;

use super::proc::text_or_empty;
use super::syscache::CacheRow;
use super::{compat, list};

/// Bytes of an identifier at most; PostgreSQL cuts longer ones (`NAMEDATALEN` counts the NUL).
const LONGEST_NAME: usize = pg_sys::NAMEDATALEN as usize - 1;
/// `umoptions` of `pg_user_mapping`.
const MAPPING_OPTIONS: i16 = 4;
/// The user of a mapping for everybody.
const PUBLIC: u32 = 0;

/// A foreign server, of whatever wrapper.
pub struct ForeignServer {
    pub oid: u32,
    /// As it is in the catalog.
    pub name: String,
    /// Its foreign-data wrapper.
    wrapper: pg_sys::Oid,
    /// Names and values, in the order of the catalog.
    pub options: Vec<(String, String)>,
}

impl ForeignServer {
    /// Looks a server of this database up; none when there is none of this name.
    pub fn find(name: &str) -> Option<ForeignServer> {
        let name = CString::new(cut(name)).ok()?;
        // SAFETY: the name is NUL-terminated; null where there is no such server, else a palloc'ed copy of the row whose texts and
        // options live as long.
        unsafe {
            let server = pg_sys::GetForeignServerByName(name.as_ptr(), true).as_ref()?;
            Some(ForeignServer {
                oid: server.serverid.to_u32(),
                name: text_or_empty(server.servername),
                wrapper: server.fdwid,
                options: pairs(server.options),
            })
        }
    }

    /// Whether its wrapper is a member of an extension of this name. Members can be renamed; their membership stays.
    pub fn is_of_extension(&self, extension: &str) -> bool {
        // SAFETY: catalog lookups by OID; an invalid OID where it is no member, and null for an extension that is gone.
        let name = unsafe {
            let member = pg_sys::getExtensionOfObject(pg_sys::ForeignDataWrapperRelationId, self.wrapper);
            text_or_empty(pg_sys::get_extension_name(member))
        };
        name == extension
    }

    /// Whether the current user has USAGE on it.
    pub fn may_use(&self) -> bool {
        compat::may_use_server(pg_sys::Oid::from(self.oid))
    }

    /// The mapping of the current user or, where that has none, of everybody.
    pub fn mapping(&self) -> Option<UserMapping> {
        UserMapping::find(super::viewpoint::user(), self.oid).or_else(|| UserMapping::find(PUBLIC, self.oid))
    }
}

/// What a user mapping says. No `Debug`: its options hold keys.
pub struct UserMapping {
    /// Names and values, in the order of the catalog.
    pub options: Vec<(String, String)>,
    /// Changes with every change of the row.
    pub version: MappingVersion,
}

/// Which version of which row of `pg_user_mapping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappingVersion {
    pub oid: u32,
    /// The transaction that wrote it.
    pub written_by: u32,
    /// Where it lies: block and number in it.
    pub place: (u32, u16),
}

impl UserMapping {
    fn find(user: u32, server: u32) -> Option<UserMapping> {
        let row = CacheRow::by_oids(pg_sys::SysCacheIdentifier::USERMAPPINGUSERSERVER, user, server)?;
        // SAFETY: rows of this cache begin with this form; the row is pinned while we copy.
        let oid = unsafe { (*row.form::<pg_sys::FormData_pg_user_mapping>()).oid }.to_u32();
        let (written_by, place) = row.version();
        let options = row.get(MAPPING_OPTIONS).map_or_else(Vec::new, |options| {
            // SAFETY: the attribute is an array of texts "name=value", as this call wants it; it makes a palloc'ed list of copies.
            unsafe { pairs(pg_sys::untransformRelOptions(options)) }
        });
        Some(UserMapping { options, version: MappingVersion { oid, written_by, place } })
    }
}

/// Names and values of a list of options.
///
/// # Safety
/// `options` is null or a valid list of `DefElem`s with strings.
unsafe fn pairs(options: *mut pg_sys::List) -> Vec<(String, String)> {
    // SAFETY: the caller vouches for the list; names and values are NUL-terminated.
    unsafe {
        list::iter::<pg_sys::DefElem>(options)
            .map(|option| (text_or_empty((*option).defname), text_or_empty(pg_sys::defGetString(option))))
            .collect()
    }
}

/// As much of a name as the catalog keeps.
fn cut(name: &str) -> &str {
    let end = (0..=name.len().min(LONGEST_NAME)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    &name[..end]
}

/// True where the current user is a superuser.
pub fn is_superuser() -> bool {
    // SAFETY: reads the role caches inside the caller's transaction.
    unsafe { pg_sys::superuser() }
}
