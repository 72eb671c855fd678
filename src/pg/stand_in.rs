//! Values in a raw tree that have a type and nothing else: analysis learns what a column is, without text that could mean another
//! thing to it.
//!
//! A raw tree holds parameters with negative numbers, which no text can; an analysis that [`understand`]s them finds behind each a
//! node that it takes as it is (`CaseTestExpr`). Local memory of this backend's one thread, forgotten with the next statement.

use std::cell::{Cell, RefCell};

use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;

use super::nodes::make;

thread_local! {
    static VALUES: RefCell<Vec<*mut pg_sys::Node>> = const { RefCell::new(Vec::new()) };
    /// What the analysis under way does with other parameters.
    static OTHERS: Cell<pg_sys::ParseParamRefHook> = const { Cell::new(None) };
}

/// Forgets the values of earlier statements, whose memory is gone.
pub fn begin() {
    VALUES.with_borrow_mut(Vec::clear);
}

/// A raw value of a type, in the current memory context.
pub fn value(type_oid: u32, typmod: i32, collation: u32) -> *mut pg_sys::Node {
    // SAFETY: new nodes of their kinds.
    unsafe {
        let node = make::<pg_sys::CaseTestExpr>(T_CaseTestExpr);
        (*node).typeId = pg_sys::Oid::from(type_oid);
        (*node).typeMod = typmod;
        (*node).collation = pg_sys::Oid::from(collation);
        let count = VALUES.with_borrow_mut(|values| {
            values.push(node.cast());
            values.len()
        });
        let parameter = make::<pg_sys::ParamRef>(T_ParamRef);
        (*parameter).number = i32::try_from(count).map_or(0, |count| -count);
        (*parameter).location = -1;
        parameter.cast()
    }
}

/// Makes an analysis take these values; its other parameters are found as before.
///
/// # Safety
/// `state` is a parse state that has its hooks already.
pub unsafe fn understand(state: *mut pg_sys::ParseState) {
    // SAFETY: as the caller says.
    unsafe {
        OTHERS.set((*state).p_paramref_hook);
        (*state).p_paramref_hook = Some(on_parameter);
    }
}

/// Called by the analyser, in frames that an ERROR of the hook behind it may jump over: nothing here allocates or panics.
unsafe extern "C-unwind" fn on_parameter(state: *mut pg_sys::ParseState, parameter: *mut pg_sys::ParamRef) -> *mut pg_sys::Node {
    // SAFETY: the analyser passes its state and a raw parameter.
    unsafe {
        let number = (*parameter).number;
        if number >= 0 {
            return OTHERS.get().map_or(core::ptr::null_mut(), |hook| hook(state, parameter));
        }
        let place = number.unsigned_abs() as usize - 1;
        VALUES.with_borrow(|values| values.get(place).copied()).unwrap_or(core::ptr::null_mut())
    }
}
