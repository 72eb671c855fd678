//! The result of a set-returning function in materialise mode: rows go into the tuplestore that the caller reads, and nowhere else.

use pgrx::pg_sys;

use super::execute::Row;

/// A tuplestore of one `json` column, already handed to the caller of the SQL function.
pub struct JsonStore {
    store: *mut pg_sys::Tuplestorestate,
    row: pg_sys::TupleDesc,
}

impl JsonStore {
    /// Sets the function's result up. None when the caller does not take a set in this form.
    ///
    /// # Safety
    /// `fcinfo` is the argument of the SQL function that is running, declared `RETURNS SETOF json`; it returns NULL afterwards.
    pub unsafe fn begin(fcinfo: pg_sys::FunctionCallInfo) -> Option<JsonStore> {
        // SAFETY: as the caller says; the result information is checked before use; store and descriptor are made in the
        // context that the executor keeps for them.
        unsafe {
            let result = (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>();
            let result = result.as_mut().filter(|result| result.type_ == pg_sys::NodeTag::T_ReturnSetInfo)?;
            if result.allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize == 0 {
                return None;
            }
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = (*result.econtext).ecxt_per_query_memory;
            let row = pg_sys::CreateTemplateTupleDesc(1);
            pg_sys::TupleDescInitEntry(row, 1, c"nl_query".as_ptr(), pg_sys::JSONOID, -1, 0);
            let random = result.allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random != 0;
            let store = pg_sys::tuplestore_begin_heap(random, false, pg_sys::work_mem);
            pg_sys::CurrentMemoryContext = before;
            result.returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
            result.setResult = store;
            result.setDesc = row;
            Some(JsonStore { store, row })
        }
    }

    /// Appends a row as JSON.
    pub fn put(&mut self, row: &Row<'_>) {
        let mut value = row.json_datum();
        let mut null = false;
        // SAFETY: one value and one null flag for a descriptor of one column; the store copies them.
        unsafe { pg_sys::tuplestore_putvalues(self.store, self.row, &raw mut value, &raw mut null) };
    }
}
