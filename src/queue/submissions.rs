//! Questions that were submitted without waiting, until somebody fetches what became of them.
//!
//! A submission belongs to a role and a database, and to no process: it outlives its statement and its session. In the queue its request's
//! owner is a number that is no process's ([`is_owner`]). Once it is answered, the answer moves from the queue into the submission's row
//! at once, so that nobody's slot is held by an answer that nobody fetches. What the answer means, the session that looks at it finds out;
//! it stores the outcome. Rows that are over go after an hour, or sooner, the oldest first, when another needs the place.

use nl_query_core::queue::{Found, Full, Outcome, State as SlotState, Ticket};
use nl_query_core::wire::Answer;

use super::memory::Tables;
use super::parcel::{After, Piece, change, left, mind, now};
use super::{Request, Unsent, duty, ending};
use crate::pg::guarded::{Plain, plain_struct};
use crate::pg::latch::me;

/// Milliseconds that what is over is kept.
const KEPT: u64 = 3_600_000;
/// Set in the owner of a submission's request: no process id has it.
const OWNER: u64 = 1 << 63;

// Where a row stands.
const FREE: u32 = 0;
const WAITING: u32 = 1;
const ANSWERED: u32 = 2;
const LOST: u32 = 3;
const DONE: u32 = 4;
const CANCELLED: u32 = 5;

plain_struct! {
    /// A submission; all zero is a free row.
    pub struct Row {
        id: u64,
        role: u32,
        database: u32,
        state: u32,
        outcome: Outcome,
        ticket: Ticket,
        note: Piece,
        /// The answer, or the outcome.
        bytes: Piece,
        /// A session to be woken; 0 for none.
        watcher: u64,
        submitted_at: u64,
        changed_at: u64,
    }
}

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub role: u32,
    pub database: u32,
}

/// A submission as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub id: i64,
    /// What the service wrote down about it: the question, and whatever it needs to go on.
    pub note: Vec<u8>,
    /// Milliseconds since it was submitted, until it was over.
    pub elapsed: u64,
    pub state: State,
}

/// Where a submission stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Its request is under way; `taken` once a worker has it.
    Waiting { taken: bool },
    /// The server answered; nobody has looked what it means.
    Answered(Box<Answer>),
    /// There will be no answer.
    Lost(Outcome),
    /// The outcome, as the service stored it.
    Done(Vec<u8>),
    /// Its owner took it back.
    Cancelled,
}

/// Submits: the request goes on without this session.
pub fn submit(owner: Owner, note: &[u8], request: Request) -> Result<i64, Unsent> {
    let note = Piece::store(note).ok_or(Unsent::NoMemory)?;
    let ticket = request.ticket();
    let id = change(|tables, after| {
        let place = begin(tables, owner, note, after)?;
        hand_over(tables, place, ticket, after);
        Some(tables.submissions[place].id)
    });
    finish(id.flatten(), note, Some(request))
}

/// Submits what has its outcome already.
pub fn submit_done(owner: Owner, note: &[u8], outcome: &[u8]) -> Result<i64, Unsent> {
    let note = Piece::store(note).ok_or(Unsent::NoMemory)?;
    let Some(bytes) = Piece::store(outcome) else {
        change(|_, after| after.free(note));
        return Err(Unsent::NoMemory);
    };
    let id = change(|tables, after| {
        let Some(place) = begin(tables, owner, note, after) else {
            after.free(bytes);
            return None;
        };
        let row = &mut tables.submissions[place];
        (row.state, row.bytes) = (DONE, bytes);
        Some(row.id)
    });
    finish(id.flatten(), note, None)
}

/// The end of submitting: the number, or everything back.
fn finish(id: Option<u64>, note: Piece, request: Option<Request>) -> Result<i64, Unsent> {
    match id {
        Some(id) => {
            request.into_iter().for_each(Request::handed_over);
            Ok(id as i64)
        }
        None => {
            change(|_, after| after.free(note));
            Err(Unsent::Full(Full::Slots))
        }
    }
}

