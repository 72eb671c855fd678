//! What each session is at, for `pg_stat_progress_nl_query`.
//!
//! A row of atomics for each session, written by its session alone and without a lock: questions that need no model go through here as
//! well. A session takes a free row at its first question and keeps it until it ends. Where there is none, it is not shown.

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};

use super::{ending, memory};
use crate::pg::clock::now;
use crate::pg::shmem::shared_struct;
use crate::pg::viewpoint;

shared_struct! {
    /// One session; all zero is free.
    pub struct Shown {
        process: AtomicI32,
        database: AtomicU32,
        role: AtomicU32,
        /// Position of the stage plus one; 0 while nothing is asked.
        stage: AtomicU32,
        attempt: AtomicU32,
        _unused: AtomicU32,
        since: AtomicU64,
    }
}

/// A stage of a question that takes long enough to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the question by the embedded engine, and everything before a model is asked.
    Reading,
    /// Another session asks the same.
    Following,
    /// Its request waits for a worker.
    Queued,
    /// The model server has it.
    Provider,
    /// It will be asked again after a pause.
    Pausing,
    /// The answer is proven.
    Proving,
    /// The answer runs.
    Running,
}

impl Stage {
    pub const ALL: [Stage; 7] =
        [Stage::Reading, Stage::Following, Stage::Queued, Stage::Provider, Stage::Pausing, Stage::Proving, Stage::Running];

    /// The name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Reading => "reading",
            Stage::Following => "following",
            Stage::Queued => "queued",
            Stage::Provider => "provider",
            Stage::Pausing => "pausing",
            Stage::Proving => "proving",
            Stage::Running => "running",
        }
    }
}

thread_local! {
    /// This session's row.
    static OWN: Cell<Option<&'static Shown>> = const { Cell::new(None) };
}

/// A question under way; shown until this is dropped. Inside another one's it changes nothing.
pub struct Progress {
    row: Option<&'static Shown>,
}

impl Progress {
    /// A question of this role begins, at [`Stage::Reading`].
    pub fn begin(role: u32) -> Progress {
        let row = OWN.get().or_else(claim).filter(|row| row.stage.load(Relaxed) == 0);
        if let Some(row) = row {
            row.database.store(viewpoint::database(), Relaxed);
            row.role.store(role, Relaxed);
            row.since.store(now(), Relaxed);
        }
        let progress = Progress { row };
        progress.at(Stage::Reading, 1);
        progress
    }

    /// It is at this stage now, for this attempt (from 1).
    pub fn at(&self, stage: Stage, attempt: u32) {
        if let Some(row) = self.row {
            row.attempt.store(attempt, Relaxed);
            row.stage.store(stage as u32 + 1, Relaxed);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(row) = self.row {
            row.stage.store(0, Relaxed);
        }
    }
}

#[cold]
fn claim() -> Option<&'static Shown> {
    let process = viewpoint::process();
    let is_ours = |row: &&Shown| row.process.compare_exchange(0, process, Relaxed, Relaxed).is_ok();
    let row = memory::shown()?.iter().find(is_ours)?;
    ending::enlist();
    OWN.set(Some(row));
    Some(row)
}

/// Called when this process goes.
pub(super) fn leave() {
    if let Some(row) = OWN.take() {
        row.stage.store(0, Relaxed);
        row.process.store(0, Relaxed);
    }
}

/// The transaction is over, and so is every question: also one that an error jumped over.
pub(super) fn over() {
    if let Some(row) = OWN.get() {
        row.stage.store(0, Relaxed);
    }
}

/// A row of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub process: i32,
    pub database: u32,
    pub role: u32,
    pub stage: Stage,
    pub attempt: u32,
    /// Milliseconds since the question began.
    pub elapsed: u64,
}

/// Every question under way.
pub fn rows() -> Vec<Row> {
    let now = now();
    memory::shown().unwrap_or_default().iter().filter_map(|row| shown(row, now)).collect()
}

fn shown(row: &Shown, now: u64) -> Option<Row> {
    let stage = *Stage::ALL.get((row.stage.load(Relaxed) as usize).checked_sub(1)?)?;
    Some(Row {
        process: row.process.load(Relaxed),
        database: row.database.load(Relaxed),
        role: row.role.load(Relaxed),
        stage,
        attempt: row.attempt.load(Relaxed),
        elapsed: now.saturating_sub(row.since.load(Relaxed)),
    })
}
