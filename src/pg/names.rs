//! Names of relations as users write them.

use std::ffi::CString;

use pgrx::pg_sys;

use super::{compat, list};

/// The parts of a name that may be qualified, folded and unquoted as SQL does it. Raises the server's error for what is no name.
pub fn parts(name: &str) -> Vec<String> {
    let text = CString::new(name).unwrap_or_default();
    // SAFETY: a NUL-terminated text, made into a varlena; the result is a list of strings.
    unsafe {
        let names = pg_sys::textToQualifiedNameList(pg_sys::cstring_to_text(text.as_ptr()));
        list::iter(names).map(|name| compat::string(name)).collect()
    }
}
