//! The life of a request on its way to a worker and back, as plain data.
//!
//! ```text
//!           acquire         submit         take          answer          collect          release
//!   Free ───────────► Filling ────► Queued ────► Taken ─────────► Answered ────────► Reading ────► Free
//!                        │            │            │                   │                │
//!                        └── abandon ─┴────► Free  └─► Abandoned       └──► Free ◄──────┘
//!                                                        │ answer: thrown away
//!                                                        └──────────────────────────────► Free
//! ```
//!
//! A slot belongs to one request from `acquire` to `Free`, and its generation names that request. Its bytes belong to one party at a
//! time: to the owner while `Filling` and `Reading`, to the worker while `Taken` and `Abandoned`, to nobody else ever. So a reply that
//! comes late finds either its own request or nothing, and never the next owner's. A slot that a worker still writes to is not free
//! before the worker has let go of it.
//!
//! Everything lives in shared memory under one lock of the caller's; nothing here waits. All bytes zero is the empty queue. Moments
//! are in milliseconds on a clock that never goes back.

mod slot;

pub use slot::{Claim, Left, Outcome, Priority, Slot, State, Ticket};

/// Workers that a request may lose before it is given up. It may be what kills them.
const TRIES: u32 = 2;
/// Servers that can be found busy in one search.
const BUSY: usize = 16;

/// What is known when a request is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Who will wait for it; not 0.
    pub owner: u64,
    /// Which server it is for.
    pub server: u32,
    /// When nobody waits for it any more, in milliseconds.
    pub deadline: u64,
}

/// Why no slot is to be had. None of it passes by waiting here: the caller tells its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Every slot is taken.
    Slots,
    /// As many wait as may.
    Waiting,
    /// The last quarter is kept for sessions.
    Batch,
}

/// What an owner finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is not done yet; until when it may take is said.
    NotYet { deadline: u64 },
    /// The slot's bytes may be read if the outcome is an answer, and it must be released.
    Done(Outcome),
    /// It is not this owner's, or not any more.
    Gone,
}

/// What became of a worker's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// This owner has to be woken; 0 while nobody owns it.
    To(u64),
    /// Nobody waited any more.
    ThrownAway,
    /// The claim is not valid any more: nothing was touched.
    Stale,
}

/// What all slots share.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    order: u64,
}

/// The queue, over memory that somebody else owns and has locked.
#[derive(Debug)]
pub struct Queue<'a> {
    head: &'a mut Head,
    slots: &'a mut [Slot],
    /// Requests that may wait for a worker at a time.
    most_waiting: usize,
}

