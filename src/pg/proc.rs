//! What `pg_proc` says about a function.

use pgrx::pg_sys;

use super::compat;
use super::syscache::CacheRow;

/// A function as the guard judges it.
#[derive(Debug, Clone)]
pub struct Function {
    pub oid: u32,
    pub name: String,
    /// Schema name.
    pub schema: String,
    /// OID of the schema.
    pub namespace: u32,
    pub in_pg_catalog: bool,
    pub volatility: Volatility,
    pub language: Language,
    pub owner: u32,
    pub security_definer: bool,
    /// An aggregate: it has no body of its own, its support functions are judged instead.
    pub aggregate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// The language a function is written in; the first three have fixed OIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Internal,
    C,
    Sql,
    /// A procedural language that confines what its functions can do (`pg_language.lanpltrusted`).
    Trusted,
    Untrusted,
}

impl Language {
    fn of(oid: u32) -> Language {
        match oid {
            12 => Language::Internal,
            13 => Language::C,
            14 => Language::Sql,
            // pg_language.lanpltrusted is attribute 5
            _ if CacheRow::by_oid(pg_sys::SysCacheIdentifier::LANGOID, oid).is_some_and(|row| row.bool(5)) => Language::Trusted,
            _ => Language::Untrusted,
        }
    }
}

impl Function {
    /// Looks a function up; none when it is gone.
    pub fn find(oid: u32) -> Option<Function> {
        let row = CacheRow::by_oid(pg_sys::SysCacheIdentifier::PROCOID, oid)?;
        // SAFETY: rows of this cache begin with this form; the row is pinned while we copy.
        let form = unsafe { &*row.form::<pg_sys::FormData_pg_proc>() };
        Some(Function {
            oid,
            name: name_text(&form.proname),
            // SAFETY: a lookup by OID that gives a palloc'ed text or null.
            schema: unsafe { text_or_empty(pg_sys::get_namespace_name(form.pronamespace)) },
            namespace: form.pronamespace.to_u32(),
            in_pg_catalog: form.pronamespace.to_u32() == pg_sys::PG_CATALOG_NAMESPACE,
            volatility: match form.provolatile as u8 {
                b'i' => Volatility::Immutable,
                b's' => Volatility::Stable,
                _ => Volatility::Volatile,
            },
            language: Language::of(form.prolang.to_u32()),
            owner: form.proowner.to_u32(),
            security_definer: form.prosecdef,
            aggregate: form.prokind as u8 == b'a',
        })
    }

    /// The name for messages, with the schema where it is not a built-in.
    pub fn display(&self) -> String {
        if self.in_pg_catalog { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    /// The text of its body; empty where there is none.
    pub fn source(&self) -> String {
        // prosrc is attribute 26 of pg_proc in PostgreSQL 14 to 18.
        let row = CacheRow::by_oid(pg_sys::SysCacheIdentifier::PROCOID, self.oid);
        let source = row.as_ref().and_then(|row| row.get(26));
        // SAFETY: a text attribute of a row that is pinned until the end; the copy is palloc'ed.
        source.map_or_else(String::new, |text| unsafe { text_or_empty(pg_sys::text_to_cstring(text.cast_mut_ptr())) })
    }

    /// Whether the current user has EXECUTE on it.
    pub fn may_execute(&self) -> bool {
        compat::may_execute(pg_sys::Oid::from(self.oid))
    }

    /// The extension it belongs to, by OID.
    pub fn extension(&self) -> Option<u32> {
        // SAFETY: a catalog lookup by OID.
        let extension = unsafe { pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, pg_sys::Oid::from(self.oid)) };
        (extension != pg_sys::Oid::INVALID).then(|| extension.to_u32())
    }
}

/// Name of an extension.
pub fn extension_name(oid: u32) -> String {
    // SAFETY: a catalog lookup by OID.
    unsafe { text_or_empty(pg_sys::get_extension_name(pg_sys::Oid::from(oid))) }
}

pub(super) fn name_text(name: &pg_sys::NameData) -> String {
    let bytes: Vec<u8> = name.data.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// # Safety
/// `text` is null or NUL-terminated.
pub(super) unsafe fn text_or_empty(text: *const core::ffi::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for it.
    unsafe { core::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
