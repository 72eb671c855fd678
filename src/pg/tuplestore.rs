//! The result of a set-returning function in materialise mode: rows go into the tuplestore that the caller reads, and nowhere else.

use pgrx::pg_sys;

use super::execute::Row;
use super::splice::Column;

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
            let result = wanted_result(fcinfo)?;
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = (*result.econtext).ecxt_per_query_memory;
            let row = pg_sys::CreateTemplateTupleDesc(1);
            pg_sys::TupleDescInitEntry(row, 1, c"nl_query".as_ptr(), pg_sys::JSONOID, -1, 0);
            let store = hand_over(result, row);
            pg_sys::CurrentMemoryContext = before;
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

/// A tuplestore of rows with the columns that the caller wants, already handed to the caller of the SQL function.
pub struct RecordStore {
    store: *mut pg_sys::Tuplestorestate,
    row: pg_sys::TupleDesc,
    columns: Vec<Column>,
}

impl RecordStore {
    /// Sets the function's result up. None when the caller does not take a set in this form, or does not say which columns.
    ///
    /// # Safety
    /// `fcinfo` is the argument of the SQL function that is running, declared `RETURNS SETOF record`; it returns NULL afterwards.
    pub unsafe fn begin(fcinfo: pg_sys::FunctionCallInfo) -> Option<RecordStore> {
        // SAFETY: as in `JsonStore::begin`; the descriptor is the executor's, a copy of it is ours.
        unsafe {
            let result = wanted_result(fcinfo)?;
            if result.expectedDesc.is_null() {
                return None;
            }
            let before = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = (*result.econtext).ecxt_per_query_memory;
            let row = pg_sys::CreateTupleDescCopy(result.expectedDesc);
            let store = hand_over(result, row);
            pg_sys::CurrentMemoryContext = before;
            Some(RecordStore { store, row, columns: columns_of(row) })
        }
    }

    /// What the caller's column definition list says.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Appends a row whose columns have the types of the caller's; lengths and scales are applied here.
    pub fn put(&mut self, row: &Row<'_>) {
        let (values, nulls) = row.values();
        let (mut values, mut nulls) = (values.to_vec(), nulls.to_vec());
        for (place, column) in self.columns.iter().enumerate().filter(|(_, column)| column.typmod >= 0) {
            if let Some(text) = row.text(place) {
                values[place] = input(&text, column);
            }
        }
        // SAFETY: as many values and flags as the descriptor has columns: the answer was made with that list; the store copies them.
        unsafe { pg_sys::tuplestore_putvalues(self.store, self.row, values.as_mut_ptr(), nulls.as_mut_ptr()) };
    }
}

/// A value of a column's type with its modifier, as the type reads it: too long is an error, as when it is stored.
fn input(text: &str, column: &Column) -> pg_sys::Datum {
    let text = std::ffi::CString::new(text).unwrap_or_default();
    let (mut function, mut parameter) = (pg_sys::Oid::INVALID, pg_sys::Oid::INVALID);
    // SAFETY: lookups by OID into this frame; the function takes a NUL-terminated text.
    unsafe {
        pg_sys::getTypeInputInfo(pg_sys::Oid::from(column.type_oid), &raw mut function, &raw mut parameter);
        pg_sys::OidInputFunctionCall(function, text.as_ptr().cast_mut(), parameter, column.typmod)
    }
}

/// # Safety
/// `row` is a complete descriptor.
unsafe fn columns_of(row: pg_sys::TupleDesc) -> Vec<Column> {
    // SAFETY: as the caller says; attributes are numbered from 0 to natts.
    unsafe {
        let count = usize::try_from((*row).natts).unwrap_or(0);
        let attribute = |place: usize| &*super::compat::attribute(row, place);
        let column = |attribute: &pg_sys::FormData_pg_attribute| Column {
            name: super::proc::name_text(&attribute.attname),
            type_oid: attribute.atttypid.to_u32(),
            typmod: attribute.atttypmod,
            collation: attribute.attcollation.to_u32(),
        };
        (0..count).map(attribute).map(column).collect()
    }
}

/// What the caller of a set-returning function takes; none when it does not take a tuplestore.
///
/// # Safety
/// `fcinfo` is the argument of the SQL function that is running.
unsafe fn wanted_result<'a>(fcinfo: pg_sys::FunctionCallInfo) -> Option<&'a mut pg_sys::ReturnSetInfo> {
    // SAFETY: as the caller says; the tag is checked before use.
    let result = unsafe { (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>().as_mut() };
    let result = result.filter(|result| result.type_ == pg_sys::NodeTag::T_ReturnSetInfo)?;
    (result.allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize != 0).then_some(result)
}

/// Makes the store in the current context and hands it to the caller of the SQL function.
///
/// # Safety
/// The current context and `row` live as long as the caller reads.
unsafe fn hand_over(result: &mut pg_sys::ReturnSetInfo, row: pg_sys::TupleDesc) -> *mut pg_sys::Tuplestorestate {
    let random = result.allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random != 0;
    // SAFETY: as the caller says.
    let store = unsafe { pg_sys::tuplestore_begin_heap(random, false, pg_sys::work_mem) };
    result.returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
    result.setResult = store;
    result.setDesc = row;
    store
}
