//! Places in a tree: where in a text each node was written.
//!
//! The server would take those of an answer for places in the user's text, in error positions and where it replaces the constants of
//! a statement's text.

use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;
use pgrx::pg_sys::submodules::ffi::pg_guard_ffi_boundary;

use super::walkers;

/// Sets every place in a query to "unknown".
///
/// # Safety
/// `query` is an analysed query that nobody else looks at.
pub unsafe fn forget(query: *mut pg_sys::Query) {
    // SAFETY: as the caller says.
    unsafe { pg_guard_ffi_boundary(|| visit(query.cast(), core::ptr::null_mut())) };
}

/// Sets the place of one node of the named kinds.
macro_rules! forget_place {
    ($node:expr, $($tag:ident $kind:ident),+ $(,)?) => {
        match (*$node).type_ {
            $($tag => (*$node.cast::<pg_sys::$kind>()).location = -1,)+
            _ => {}
        }
    };
}

/// The walkers' callback: sets numbers, nothing else.
///
/// # Safety
/// `node` is null or valid, and nobody else looks at it.
unsafe extern "C-unwind" fn visit(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says; each cast follows the node's tag.
    unsafe {
        if (*node).type_ == T_Query {
            return walkers::query_tree_walker(node.cast(), Some(visit), context, 0);
        }
        forget_place!(
            node,
            T_Const Const,
            T_Var Var,
            T_FuncExpr FuncExpr,
            T_OpExpr OpExpr,
            T_DistinctExpr OpExpr,
            T_NullIfExpr OpExpr,
            T_ScalarArrayOpExpr ScalarArrayOpExpr,
            T_BoolExpr BoolExpr,
            T_SubLink SubLink,
            T_Aggref Aggref,
            T_GroupingFunc GroupingFunc,
            T_WindowFunc WindowFunc,
            T_CaseExpr CaseExpr,
            T_CaseWhen CaseWhen,
            T_RelabelType RelabelType,
            T_CoerceViaIO CoerceViaIO,
            T_ArrayCoerceExpr ArrayCoerceExpr,
            T_CoerceToDomain CoerceToDomain,
            T_CollateExpr CollateExpr,
            T_NullTest NullTest,
            T_BooleanTest BooleanTest,
            T_ArrayExpr ArrayExpr,
            T_RowExpr RowExpr,
            T_CoalesceExpr CoalesceExpr,
            T_MinMaxExpr MinMaxExpr,
            T_SQLValueFunction SQLValueFunction,
        );
        walkers::expression_tree_walker(node, Some(visit), context)
    }
}
