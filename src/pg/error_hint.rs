//! A HINT for statements that fail because PostgreSQL reads them before the answer has its columns. Nothing of ours runs before
//! that analysis, so the hint is put in when the error is sent.
//!
//! Runs while an error is handled: it allocates nothing and calls nothing. The hint is a constant, which PostgreSQL does not free
//! for errors of this level.

use std::ffi::{CStr, c_char};

use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys};

const HINT: &CStr = c"Columns of nl_query() cannot be named, ordered or stored in the statement that asks. Give them names and types with nl_record('...') AS t (column type, ...), or make a view with nl_create_view().";

/// What the first analysis says of a column that is not there yet, or that is json still.
const CODES: [PgSqlErrorCode; 4] = [
    PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN,
    PgSqlErrorCode::ERRCODE_INVALID_COLUMN_REFERENCE,
    PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
    PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION,
];

static mut PREVIOUS: pg_sys::emit_log_hook_type = None;

/// Installs the hook. Call once, from `_PG_init` while preloading.
pub fn install() {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        PREVIOUS = pg_sys::emit_log_hook;
        pg_sys::emit_log_hook = Some(emit_log);
    }
}

unsafe extern "C-unwind" fn emit_log(error: *mut pg_sys::ErrorData) {
    // SAFETY: PostgreSQL passes the error that it is about to send, and the text that it works on; PREVIOUS was written once.
    unsafe {
        if is_of_first_analysis(&*error) && asks(pg_sys::debug_query_string) {
            (*error).hint = HINT.as_ptr().cast_mut();
        }
        if let Some(next) = PREVIOUS {
            next(error);
        }
    }
}

/// Errors of the second analysis and of nl_record have a DETAIL.
fn is_of_first_analysis(error: &pg_sys::ErrorData) -> bool {
    error.elevel == PgLogLevel::ERROR as i32
        && error.detail.is_null()
        && !is_about_the_call(error)
        && CODES.iter().any(|code| *code as i32 == error.sqlerrcode)
}

/// "function nl_query(unknown, unknown) does not exist" and the like.
fn is_about_the_call(error: &pg_sys::ErrorData) -> bool {
    // SAFETY: a message is null or NUL-terminated.
    !error.message.is_null() && unsafe { asks(error.message) }
}

/// True when the text calls nl_query: the name, perhaps quoted, and a bracket.
///
/// # Safety
/// `text` is null or NUL-terminated.
unsafe fn asks(text: *const c_char) -> bool {
    const NAME: &[u8] = b"nl_query";
    if text.is_null() {
        return false;
    }
    // SAFETY: as the caller says.
    let text = unsafe { CStr::from_ptr(text) }.to_bytes();
    text.windows(NAME.len()).enumerate().any(|(at, word)| {
        let rest = text.get(at + NAME.len()..).unwrap_or_default();
        word.eq_ignore_ascii_case(NAME) && rest.strip_prefix(b"\"").unwrap_or(rest).trim_ascii_start().starts_with(b"(")
    })
}
