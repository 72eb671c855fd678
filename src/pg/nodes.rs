//! New parse nodes, in the current memory context.

use pgrx::pg_sys;

/// A node of type `T` with nothing in it but its tag.
///
/// # Safety
/// `T` is the struct that belongs to the tag.
pub unsafe fn make<T>(tag: pg_sys::NodeTag) -> *mut T {
    // SAFETY: zeroed memory of the node's size; a node begins with its tag.
    unsafe {
        let node = pg_sys::palloc0(size_of::<T>());
        node.cast::<pg_sys::NodeTag>().write(tag);
        node.cast()
    }
}

/// A list of one node.
pub fn one(node: *mut core::ffi::c_void) -> *mut pg_sys::List {
    // SAFETY: a null list and a pointer give a new list.
    unsafe { pg_sys::lappend(core::ptr::null_mut(), node) }
}