impl<'a> Queue<'a> {
    /// `most_waiting` bounds those that are not taken yet.
    pub fn new(head: &'a mut Head, slots: &'a mut [Slot], most_waiting: usize) -> Queue<'a> {
        Queue { head, slots, most_waiting }
    }

    /// A slot for a new request, whose bytes the owner now writes.
    pub fn acquire(&mut self, owner: u64, priority: Priority) -> Result<Ticket, Full> {
        let count = |states: &[State]| self.slots.iter().filter(|slot| states.contains(&slot.state)).count();
        let free = count(&[State::Free]);
        if count(&[State::Filling, State::Queued]) >= self.most_waiting {
            return Err(Full::Waiting);
        }
        if priority == Priority::Batch && free <= self.slots.len() / 4 {
            return Err(Full::Batch);
        }
        let place = self.slots.iter().position(|slot| slot.state == State::Free).ok_or(Full::Slots)?;
        let generation = self.slots[place].generation.wrapping_add(1);
        self.slots[place] = Slot { state: State::Filling, priority, generation, owner, ..Slot::default() };
        Ok(Ticket { slot: place as u32, _unused: 0, generation })
    }

    /// The request is written: workers may take it. False if it was not this owner's to submit.
    pub fn submit(&mut self, ticket: Ticket, me: u64, order: Order, now: u64) -> bool {
        self.head.order += 1;
        let number = self.head.order;
        let Some(slot) = self.owned(ticket, me) else { return false };
        if slot.state != State::Filling {
            return false;
        }
        slot.state = State::Queued;
        (slot.owner, slot.server, slot.deadline) = (order.owner, order.server, order.deadline);
        (slot.queued_at, slot.order) = (now, number);
        true
    }

    /// The next request for a worker that may have `capacity` calls under way. Interactive ones go first, then the older; those of a
    /// server that has `concurrency` calls under way stay where they are, and so do those whose time is over ([`Queue::expire`] is for
    /// them). Of the calls of a worker and of a server, a part is kept for sessions: batches whose calls hang do not stop them.
    pub fn take(&mut self, worker: u64, now: u64, capacity: u32, concurrency: impl Fn(u32) -> u32) -> Option<Claim> {
        let takes_batches = self.batches(|slot| slot.worker == worker) < most_batches(capacity);
        // Servers that are busy, for batches or for all.
        let mut busy = [(0u32, Priority::Interactive); BUSY];
        let mut found_busy = 0;
        loop {
            let is_busy = |slot: &Slot| {
                let is_it = |(server, whom)| server == slot.server && (whom == Priority::Interactive || whom == slot.priority);
                busy[..found_busy].iter().any(|found| is_it(*found))
            };
            let is_open = |slot: &Slot| {
                let may = takes_batches || slot.priority == Priority::Interactive;
                slot.state == State::Queued && now < slot.deadline && may && !is_busy(slot)
            };
            let waiting = self.slots.iter().enumerate().filter(|(_, slot)| is_open(slot));
            let (place, slot) = waiting.min_by_key(|(_, slot)| slot.rank())?;
            let (server, priority, most) = (slot.server, slot.priority, concurrency(slot.server));
            let is_full = self.running(server) >= most;
            let is_full_of_batches =
                priority == Priority::Batch && self.batches(|slot| slot.server == server) >= most_batches(most);
            if !is_full && !is_full_of_batches {
                let slot = &mut self.slots[place];
                slot.state = State::Taken;
                slot.worker = worker;
                slot.takes += 1;
                return Some(Claim { slot: place as u32, take: slot.takes, generation: slot.generation, worker });
            }
            *busy.get_mut(found_busy)? = (server, if is_full { Priority::Interactive } else { Priority::Batch });
            found_busy += 1;
        }
    }

    /// Calls of batches that are under way, of those that are such ones.
    fn batches(&self, is_such: impl Fn(&Slot) -> bool) -> u32 {
        let is_running = |slot: &&Slot| {
            slot.priority == Priority::Batch && matches!(slot.state, State::Taken | State::Abandoned) && is_such(slot)
        };
        self.slots.iter().filter(is_running).count() as u32
    }

    /// Calls to a server that are under way, those included that nobody waits for.
    pub fn running(&self, server: u32) -> u32 {
        let is_running = |slot: &&Slot| slot.server == server && matches!(slot.state, State::Taken | State::Abandoned);
        self.slots.iter().filter(is_running).count() as u32
    }

    /// Whether the slot's bytes are this worker's to read and write.
    pub fn holds(&self, claim: Claim) -> bool {
        self.claimed(claim).is_some()
    }

    /// Until when somebody waits for what this worker does; none when nobody does any more and it had better stop.
    pub fn wanted_until(&self, claim: Claim) -> Option<u64> {
        self.claimed(claim).filter(|slot| slot.state == State::Taken).map(|slot| slot.deadline)
    }

    /// The worker wrote its answer and lets go of the slot.
    pub fn answer(&mut self, claim: Claim, now: u64) -> Delivered {
        if self.claimed(claim).is_none() {
            return Delivered::Stale;
        }
        let slot = &mut self.slots[claim.slot as usize];
        if slot.state == State::Abandoned {
            slot.free();
            return Delivered::ThrownAway;
        }
        slot.finish(Outcome::Answer, now);
        Delivered::To(slot.owner)
    }

    /// The owner looks for its answer. Once it is found done, the owner reads it and calls [`Queue::release`].
    pub fn collect(&mut self, ticket: Ticket, me: u64) -> Found {
        self.collect_as(ticket, me, me)
    }

    /// Somebody collects in the name of an owner that is no process: a question that was submitted without waiting.
    pub fn collect_as(&mut self, ticket: Ticket, owner: u64, reader: u64) -> Found {
        let Some(slot) = self.owned(ticket, owner) else { return Found::Gone };
        match slot.state {
            State::Answered => {
                slot.state = State::Reading;
                slot.reader = reader;
                Found::Done(slot.outcome)
            }
            State::Queued | State::Taken => Found::NotYet { deadline: slot.deadline },
            // Reading: another reader was faster.
            State::Filling | State::Reading | State::Abandoned | State::Free => Found::Gone,
        }
    }

    /// The reader has read. False if it was not reading.
    pub fn release(&mut self, ticket: Ticket, reader: u64) -> bool {
        match self.named(ticket) {
            Some(slot) if slot.state == State::Reading && slot.reader == reader => {
                slot.free();
                true
            }
            _ => false,
        }
    }

    /// The owner does not wait any longer, whatever the reason.
    pub fn abandon(&mut self, ticket: Ticket, me: u64) -> Left {
        if self.release(ticket, me) {
            return Left::Freed;
        }
        match self.owned(ticket, me) {
            Some(slot) => slot.abandon(),
            None => Left::NotYours,
        }
    }

    /// The owner goes and leaves the request to whoever adopts it.
    pub fn leave_to_heirs(&mut self, ticket: Ticket, me: u64) -> bool {
        match self.owned(ticket, me) {
            Some(slot) if matches!(slot.state, State::Queued | State::Taken | State::Answered) => {
                slot.owner = 0;
                true
            }
            _ => false,
        }
    }

    /// Takes over a request that was left, with at least the new owner's time. False if there is nothing to take over.
    pub fn adopt(&mut self, ticket: Ticket, me: u64, deadline: u64) -> bool {
        match self.owned(ticket, 0) {
            Some(slot) if matches!(slot.state, State::Queued | State::Taken | State::Answered) => {
                slot.owner = me;
                slot.deadline = slot.deadline.max(deadline);
                true
            }
            _ => false,
        }
    }

    /// Ends what has waited too long. `wake` is told the owners that have something to collect.
    pub fn expire(&mut self, now: u64, mut wake: impl FnMut(u64)) {
        for slot in self.slots.iter_mut() {
            match slot.state {
                State::Queued if now >= slot.deadline => slot.finish_for_owner(Outcome::Expired, now, &mut wake),
                State::Taken if now >= slot.deadline && slot.owner == 0 => slot.state = State::Abandoned,
                State::Answered if now >= slot.kept_until => slot.free(),
                _ => {}
            }
        }
    }

    /// The next moment at which [`Queue::expire`] will have something to do.
    pub fn next_expiry(&self) -> Option<u64> {
        let moment = |slot: &Slot| match slot.state {
            State::Queued => Some(slot.deadline),
            State::Taken if slot.owner == 0 => Some(slot.deadline),
            State::Answered => Some(slot.kept_until),
            _ => None,
        };
        self.slots.iter().filter_map(moment).min()
    }

    /// A worker is gone, and nothing of it can write to a slot any more. What it did is queued again, once; after that it is given up.
    pub fn worker_gone(&mut self, worker: u64, now: u64, mut wake: impl FnMut(u64)) {
        for slot in self.slots.iter_mut().filter(|slot| slot.worker == worker) {
            match slot.state {
                State::Taken if slot.takes < TRIES && now < slot.deadline => {
                    slot.state = State::Queued;
                    slot.worker = 0;
                }
                State::Taken => slot.finish_for_owner(Outcome::WorkerLost, now, &mut wake),
                State::Abandoned => slot.free(),
                _ => {}
            }
        }
    }

    /// There is no worker, and none will come soon: nobody need wait.
    pub fn no_worker(&mut self, now: u64, mut wake: impl FnMut(u64)) {
        for slot in self.slots.iter_mut().filter(|slot| slot.state == State::Queued) {
            slot.finish_for_owner(Outcome::NoWorker, now, &mut wake);
        }
    }

    /// A process is gone that may have owned or read any number of slots. `stop` is told the workers that had better stop.
    pub fn owner_gone(&mut self, who: u64, mut stop: impl FnMut(u64)) {
        for slot in self.slots.iter_mut() {
            if slot.state == State::Reading {
                if slot.reader == who {
                    slot.free();
                }
            } else if slot.owner == who
                && let Left::Running { worker } = slot.abandon()
            {
                stop(worker);
            }
        }
    }

    /// The slot at a place, to look at.
    pub fn slot(&self, place: usize) -> Option<&Slot> {
        self.slots.get(place)
    }

    /// The place of a request, while it is that request's.
    pub fn place(&self, ticket: Ticket) -> Option<usize> {
        let place = ticket.slot as usize;
        let slot = self.slots.get(place)?;
        (slot.generation == ticket.generation && slot.state != State::Free).then_some(place)
    }

    /// Requests to a server that wait for a worker.
    pub fn waiting(&self, server: u32) -> u32 {
        self.slots.iter().filter(|slot| slot.server == server && slot.state == State::Queued).count() as u32
    }

    /// Slots in a state, for the views.
    pub fn count(&self, state: State) -> usize {
        self.slots.iter().filter(|slot| slot.state == state).count()
    }

    fn named(&mut self, ticket: Ticket) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(ticket.slot as usize)?;
        (slot.generation == ticket.generation && slot.state != State::Free).then_some(slot)
    }

    /// The slot of a ticket while this owner is the one who waits for it.
    fn owned(&mut self, ticket: Ticket, owner: u64) -> Option<&mut Slot> {
        self.named(ticket).filter(|slot| slot.owner == owner && slot.state != State::Abandoned)
    }

    fn claimed(&self, claim: Claim) -> Option<&Slot> {
        let slot = self.slots.get(claim.slot as usize)?;
        let is_it = (slot.generation, slot.worker, slot.takes) == (claim.generation, claim.worker, claim.take);
        (is_it && matches!(slot.state, State::Taken | State::Abandoned)).then_some(slot)
    }
}

/// How many of so many calls batches may have: a quarter is kept for sessions, where there are as many as four.
fn most_batches(calls: u32) -> u32 {
    calls - calls / 4
}

#[cfg(test)]
mod tests;