/// A new row, in a free place or in that of the oldest one that is over.
fn begin(tables: &mut Tables<'_>, owner: Owner, note: Piece, after: &mut After) -> Option<usize> {
    let now = now();
    expire(tables, now, after);
    let over = |place: &usize| tables.submissions[*place].state != WAITING;
    let age = |place: &usize| (tables.submissions[*place].state != FREE, tables.submissions[*place].changed_at);
    let place = (0..tables.submissions.len()).filter(over).min_by_key(age)?;
    clear(&mut tables.submissions[place], after);
    *tables.last_submission += 1;
    let id = *tables.last_submission;
    let (role, database) = (owner.role, owner.database);
    tables.submissions[place] = Row { id, role, database, note, submitted_at: now, changed_at: now, ..Row::zeroed() };
    Some(place)
}

/// This session's request becomes the submission's.
fn hand_over(tables: &mut Tables<'_>, place: usize, ticket: Ticket, after: &mut After) {
    let owner = OWNER | tables.submissions[place].id;
    let mut queue = tables.queue();
    let handed = queue.leave_to_heirs(ticket, me()) && queue.adopt(ticket, owner, 0);
    let row = &mut tables.submissions[place];
    if handed {
        (row.state, row.ticket) = (WAITING, ticket);
        // It may be answered already.
        mind(tables, ticket.slot as usize, now(), after);
    } else {
        (row.state, row.outcome) = (LOST, Outcome::WorkerLost);
    }
}

/// A submission of this owner's.
pub fn find(owner: Owner, id: i64) -> Option<Submission> {
    let now = now();
    let (row, taken, note, bytes) = change(|tables, after| {
        expire(tables, now, after);
        duty::expect(tables, now, after);
        let row = tables.submissions[place(tables, owner, id)?];
        let slot = tables.slots.get(row.ticket.slot as usize);
        let taken = slot.is_some_and(|slot| slot.state() == SlotState::Taken);
        // Read with the lock held: another session of this role may free them.
        Some((row, taken, row.note.read(<[u8]>::to_vec), row.bytes.read(<[u8]>::to_vec)))
    })
    .flatten()?;
    let state = match row.state {
        WAITING => State::Waiting { taken },
        ANSWERED => Answer::decode(&bytes).map_or(State::Lost(Outcome::WorkerLost), |answer| State::Answered(Box::new(answer))),
        LOST => State::Lost(row.outcome),
        DONE => State::Done(bytes),
        _ => State::Cancelled,
    };
    let until = if row.state == WAITING { now } else { row.changed_at };
    Some(Submission { id, note, elapsed: until.saturating_sub(row.submitted_at), state })
}

/// Goes on with another request, after what the last one gave (a retry, another server, a repair), with another note. False if it is not
/// this owner's, or another session was faster: then the request is given up.
pub fn resubmit(owner: Owner, id: i64, note: &[u8], request: Request) -> bool {
    let Some(note) = Piece::store(note) else { return false };
    let ticket = request.ticket();
    let resubmitted = change(|tables, after| {
        let Some(place) = place_to_be_looked_at(tables, owner, id) else {
            after.free(note);
            return false;
        };
        let row = &mut tables.submissions[place];
        after.free(std::mem::replace(&mut row.note, note));
        after.free(row.bytes.take());
        hand_over(tables, place, ticket, after);
        true
    });
    let resubmitted = resubmitted.unwrap_or(false);
    if resubmitted {
        request.handed_over();
    }
    resubmitted
}

/// Changes what the service wrote down about a submission whose request is over. False if it is not this owner's, or went on meanwhile.
pub fn annotate(owner: Owner, id: i64, note: &[u8]) -> bool {
    let Some(note) = Piece::store(note) else { return false };
    let annotated = change(|tables, after| {
        let Some(place) = place_to_be_looked_at(tables, owner, id) else {
            after.free(note);
            return false;
        };
        after.free(std::mem::replace(&mut tables.submissions[place].note, note));
        true
    });
    annotated.unwrap_or(false)
}

