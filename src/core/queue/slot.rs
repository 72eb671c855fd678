//! One slot of the queue: its fields, and what it does by itself.

/// Milliseconds that an answer is kept for an owner who does not come.
const KEPT: u64 = 60_000;
/// Milliseconds that a batch's request waits before it counts like an interactive one: batches are slower, but never starve.
const PATIENCE: u64 = 10_000;
/// One request, or none.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    pub(super) state: State,
    pub(super) priority: Priority,
    /// Names the request; moves each time the slot is acquired.
    pub(super) generation: u64,
    /// Who waits for the answer; 0 between two owners.
    pub(super) owner: u64,
    /// Who reads the answer, while it is read.
    pub(super) reader: u64,
    /// Who does it, while it is done.
    pub(super) worker: u64,
    pub(super) queued_at: u64,
    pub(super) deadline: u64,
    /// Once answered: until when it is kept.
    pub(super) kept_until: u64,
    pub(super) order: u64,
    pub(super) server: u32,
    pub(super) outcome: Outcome,
    /// Times that a worker took it.
    pub(super) takes: u32,
    pub(super) _unused: u32,
}

/// Where a request stands.
#[repr(u32)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody's.
    #[default]
    Free = 0,
    /// The owner writes the request.
    Filling = 1,
    /// It waits for a worker.
    Queued = 2,
    /// A worker is busy with it.
    Taken = 3,
    /// Taken, and nobody waits for it any more.
    Abandoned = 4,
    /// It waits for its owner.
    Answered = 5,
    /// The owner reads the answer.
    Reading = 6,
}

/// Who waits.
#[repr(u32)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Priority {
    /// A session.
    #[default]
    Interactive = 0,
    /// A batch, or a question that was submitted without waiting.
    Batch = 1,
}

/// What became of a request.
#[repr(u32)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    #[default]
    None = 0,
    /// A worker wrote an answer into the slot, be it a failure.
    Answer = 1,
    /// No worker took it before its deadline.
    Expired = 2,
    /// The workers that took it are gone.
    WorkerLost = 3,
    /// There is no worker.
    NoWorker = 4,
}

/// The owner's hold on its request.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Position of the slot, and of its bytes.
    pub slot: u32,
    pub(super) _unused: u32,
    pub(super) generation: u64,
}

/// A worker's hold on a request.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Position of the slot, and of its bytes.
    pub slot: u32,
    pub(super) take: u32,
    pub(super) generation: u64,
    pub(super) worker: u64,
}

/// What an owner left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Freed,
    /// A worker that is still busy with it, and had better stop.
    Running { worker: u64 },
    /// It was not this owner's.
    NotYours,
}

impl Slot {
    /// Where the request stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Who waits for it; 0 between two owners.
    pub fn owner(&self) -> u64 {
        self.owner
    }

    /// What became of it, once it is answered.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The name of the request that has it.
    pub fn ticket(&self, place: usize) -> Ticket {
        Ticket { slot: place as u32, _unused: 0, generation: self.generation }
    }

    /// Smaller is sooner.
    pub(super) fn rank(&self) -> (u64, u64) {
        let patience = if self.priority == Priority::Batch { PATIENCE } else { 0 };
        (self.queued_at.saturating_add(patience), self.order)
    }

    /// The generation stays: it is what makes old tickets worthless.
    pub(super) fn free(&mut self) {
        *self = Slot { generation: self.generation, ..Slot::default() };
    }

    pub(super) fn finish(&mut self, outcome: Outcome, now: u64) {
        self.state = State::Answered;
        self.outcome = outcome;
        self.worker = 0;
        self.kept_until = now.max(self.deadline).saturating_add(KEPT);
    }

    pub(super) fn finish_for_owner(&mut self, outcome: Outcome, now: u64, wake: &mut impl FnMut(u64)) {
        if self.owner == 0 {
            self.free();
        } else {
            self.finish(outcome, now);
            wake(self.owner);
        }
    }

    /// For whoever owns it. While it is read, it is the reader's.
    pub(super) fn abandon(&mut self) -> Left {
        match self.state {
            State::Filling | State::Queued | State::Answered => {
                self.free();
                Left::Freed
            }
            State::Taken => {
                self.state = State::Abandoned;
                Left::Running { worker: self.worker }
            }
            State::Free | State::Abandoned | State::Reading => Left::NotYours,
        }
    }
}
