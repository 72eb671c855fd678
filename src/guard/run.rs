//! Step 5: running what was proven, read-only and within the limits, row by row.

use std::ffi::CString;

use super::{Active, Limits, Proven, Reason, Refusal, functions, role};
use crate::pg::attempt::{self, OnSuccess};
use crate::pg::execute::{self, Row};
use crate::pg::memory::OwnedContext;
use crate::pg::session::{self, GucNest};
use crate::pg::timeout::Deadline;
use crate::pg::tuplestore::{JsonStore, RecordStore};

/// Whether a sink wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Continue,
    Stop,
}

/// Takes the rows of a run, one at a time.
pub trait RowSink {
    fn row(&mut self, row: &RowView<'_>) -> Flow;
}

/// One row, valid while the sink looks at it.
pub struct RowView<'a>(&'a Row<'a>);

impl RowView<'_> {
    /// The row as `row_to_json` writes it: keys in column order, duplicates kept.
    pub fn json_text(&self) -> String {
        self.0.json_text()
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// A column's value through its type's output function; none for NULL or past the last column.
    pub fn text(&self, column: usize) -> Option<String> {
        self.0.text(column)
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOutcome {
    pub rows: i64,
    /// True when `max_rows` cut the answer (a NOTICE has been sent).
    pub truncated: bool,
}

/// The tuplestore of a set-returning function takes each row as one json value.
impl RowSink for JsonStore {
    fn row(&mut self, row: &RowView<'_>) -> Flow {
        self.put(row.0);
        Flow::Continue
    }
}

/// Each row with the columns of the set-returning function's caller.
impl RowSink for RecordStore {
    fn row(&mut self, row: &RowView<'_>) -> Flow {
        self.put(row.0);
        Flow::Continue
    }
}

/// All values as text.
struct Texts(Vec<Vec<Option<String>>>);

impl RowSink for Texts {
    fn row(&mut self, row: &RowView<'_>) -> Flow {
        self.0.push((0..row.width()).map(|column| row.text(column)).collect());
        Flow::Continue
    }
}

pub(super) fn run(proven: Proven, limits: &Limits, sink: &mut dyn RowSink) -> Result<RunOutcome, Refusal> {
    let _active = Active::begin()?;
    let deadline = Deadline::start(limits.timeout_ms);
    let _watch = functions::watch(limits);
    let had_transaction_id = session::has_transaction_id();
    let memory = OwnedContext::new(c"nl_query run");
    let outcome = attempt::run(OnSuccess::Keep, &memory, &deadline, Reason::of_execution_error, || {
        let role = role::enter(limits)?;
        session::make_read_only();
        let settings = narrow_settings(limits);
        let outcome = stream(&proven, limits.max_rows, sink);
        if !had_transaction_id && session::has_transaction_id() {
            return Err(Refusal::new(Reason::ReadOnly, "statement took a transaction id").with_detail("It was undone."));
        }
        settings.end();
        if let Some(role) = role {
            role.end();
        }
        Ok(outcome)
    })?;
    drop(deadline);
    if outcome.truncated {
        pgrx::notice!("only the first {} rows are shown (nl_query.max_rows)", outcome.rows);
    }
    Ok(outcome)
}

fn stream(proven: &Proven, max_rows: i64, sink: &mut dyn RowSink) -> RunOutcome {
    let mut outcome = RunOutcome { rows: 0, truncated: false };
    execute::execute(&proven.planned, &mut |row| {
        if max_rows > 0 && outcome.rows >= max_rows {
            outcome.truncated = true;
            return false;
        }
        outcome.rows += 1;
        sink.row(&RowView(row)) == Flow::Continue
    });
    outcome
}

/// The limits of memory and files where they are stricter than the session's. Ends with the nest or the attempt.
fn narrow_settings(limits: &Limits) -> GucNest {
    let nest = GucNest::begin();
    if limits.work_mem_kb > 0 && limits.work_mem_kb < session::work_mem_kb() {
        set_number(&nest, c"work_mem", limits.work_mem_kb);
    }
    let temp_files = session::temp_file_limit_kb();
    if limits.temp_file_limit_kb > 0 && (temp_files < 0 || limits.temp_file_limit_kb < temp_files) {
        set_number(&nest, c"temp_file_limit", limits.temp_file_limit_kb);
    }
    nest
}

fn set_number(nest: &GucNest, name: &core::ffi::CStr, value: i32) {
    if let Ok(text) = CString::new(value.to_string()) {
        nest.set(name, &text);
    }
}

/// Proves and runs a small internal read and gives its values as text.
pub fn run_texts(sql: &str, limits: &Limits) -> Result<Vec<Vec<Option<String>>>, Refusal> {
    let mut texts = Texts(Vec::new());
    super::prove(sql, limits)?.run(limits, &mut texts)?;
    Ok(texts.0)
}
