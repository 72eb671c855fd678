//! PostgreSQL's tree walkers without the guard that pgrx puts around its bindings: a guard saves and restores jump buffers at every
//! node, and an ERROR that it catches loses its position. For callbacks that neither allocate nor panic.

use core::ffi::c_void;

use pgrx::pg_sys;

type Walker = Option<unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut c_void) -> bool>;

unsafe extern "C-unwind" {
    #[cfg_attr(not(any(feature = "pg14", feature = "pg15")), link_name = "query_tree_walker_impl")]
    pub fn query_tree_walker(query: *mut pg_sys::Query, walker: Walker, context: *mut c_void, flags: i32) -> bool;
    #[cfg_attr(not(any(feature = "pg14", feature = "pg15")), link_name = "expression_tree_walker_impl")]
    pub fn expression_tree_walker(node: *mut pg_sys::Node, walker: Walker, context: *mut c_void) -> bool;
}
