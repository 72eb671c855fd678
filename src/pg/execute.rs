//! Running a plan with a receiver of our own, row by row.

use pgrx::pg_sys;

use super::compat;
use super::memory::OwnedContext;
use super::plan::Planned;
use super::session::Snapshot;

/// Takes rows; false ends the run.
pub type OnRow<'a> = &'a mut dyn FnMut(&Row<'_>) -> bool;

/// `row_to_json(record)`: built-in functions have fixed OIDs.
const ROW_TO_JSON: u32 = 3155;

/// One row in a slot, valid during one call of the receiver.
pub struct Row<'a> {
    slot: *mut pg_sys::TupleTableSlot,
    /// Descriptor of the answer, blessed.
    names: pg_sys::TupleDesc,
    /// Output function of each column.
    outputs: &'a [pg_sys::Oid],
}

impl Row<'_> {
    pub fn width(&self) -> usize {
        self.outputs.len()
    }

    /// A column's value through its type's output function; none for NULL and beyond the last column.
    pub fn text(&self, column: usize) -> Option<String> {
        let output = *self.outputs.get(column)?;
        self.deform(column + 1);
        // SAFETY: the attribute has been deformed; the output function's result is a palloc'ed text.
        unsafe {
            if *(*self.slot).tts_isnull.add(column) {
                return None;
            }
            Some(super::proc::text_or_empty(pg_sys::OidOutputFunctionCall(output, *(*self.slot).tts_values.add(column))))
        }
    }

    /// Makes the first `wanted` values of the slot readable.
    fn deform(&self, wanted: usize) {
        let wanted = i16::try_from(wanted).unwrap_or(i16::MAX);
        // SAFETY: the slot has as many attributes as the plan has output columns, at most 1664.
        unsafe {
            if (*self.slot).tts_nvalid < wanted {
                pg_sys::slot_getsomeattrs_int(self.slot, i32::from(wanted));
            }
        }
    }

    /// The row as `row_to_json` writes it, a `json` datum in the receiver's row context.
    pub fn json_datum(&self) -> pg_sys::Datum {
        // The slot's own descriptor may be a table's, whose names and type are not those of the answer.
        // SAFETY: all attributes are deformed first; the descriptor was blessed at start-up, so the composite value knows its type.
        unsafe {
            self.deform(self.width());
            let tuple = pg_sys::heap_form_tuple(self.names, (*self.slot).tts_values, (*self.slot).tts_isnull);
            let row = pg_sys::Datum::from((*tuple).t_data);
            pg_sys::OidFunctionCall1Coll(pg_sys::Oid::from(ROW_TO_JSON), pg_sys::Oid::INVALID, row)
        }
    }

    /// All values and their null flags, readable until the next row.
    pub(super) fn values(&self) -> (&[pg_sys::Datum], &[bool]) {
        self.deform(self.width());
        // SAFETY: all attributes are deformed; the slot's arrays are at least as long.
        unsafe {
            let slot = &*self.slot;
            let width = self.width();
            (core::slice::from_raw_parts(slot.tts_values, width), core::slice::from_raw_parts(slot.tts_isnull, width))
        }
    }

    /// The same as text.
    pub fn json_text(&self) -> String {
        let datum = self.json_datum();
        // SAFETY: json is a text varlena, made a moment ago.
        unsafe { super::proc::text_or_empty(pg_sys::text_to_cstring(datum.cast_mut_ptr())) }
    }
}

/// PostgreSQL sees the first field; our callbacks see the rest.
#[repr(C)]
struct Receiver<'a, 'b> {
    base: pg_sys::DestReceiver,
    on_row: OnRow<'a>,
    outputs: &'b [pg_sys::Oid],
    names: pg_sys::TupleDesc,
    row_context: &'b OwnedContext,
}

/// Runs a plan and hands its rows to `on_row`. Must be inside an [`super::attempt`]: after an error only the abort of the
/// subtransaction ends the executor.
pub fn execute(planned: &Planned, on_row: OnRow<'_>) {
    let row_context = OwnedContext::new(c"nl_query row");
    let outputs: Vec<pg_sys::Oid> = planned.columns().iter().map(|column| output_function(column.type_oid)).collect();
    let mut receiver = Receiver {
        base: pg_sys::DestReceiver {
            receiveSlot: Some(receive),
            rStartup: Some(start_up),
            rShutdown: Some(nothing),
            rDestroy: Some(nothing),
            mydest: pg_sys::CommandDest::DestNone,
        },
        on_row,
        outputs: &outputs,
        names: core::ptr::null_mut(),
        row_context: &row_context,
    };
    let snapshot = Snapshot::push();
    // SAFETY: the executor's four steps in their order, on a plan made in this transaction whose locks are held; `receiver`
    // outlives them; a snapshot is active.
    unsafe {
        let query = pg_sys::CreateQueryDesc(
            planned.statement(),
            planned.sql().as_ptr(),
            pg_sys::GetActiveSnapshot(),
            core::ptr::null_mut(),
            (&raw mut receiver).cast(),
            core::ptr::null_mut(),
            core::ptr::null_mut(),
            0,
        );
        pg_sys::ExecutorStart(query, 0);
        compat::executor_run(query);
        pg_sys::ExecutorFinish(query);
        pg_sys::ExecutorEnd(query);
        pg_sys::FreeQueryDesc(query);
    }
    snapshot.pop();
}

fn output_function(kind: u32) -> pg_sys::Oid {
    let (mut output, mut varlena) = (pg_sys::Oid::INVALID, false);
    // SAFETY: a lookup by OID; both pointers are to this frame.
    unsafe { pg_sys::getTypeOutputInfo(pg_sys::Oid::from(kind), &raw mut output, &raw mut varlena) };
    output
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn start_up(receiver: *mut pg_sys::DestReceiver, _operation: i32, row: pg_sys::TupleDesc) {
    // SAFETY: our receiver, and the descriptor of the answer, which lives as long as the query; a blessed one makes row values.
    unsafe { (*receiver.cast::<Receiver<'_, '_>>()).names = pg_sys::BlessTupleDesc(row) };
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn receive(slot: *mut pg_sys::TupleTableSlot, receiver: *mut pg_sys::DestReceiver) -> bool {
    // SAFETY: PostgreSQL hands back the receiver that `execute` gave it, alive on its frame.
    let receiver = unsafe { &mut *receiver.cast::<Receiver<'_, '_>>() };
    receiver.row_context.reset();
    let row = Row { slot, names: receiver.names, outputs: receiver.outputs };
    let _entered = receiver.row_context.enter();
    (receiver.on_row)(&row)
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn nothing(_receiver: *mut pg_sys::DestReceiver) {}
