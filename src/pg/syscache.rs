//! A row of a system catalog from the syscache, released when dropped.

use pgrx::pg_sys;

/// A pinned syscache tuple.
pub struct CacheRow {
    tuple: pg_sys::HeapTuple,
    cache: i32,
}

impl CacheRow {
    /// Looks a row up by OID; none when there is none.
    pub fn by_oid(cache: pg_sys::SysCacheIdentifier::Type, oid: u32) -> Option<CacheRow> {
        let cache = cache as i32;
        // SAFETY: caches that are asked this way have one OID as their key.
        let tuple = unsafe { pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(pg_sys::Oid::from(oid))) };
        (!tuple.is_null()).then(|| CacheRow { tuple, cache })
    }

    /// The same for a cache with two OIDs as its key.
    pub fn by_oids(cache: pg_sys::SysCacheIdentifier::Type, first: u32, second: u32) -> Option<CacheRow> {
        let cache = cache as i32;
        let key = |oid: u32| pg_sys::Datum::from(pg_sys::Oid::from(oid));
        // SAFETY: caches that are asked this way have two OIDs as their key.
        let tuple = unsafe { pg_sys::SearchSysCache2(cache, key(first), key(second)) };
        (!tuple.is_null()).then(|| CacheRow { tuple, cache })
    }

    /// What tells this version of the row from others: the transaction that wrote it, and its place (block, number in it).
    pub fn version(&self) -> (u32, (u32, u16)) {
        // SAFETY: the tuple is pinned while self lives; one from a catalog has the header of a stored row.
        unsafe {
            let place = (*self.tuple).t_self;
            let block = (u32::from(place.ip_blkid.bi_hi) << 16) | u32::from(place.ip_blkid.bi_lo);
            let written_by = (*(*self.tuple).t_data).t_choice.t_heap.t_xmin;
            (written_by.into_inner(), (block, place.ip_posid))
        }
    }

    /// An attribute by number; none for NULL. Numbers are those of the catalog's declaration, equal in PostgreSQL 14 to 18.
    pub fn get(&self, attribute: i16) -> Option<pg_sys::Datum> {
        let mut null = false;
        // SAFETY: the tuple is pinned while self lives; the cache knows the catalog's descriptor.
        let value = unsafe { pg_sys::SysCacheGetAttr(self.cache, self.tuple, attribute, &raw mut null) };
        (!null).then_some(value)
    }

    /// An attribute of type `oid` or `regproc`.
    pub fn oid(&self, attribute: i16) -> u32 {
        self.get(attribute).map_or(0, |datum| datum.value() as u32)
    }

    /// An attribute of type `bool`.
    pub fn bool(&self, attribute: i16) -> bool {
        self.get(attribute).is_some_and(|datum| datum.value() & 0xFF != 0)
    }

    /// The fixed part of the row.
    pub(super) fn form<T>(&self) -> *const T {
        // SAFETY: the tuple is pinned while self lives.
        unsafe { pg_sys::GETSTRUCT(self.tuple).cast::<T>().cast_const() }
    }
}

impl Drop for CacheRow {
    fn drop(&mut self) {
        // SAFETY: pinned in `by_oid`, released once, before any abort could have done it: Rust unwinds first.
        unsafe { pg_sys::ReleaseSysCache(self.tuple) };
    }
}
