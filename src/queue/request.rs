//! The session's side of a request: sent, looked at, given up, left to others.
//!
//! A request is admitted before it is written: slot, reservation and permit are taken in one go under the lock, or none of them. From then
//! on a [`Request`] stands for all of it. Bytes are written and read with the lock free: until the request is queued, and while the
//! answer is read, they are the session's alone.

use nl_query_core::flight::is_followed;
use nl_query_core::gateway::cost::Cost;
use nl_query_core::gateway::ledger::{self, Key, Refused, Share};
use nl_query_core::gateway::limits::{Clock, Who};
use nl_query_core::gateway::retry::{Decision, Policy, RetryBudget, Situation};
use nl_query_core::gateway::route::Standing;
use nl_query_core::provider::failure::Failure;
use nl_query_core::queue::{Found, Order as Queued, Outcome, State, Ticket};
use nl_query_core::wire::Answer;

use super::duty::{self, Staff};
use super::ending::{self, Leftover};
use super::memory::{self, Tables};
use super::parcel::{After, Parcel, Piece, change, left, mind, now};
use super::{Look, Order, ServerKey, Terms, Unsent, servers};
use crate::pg::guarded::Plain;
use crate::pg::{clock, latch};

/// How a server stands towards a request of this role and so many tokens. Changes nothing.
pub fn standing(server: &ServerKey, terms: &Terms, role: u32, tokens: u64) -> Standing {
    let clock = moment();
    let shares = shares(server, terms, role);
    let look = |tables: &mut Tables<'_>| {
        if let Some(Refused::Denied(denied)) = ledger::refused(tables.accounts, &shares, tokens, &clock) {
            return Standing::Limited(denied);
        }
        let Some(place) = servers::find(tables.servers, server) else { return Standing::Ready };
        let number = place as u32;
        let queue = tables.queue();
        let busy = queue.running(number) + queue.waiting(number) >= terms.concurrency;
        match tables.servers[place].health.standing(server.fingerprint, clock.now) {
            Standing::Ready if busy => Standing::Busy,
            standing => standing,
        }
    };
    memory::with(look).unwrap_or(Standing::Ready)
}

/// Sends a request: admits it, takes a slot, writes its bytes, queues it and wakes a worker.
pub fn send(order: &Order<'_>) -> Result<Request, Unsent> {
    ending::enlist();
    let clock = moment();
    let admitted = change(|tables, after| admit(tables, order, &clock, after));
    let request = Request::of(admitted.unwrap_or(Err(Unsent::NoWorker))?);
    // From here on, whatever goes wrong, dropping the request gives everything back.
    let bytes = Piece::store(&order.call.encode()).ok_or(Unsent::NoMemory)?;
    let key = match order.key {
        None => Piece::zeroed(),
        Some(key) => match Piece::store(key.expose().as_bytes()) {
            Some(piece) => piece,
            None => {
                change(|_, after| after.free(bytes));
                return Err(Unsent::NoMemory);
            }
        },
    };
    match change(|tables, after| submit(tables, request.ticket, order, bytes, key, after)) {
        Some(true) => Ok(request),
        _ => Err(Unsent::NoWorker),
    }
}

/// Takes a slot, sets the cost aside and gets a permit; all or nothing.
fn admit(tables: &mut Tables<'_>, order: &Order<'_>, clock: &Clock, after: &mut After) -> Result<Ticket, Unsent> {
    let (me, now) = (latch::me(), clock.now);
    if matches!(duty::staff(tables, now), Staff::Nobody) {
        return Err(Unsent::NoWorker);
    }
    let server = servers::open(tables, &order.server, now).ok_or(Unsent::NoMemory)?;
    let ticket = tables.queue().acquire(me, order.priority).map_err(Unsent::Full)?;
    let place = ticket.slot as usize;
    let shares = shares(&order.server, &order.terms, order.role);
    let reserved = ledger::reserve(tables.accounts, &shares, order.tokens, clock).map_err(|refused| match refused {
        Refused::Denied(denied) => Unsent::Standing(Standing::Limited(denied)),
        Refused::NoPlace => Unsent::NoMemory,
    });
    let payers = shares.map(|share| if share.limits.is_any() { share.key } else { Key::default() });
    let admitted = reserved.and_then(|reservation| {
        let health = &mut tables.servers[server].health;
        health.admit(order.server.fingerprint, now).map(|permit| (reservation, permit)).map_err(|standing| {
            let keys = payers.into_iter().filter(|key| *key != Key::default());
            ledger::close(tables.accounts, keys, reservation, Cost::Nothing);
            Unsent::Standing(standing)
        })
    });
    let (reservation, permit) = match admitted {
        Ok(admitted) => admitted,
        Err(unsent) => {
            left(tables.queue().abandon(ticket, me), after);
            return Err(unsent);
        }
    };
    tables.servers[server].note_request(&order.terms, order.attempt, order.call.http.body.len() as u64, now);
    tables.parcels[place] = Parcel {
        live: 1,
        open: 1,
        server: server as u32,
        fingerprint: order.server.fingerprint,
        permit,
        reservation,
        payers,
        ..Parcel::zeroed()
    };
    Ok(ticket)
}