/// Stores what became of it. False if it is not this owner's, or was not waiting for that.
pub fn done(owner: Owner, id: i64, outcome: &[u8]) -> bool {
    let Some(bytes) = Piece::store(outcome) else { return false };
    let stored = change(|tables, after| {
        let Some(place) = place_to_be_looked_at(tables, owner, id) else {
            after.free(bytes);
            return false;
        };
        let row = &mut tables.submissions[place];
        after.free(std::mem::replace(&mut row.bytes, bytes));
        (row.state, row.changed_at) = (DONE, now());
        true
    });
    stored.unwrap_or(false)
}

/// Takes it back. False if it is not this owner's, or over.
pub fn cancel(owner: Owner, id: i64) -> bool {
    let cancelled = change(|tables, after| {
        let Some(place) = place(tables, owner, id) else { return false };
        let row = tables.submissions[place];
        if row.state == WAITING {
            left(tables.queue().abandon(row.ticket, OWNER | row.id), after);
            mind(tables, row.ticket.slot as usize, now(), after);
        } else if !is_to_be_looked_at(&row) {
            return false;
        }
        let row = &mut tables.submissions[place];
        after.free(row.bytes.take());
        after.wake(row.watcher);
        (row.state, row.changed_at) = (CANCELLED, now());
        true
    });
    cancelled.unwrap_or(false)
}

/// Has this session woken when the request is over: for whoever waits by [`super::wait`]. One session at a time, the last one that asked.
pub fn watch(owner: Owner, id: i64) {
    ending::enlist();
    change(|tables, _| {
        if let Some(place) = place(tables, owner, id) {
            tables.submissions[place].watcher = me();
        }
    });
}

/// Whether this is a submission's name as an owner in the queue.
pub(super) fn is_owner(who: u64) -> bool {
    who & OWNER != 0
}

/// Moves what became of a submission's request out of the queue: the slot at this place is answered, and a submission's.
pub(super) fn collect(tables: &mut Tables<'_>, place: usize, now: u64, after: &mut After) {
    let slot = tables.slots[place];
    let (ticket, owner) = (slot.ticket(place), slot.owner());
    let Found::Done(outcome) = tables.queue().collect_as(ticket, owner, owner) else { return };
    let bytes = tables.parcels[place].answer.take();
    tables.queue().release(ticket, owner);
    match tables.submissions.iter_mut().find(|row| OWNER | row.id == owner && row.state == WAITING) {
        Some(row) => {
            row.state = if outcome == Outcome::Answer { ANSWERED } else { LOST };
            (row.outcome, row.bytes, row.changed_at) = (outcome, bytes, now);
            after.wake(row.watcher);
        }
        None => after.free(bytes),
    }
}

/// Gives up what has been over for long.
pub(super) fn expire(tables: &mut Tables<'_>, now: u64, after: &mut After) {
    let is_old = |row: &&mut Row| !matches!(row.state, FREE | WAITING) && now >= row.changed_at.saturating_add(KEPT);
    tables.submissions.iter_mut().filter(is_old).for_each(|row| clear(row, after));
}

fn clear(row: &mut Row, after: &mut After) {
    after.free(row.note);
    after.free(row.bytes);
    *row = Row::zeroed();
}

/// Answered or lost, and nobody has stored what follows from it.
fn is_to_be_looked_at(row: &Row) -> bool {
    matches!(row.state, ANSWERED | LOST)
}

fn place_to_be_looked_at(tables: &Tables<'_>, owner: Owner, id: i64) -> Option<usize> {
    place(tables, owner, id).filter(|place| is_to_be_looked_at(&tables.submissions[*place]))
}

fn place(tables: &Tables<'_>, owner: Owner, id: i64) -> Option<usize> {
    let id = u64::try_from(id).ok().filter(|id| *id != 0)?;
    let is_it = |row: &Row| row.id == id && (row.role, row.database) == (owner.role, owner.database) && row.state != FREE;
    tables.submissions.iter().position(is_it)
}
