//! The guard: the one place that proves a statement, whoever wrote it, and the one place that runs what was proven.
//!
//! [`prove`] takes text and gives a [`Proven`] statement or a [`Refusal`]; [`Proven::run`] runs that very plan. Text is parsed once:
//! nothing here or behind it looks at the text a second time. Every engine, every cache hit, every remembered example and every
//! expansion passes here.
//!
//! Everything happens in the caller's backend, transaction and privileges (or those of `nl_query.run_as`), inside an internal
//! subtransaction: a refusal leaves no lock, no transaction id and no open resource behind. The guard reads no setting itself; the
//! caller brings [`Limits`]. It must not know about questions, engines or caches.

mod bombs;
mod functions;
#[cfg(any(test, feature = "pg_test"))]
mod in_backend;
mod names;
mod nearest;
mod plan;
mod role;
mod run;
mod shape;

use std::cell::Cell;
use std::ffi::CString;
use std::rc::Rc;

pub use nl_query_core::refusal::{Reason, Refusal};
use serde::Serialize;

use crate::pg::attempt::{self, OnSuccess};
use crate::pg::memory::OwnedContext;
use crate::pg::plan::Planned;
use crate::pg::session::{self, Snapshot};
use crate::pg::timeout::Deadline;
use crate::pg::{parse, walk};

pub use crate::pg::tuplestore::{JsonStore, RecordStore};
pub use role::as_answering_role;
pub use run::{Flow, RowSink, RowView, RunOutcome, run_texts};

/// What the caller's settings allow. `0` in a number means "no limit".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limits {
    /// `nl_query.max_rows`: the run stops after so many rows, with a NOTICE.
    pub max_rows: i64,
    /// `nl_query.execution_timeout`, over proof and run each, in ms.
    pub timeout_ms: i32,
    /// `nl_query.max_plan_cost`, in the planner's units.
    pub max_plan_cost: f64,
    /// `nl_query.max_plan_rows`.
    pub max_plan_rows: f64,
    /// `nl_query.allow_catalogs`.
    pub allow_catalogs: bool,
    /// `nl_query.allow_foreign_tables`.
    pub allow_foreign_tables: bool,
    /// `nl_query.trusted_function_owners`: roles whose functions are believed, beside superusers.
    pub trusted_function_owners: Vec<String>,
    /// `nl_query.run_as`: the role the statement is proven and run as; none is the caller.
    pub run_as: Option<String>,
    /// `nl_query.work_mem` in kB; applied only where it is stricter than the session's.
    pub work_mem_kb: i32,
    /// `nl_query.temp_file_limit` in kB; applied only where it is stricter than the session's.
    pub temp_file_limit_kb: i32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_rows: 10_000,
            timeout_ms: 30_000,
            max_plan_cost: 0.0,
            max_plan_rows: 0.0,
            allow_catalogs: false,
            allow_foreign_tables: false,
            trusted_function_owners: Vec::new(),
            run_as: None,
            work_mem_kb: 0,
            temp_file_limit_kb: 0,
        }
    }
}

/// A column of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: String,
    /// OID of the type.
    pub type_oid: u32,
    pub typmod: i32,
}

/// What a proof found out about a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub plan_cost: f64,
    pub plan_rows: f64,
    pub columns: Vec<OutputColumn>,
    /// OIDs of the relations read, views and what stands behind them included; ascending.
    pub relations: Vec<u32>,
    /// 0 where query identifiers are not computed.
    pub query_id: u64,
}

/// A statement that passed every check, with the plan that was checked. Holds its locks until the transaction ends.
pub struct Proven {
    sql: String,
    verdict: Verdict,
    planned: Planned,
}

/// Proves `sql` for the current user. Keeps the locks of the relations read, so that what was proven is what [`Proven::run`] runs.
pub fn prove(sql: &str, limits: &Limits) -> Result<Proven, Refusal> {
    let (verdict, planned) = prove_then(OnSuccess::Keep, sql, limits)?;
    Ok(Proven { sql: sql.to_owned(), verdict, planned })
}