/// Queues a request whose bytes are written, and wakes a worker. False if there is none any more, and none is expected.
fn submit(tables: &mut Tables<'_>, ticket: Ticket, order: &Order<'_>, request: Piece, key: Piece, after: &mut After) -> bool {
    let me = latch::me();
    let place = ticket.slot as usize;
    let queued = Queued { owner: me, server: tables.parcels[place].server, deadline: order.deadline };
    let worker = match duty::staff(tables, now()) {
        Staff::There(worker) => Some(worker),
        // Whoever comes looks into the queue first.
        Staff::Expected { .. } => Some(0),
        Staff::Nobody => None,
    };
    if worker.is_none() || !tables.queue().submit(ticket, me, queued, now()) {
        after.free(request);
        after.wipe(key);
        return false;
    }
    (tables.parcels[place].request, tables.parcels[place].key) = (request, key);
    after.wake(worker.unwrap_or(0));
    true
}

/// Who pays: the server for all roles, and the role.
fn shares(server: &ServerKey, terms: &Terms, role: u32) -> [Share; 2] {
    let key = |role| Key { database: server.database, server: server.server, role };
    [
        Share { who: Who::Server, key: key(0), limits: terms.limits },
        Share { who: Who::Role, key: key(role), limits: terms.role_limits },
    ]
}

/// What the clocks say.
fn moment() -> Clock {
    let (day, day_left) = clock::day();
    Clock { now: now(), day, day_left }
}

/// Takes over a request that was left to its heirs, with at least the time until `deadline`. None if there is nothing to take over.
pub fn adopt(ticket: Ticket, deadline: u64) -> Option<Request> {
    ending::enlist();
    let adopted = change(|tables, _| tables.queue().adopt(ticket, latch::me(), deadline))?;
    adopted.then(|| Request::of(ticket))
}

/// Whether to ask the same server again after a failure; a retry is taken from the server's budget.
pub fn retry(server: &ServerKey, policy: &Policy, failure: &Failure, attempts: u32, deadline: u64) -> Decision {
    let situation = Situation { failure, attempts, now: now(), deadline, random: servers::random() };
    let decided = memory::with(|tables| {
        let place = servers::find(tables.servers, server)?;
        let server = &mut tables.servers[place];
        let decision = policy.decide(&situation, &mut server.health.retries);
        server.note_retry(decision);
        Some(decision)
    });
    // A server whose state has been given up for another's has not been asked for long.
    decided.flatten().unwrap_or_else(|| policy.decide(&situation, &mut RetryBudget::default()))
}

/// A request of this session. Dropped, it is abandoned, unless it is the call of a flight that others follow: then it is theirs.
#[derive(Debug)]
pub struct Request {
    ticket: Ticket,
    /// Nothing is left to be given back.
    over: bool,
}

impl Request {
    fn of(ticket: Ticket) -> Request {
        ending::hold();
        Request { ticket, over: false }
    }

    /// Looks for the answer. After one, and after a loss, the request is over.
    pub fn look(&mut self) -> Look {
        if self.over {
            return Look::Gone;
        }
        let looked = change(|tables, after| {
            let expected = duty::expect(tables, now(), after);
            let found = tables.queue().collect(self.ticket, latch::me());
            let place = self.ticket.slot as usize;
            match found {
                Found::NotYet { .. } => {
                    let taken = tables.slots[place].state() == State::Taken;
                    Looked::NotYet { taken, again: expected }
                }
                Found::Done(Outcome::Answer) => Looked::Answer(tables.parcels[place].answer),
                Found::Done(outcome) => {
                    release(tables, self.ticket, after);
                    Looked::Lost(outcome)
                }
                Found::Gone => Looked::Gone,
            }
        });
        match looked.unwrap_or(Looked::Gone) {
            Looked::NotYet { taken, again } => Look::Waiting { taken, again },
            Looked::Answer(bytes) => self.read(bytes),
            Looked::Lost(outcome) => {
                self.over = true;
                Look::Lost(outcome)
            }
            Looked::Gone => {
                self.over = true;
                Look::Gone
            }
        }
    }

    /// Reads the answer, which is this session's while it reads, and gives the slot back.
    fn read(&mut self, bytes: Piece) -> Look {
        let answer = bytes.read(Answer::decode);
        change(|tables, after| release(tables, self.ticket, after));
        self.over = true;
        // What a worker of the same library wrote can be read; anything else is as good as lost.
        answer.map_or(Look::Lost(Outcome::WorkerLost), |answer| Look::Answer(Box::new(answer)))
    }

    /// Its name, for [`adopt`].
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The foreign server that it is for, for whoever adopted it.
    pub fn server(&self) -> Option<u32> {
        let server = memory::with(|tables| {
            let parcel = tables.parcels.get(self.ticket.slot as usize)?;
            tables.servers.get(parcel.server as usize).map(|server| server.server)
        });
        server.flatten()
    }

    /// It is another's now.
    pub(super) fn handed_over(mut self) {
        self.over = true;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        ending::let_go();
        match () {
            () if self.over => {}
            () if std::thread::panicking() => ending::postpone(Leftover::Request(self.ticket)),
            () => abandon(self.ticket),
        }
    }
}

enum Looked {
    NotYet { taken: bool, again: Option<u64> },
    Answer(Piece),
    Lost(Outcome),
    Gone,
}

fn release(tables: &mut Tables<'_>, ticket: Ticket, after: &mut After) {
    tables.queue().release(ticket, latch::me());
    mind(tables, ticket.slot as usize, now(), after);
}

/// This session does not wait for it any longer. If others do, it is left to them.
pub(super) fn abandon(ticket: Ticket) {
    let me = latch::me();
    change(|tables, after| {
        if is_followed(tables.flights, ticket) && tables.queue().leave_to_heirs(ticket, me) {
            return;
        }
        left(tables.queue().abandon(ticket, me), after);
        mind(tables, ticket.slot as usize, now(), after);
    });
}
