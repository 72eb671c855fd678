//! A setting whose text is looked at before it is taken.

use core::ffi::{CStr, c_char, c_void};
use std::ffi::CString;

use nl_query_core::trace;
use pgrx::pg_sys;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

/// Defines a setting of a session that holds a `traceparent` or nothing.
pub fn define_traceparent(
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static GucSetting<Option<CString>>,
) {
    // SAFETY: the hook has the signature that PostgreSQL calls, neither raises an error nor unwinds, and is never unloaded.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            name,
            short,
            long,
            setting,
            GucContext::Userset,
            GucFlags::default(),
            Some(check_traceparent),
            None,
            None,
        );
    }
}

/// PostgreSQL calls it before it takes a value, also outside of transactions.
unsafe extern "C-unwind" fn check_traceparent(value: *mut *mut c_char, _: *mut *mut c_void, _: pg_sys::GucSource::Type) -> bool {
    // SAFETY: PostgreSQL passes the place of a NUL-terminated text, or of none.
    let text = unsafe { if (*value).is_null() { c"" } else { CStr::from_ptr(*value) } };
    let is_fit = text.is_empty() || text.to_str().is_ok_and(trace::is_traceparent);
    if !is_fit {
        // SAFETY: a variable that the caller reads right after; the text is a constant, which it only reads.
        unsafe { pg_sys::GUC_check_errdetail_string = DETAIL.as_ptr().cast_mut() };
    }
    is_fit
}

const DETAIL: &CStr = c"It must be as the header traceparent of the W3C's Trace Context is, or empty.";
