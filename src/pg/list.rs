//! PostgreSQL's `List` of pointers as an iterator.

use pgrx::pg_sys;

/// The elements of a list of pointers; nothing for a null list.
///
/// # Safety
/// `list` is null or a valid list of pointers that does not change while the iterator is used; `T` is what it points to.
pub unsafe fn iter<T>(list: *mut pg_sys::List) -> impl Iterator<Item = *mut T> {
    // SAFETY: as the caller says.
    let length = unsafe { list.as_ref() }.map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
    // SAFETY: `position` is below the length.
    (0..length).map(move |position| unsafe { (*(*list).elements.add(position)).ptr_value.cast::<T>() })
}

/// The elements of a list of OIDs; nothing for a null list.
///
/// # Safety
/// `list` is null or a valid list of OIDs that does not change while the iterator is used.
pub unsafe fn iter_oids(list: *mut pg_sys::List) -> impl Iterator<Item = pg_sys::Oid> {
    // SAFETY: as the caller says.
    let length = unsafe { list.as_ref() }.map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
    // SAFETY: `position` is below the length.
    (0..length).map(move |position| unsafe { (*(*list).elements.add(position)).oid_value })
}

/// The elements of a list of integers; nothing for a null list.
///
/// # Safety
/// `list` is null or a valid list of integers that does not change while the iterator is used.
pub unsafe fn iter_ints(list: *mut pg_sys::List) -> impl Iterator<Item = i32> {
    // SAFETY: as the caller says.
    let length = unsafe { list.as_ref() }.map_or(0, |list| usize::try_from(list.length).unwrap_or(0));
    // SAFETY: `position` is below the length.
    (0..length).map(move |position| unsafe { (*(*list).elements.add(position)).int_value })
}
