//! A set-returning function's answer, written row by row into a tuplestore ("materialise mode"): rows beyond work_mem go to disk
//! and never stand in memory twice.

use pgrx::IntoDatum;
use pgrx::pg_sys;

/// The answer of the set-returning function that is being called.
pub struct RowStore {
    store: *mut pg_sys::Tuplestorestate,
    descriptor: pg_sys::TupleDesc,
}

impl RowStore {
    /// Opens the answer of the call `fcinfo`; none when the caller cannot take a set (which the parser does not let happen).
    ///
    /// # Safety
    ///
    /// `fcinfo` is what PostgreSQL called a set-returning C function with, and the call has not returned yet.
    pub unsafe fn open(fcinfo: pg_sys::FunctionCallInfo) -> Option<RowStore> {
        // SAFETY: PostgreSQL passes a ReturnSetInfo node, or null or another node, in resultinfo; the node is checked.
        let result = unsafe { (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>().as_mut() }?;
        let materialize = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
        if result.type_ != pg_sys::NodeTag::T_ReturnSetInfo || result.allowedModes as u32 & materialize == 0 {
            return None;
        }
        let random = result.allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random != 0;
        // SAFETY: econtext and expectedDesc are set by the executor for every set-returning call; store and descriptor must
        // outlive this call and therefore go to the query's memory context.
        unsafe {
            let previous = pg_sys::MemoryContextSwitchTo((*result.econtext).ecxt_per_query_memory);
            let descriptor = pg_sys::CreateTupleDescCopy(result.expectedDesc);
            let store = pg_sys::tuplestore_begin_heap(random, false, pg_sys::work_mem);
            pg_sys::MemoryContextSwitchTo(previous);
            result.returnMode = materialize;
            result.setResult = store;
            result.setDesc = descriptor;
            Some(RowStore { store, descriptor })
        }
    }

    /// Appends a row with one column of a text-like type.
    pub fn put_text(&mut self, value: &str) {
        let Some(datum) = value.into_datum() else { return };
        let (mut datum, mut is_null) = (datum, false);
        // SAFETY: the descriptor has one column of a varlena type that stores text as it is (text, json); the store copies the
        // row, after which the datum, allocated in the current context, can go.
        unsafe {
            pg_sys::tuplestore_putvalues(self.store, self.descriptor, &mut datum, &mut is_null);
            pg_sys::pfree(datum.cast_mut_ptr());
        }
    }
}
