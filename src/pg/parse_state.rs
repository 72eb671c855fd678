//! The state of an analysis: one that the server has just finished, and another that goes on as it did.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::stand_in;

/// The text that is analysed.
///
/// # Safety
/// `state` is a parse state; the text is used while it lives.
pub unsafe fn text<'a>(state: *mut pg_sys::ParseState) -> Option<&'a CStr> {
    // SAFETY: as the caller says; the text is null or NUL-terminated.
    unsafe {
        let text = (*state).p_sourcetext;
        (!text.is_null()).then(|| CStr::from_ptr(text))
    }
}

/// True inside the body of a function, whose language gives names a meaning beside those of columns.
///
/// # Safety
/// `state` is a parse state.
pub unsafe fn is_in_function(state: *mut pg_sys::ParseState) -> bool {
    // SAFETY: as the caller says.
    unsafe { (*state).p_pre_columnref_hook.is_some() || (*state).p_post_columnref_hook.is_some() }
}

/// A new state with the text, parameters and names of another.
///
/// # Safety
/// `state` is a parse state that outlives the new one.
pub unsafe fn copy(state: *mut pg_sys::ParseState, fresh: *mut pg_sys::ParseState) {
    // SAFETY: as the caller says.
    unsafe {
        let (state, fresh) = (&*state, &mut *fresh);
        fresh.p_sourcetext = state.p_sourcetext;
        fresh.p_queryEnv = state.p_queryEnv;
        fresh.p_resolve_unknowns = state.p_resolve_unknowns;
        fresh.p_pre_columnref_hook = state.p_pre_columnref_hook;
        fresh.p_post_columnref_hook = state.p_post_columnref_hook;
        fresh.p_paramref_hook = state.p_paramref_hook;
        fresh.p_coerce_param_hook = state.p_coerce_param_hook;
        fresh.p_ref_hook_state = state.p_ref_hook_state;
    }
}

/// Analyses a raw tree as the server analysed the one of `state`. Calls no hook.
///
/// # Safety
/// `state` is a parse state, `raw` a raw tree of its text.
pub unsafe fn analyse(state: *mut pg_sys::ParseState, raw: *mut pg_sys::RawStmt) -> *mut pg_sys::Query {
    // SAFETY: as the caller says.
    unsafe {
        let fresh = pg_sys::make_parsestate(core::ptr::null_mut());
        copy(state, fresh);
        let query = pg_sys::transformTopLevelStmt(fresh, raw);
        pg_sys::free_parsestate(fresh);
        query
    }
}

/// Analyses a SELECT by itself: no parameters, no variables, no names from around it.
///
/// # Safety
/// `raw` is a raw SELECT of `text`.
pub unsafe fn analyse_alone(raw: *mut pg_sys::Node, text: &CStr) -> *mut pg_sys::Query {
    // SAFETY: as the caller says.
    unsafe {
        let state = pg_sys::make_parsestate(core::ptr::null_mut());
        (*state).p_sourcetext = text.as_ptr();
        stand_in::understand(state);
        let query = pg_sys::transformStmt(state, raw);
        pg_sys::free_parsestate(state);
        query
    }
}