/// Proves `sql` like [`prove`] and gives every lock back: for showing SQL, for caches, for `nl_prove`.
pub fn check(sql: &str, limits: &Limits) -> Result<Verdict, Refusal> {
    prove_then(OnSuccess::Undo, sql, limits).map(|(verdict, _)| verdict)
}

/// Puts the guard's hooks and its label provider in place. Call once, from `_PG_init`.
pub fn install() {
    crate::pg::watch::install();
    crate::pg::labels::install();
}

/// True while the guard proves or runs a statement: our own hooks leave the statements they see alone then.
pub fn in_progress() -> bool {
    ACTIVE.get()
}

thread_local! {
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// Marks the guard as busy; ends with the value, also while unwinding.
struct Active;

impl Active {
    /// A statement under the guard cannot start another: nothing it may call leads back here, and this makes sure of it.
    fn begin() -> Result<Active, Refusal> {
        if ACTIVE.replace(true) {
            return Err(Refusal::new(Reason::Nested, "nl_query may not be used inside an answer"));
        }
        Ok(Active)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        ACTIVE.set(false);
    }
}

fn prove_then(on_success: OnSuccess, sql: &str, limits: &Limits) -> Result<(Verdict, Planned), Refusal> {
    let text = shape::check_text(sql)?;
    let _active = Active::begin()?;
    steps(on_success, text, limits).map_err(|refusal| nearest::improve(refusal, sql, limits))
}

/// Steps 1 to 4.
fn steps(on_success: OnSuccess, text: CString, limits: &Limits) -> Result<(Verdict, Planned), Refusal> {
    let deadline = Deadline::start(limits.timeout_ms);
    let _watch = functions::watch(limits);
    let memory = Rc::new(OwnedContext::new(c"nl_query statement"));
    attempt::run(on_success, &memory, &deadline, Reason::of_analysis_error, || {
        let role = role::enter(limits)?;
        // Analysis and planning run functions of constants.
        session::make_read_only();
        let snapshot = Snapshot::push();
        let raw = parse::parse(text, Rc::clone(&memory));
        shape::check_raw(&raw)?;
        let analysed = raw.analyse();
        let query_id = analysed.query_id();
        shape::check_tree(&walk::facts(&analysed))?;
        let Some(rewritten) = analysed.rewrite() else {
            return Err(Refusal::new(Reason::NotSelect, "a rule turns the statement into something else"));
        };
        let facts = walk::facts(&rewritten);
        shape::check_tree(&facts)?;
        names::check(&facts, limits)?;
        let all_built_in = functions::check(&facts, limits)?;
        walk::check_permissions(&rewritten);
        bombs::check(&rewritten)?;
        // Parallel workers do not carry the guard's watch on functions, so they get built-in functions only.
        let planned = crate::pg::plan::plan(rewritten, all_built_in);
        names::check_children(&planned.relations(), &facts)?;
        plan::check(&planned, limits)?;
        snapshot.pop();
        if let Some(role) = role {
            role.end();
        }
        Ok((verdict_of(&planned, &facts, query_id), planned))
    })
}

fn verdict_of(planned: &Planned, facts: &walk::Facts, query_id: u64) -> Verdict {
    let (plan_cost, plan_rows) = planned.totals();
    let columns = planned
        .columns()
        .into_iter()
        .map(|column| OutputColumn { name: column.name, type_oid: column.type_oid, typmod: column.typmod })
        .collect();
    Verdict { plan_cost, plan_rows, columns, relations: facts.relations.keys().copied().collect(), query_id }
}

impl Proven {
    /// The statement as it was proven.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    pub fn plan_cost(&self) -> f64 {
        self.verdict.plan_cost
    }

    pub fn plan_rows(&self) -> f64 {
        self.verdict.plan_rows
    }

    pub fn columns(&self) -> &[OutputColumn] {
        &self.verdict.columns
    }

    pub fn relations(&self) -> &[u32] {
        &self.verdict.relations
    }

    pub fn query_id(&self) -> u64 {
        self.verdict.query_id
    }

    /// Runs the plan that was proven: read-only, within the limits, row by row into `sink`.
    pub fn run(self, limits: &Limits, sink: &mut dyn RowSink) -> Result<RunOutcome, Refusal> {
        run::run(self, limits, sink)
    }
}
