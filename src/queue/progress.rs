//! What each session is at, for `pg_stat_progress_nl_query`.

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

/// A question under way; shown until this is dropped. Inside another one's it changes nothing.
#[derive(Debug)]
pub struct Progress(());

impl Progress {
    pub fn begin(_role: u32) -> Progress {
        Progress(())
    }

    /// It is at this stage now, for this attempt (from 1).
    pub fn at(&self, _stage: Stage, _attempt: u32) {}
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
    Vec::new()
}
