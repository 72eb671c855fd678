//! The queue step by step, and under random interleavings of owners, workers, cancels and crashes.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::testing::Random;

const ME: u64 = 7;
const OTHER: u64 = 8;
const WORKER: u64 = 100;

#[derive(Default)]
struct Memory {
    head: Head,
    slots: Vec<Slot>,
}

impl Memory {
    fn new(slots: usize) -> Memory {
        Memory { head: Head::default(), slots: vec![Slot::default(); slots] }
    }

    fn queue(&mut self) -> Queue<'_> {
        let most_waiting = self.slots.len();
        Queue::new(&mut self.head, &mut self.slots, most_waiting)
    }

    fn state(&self, ticket: Ticket) -> State {
        self.slots[ticket.slot as usize].state
    }

    /// A request that is queued.
    fn queued(&mut self, priority: Priority, server: u32, now: u64) -> Ticket {
        let ticket = self.queue().acquire(ME, priority).expect("room");
        assert!(self.queue().submit(ticket, ME, Order { owner: ME, server, deadline: now + 30_000 }, now));
        ticket
    }

    fn take(&mut self, now: u64) -> Option<Claim> {
        self.queue().take(WORKER, now, 100, |_| 100)
    }
}

#[test]
fn a_request_goes_there_and_back() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Interactive, 1, 0);
    assert_eq!(memory.queue().collect(ticket, ME), Found::NotYet { deadline: 30_000 });
    let claim = memory.take(1).expect("a request");
    assert_eq!(claim.slot, ticket.slot);
    assert!(memory.queue().holds(claim));
    assert_eq!(memory.queue().wanted_until(claim), Some(30_000));
    assert_eq!(memory.queue().answer(claim, 2), Delivered::To(ME));
    assert_eq!(memory.queue().answer(claim, 2), Delivered::Stale);
    assert_eq!(memory.queue().collect(ticket, OTHER), Found::Gone);
    assert_eq!(memory.queue().collect(ticket, ME), Found::Done(Outcome::Answer));
    assert_eq!(memory.queue().collect(ticket, ME), Found::Gone, "only once");
    assert!(!memory.queue().release(ticket, OTHER));
    assert!(memory.queue().release(ticket, ME));
    assert_eq!(memory.queue().count(State::Free), 4);
}

#[test]
fn a_late_answer_never_reaches_the_next_owner() {
    let mut memory = Memory::new(1);
    let first = memory.queued(Priority::Interactive, 1, 0);
    let claim = memory.take(1).expect("a request");
    assert_eq!(memory.queue().abandon(first, ME), Left::Running { worker: WORKER });
    assert_eq!(memory.queue().wanted_until(claim), None);
    assert!(memory.queue().holds(claim), "the worker still writes");
    assert_eq!(memory.queue().acquire(OTHER, Priority::Interactive), Err(Full::Slots));
    assert_eq!(memory.queue().answer(claim, 2), Delivered::ThrownAway);
    let second = memory.queue().acquire(OTHER, Priority::Interactive).expect("room");
    assert_eq!(second.slot, first.slot);
    assert_eq!(memory.queue().answer(claim, 3), Delivered::Stale);
    assert_eq!(memory.queue().collect(first, ME), Found::Gone);
    assert_eq!(memory.queue().abandon(first, ME), Left::NotYours);
    assert!(!memory.queue().submit(first, ME, Order { owner: ME, server: 1, deadline: 9 }, 3));
    assert_eq!(memory.state(second), State::Filling);
}

#[test]
fn sessions_go_before_batches_and_batches_do_not_starve() {
    let mut memory = Memory::new(8);
    let batch = memory.queued(Priority::Batch, 1, 0);
    let session = memory.queued(Priority::Interactive, 1, 5_000);
    let later = memory.queued(Priority::Interactive, 1, 12_000);
    let order: Vec<u32> = (0..3).filter_map(|_| memory.take(12_000)).map(|claim| claim.slot).collect();
    assert_eq!(order, [session.slot, batch.slot, later.slot]);
    assert_eq!(memory.take(12_000), None);
}

#[test]
fn batches_whose_calls_hang_leave_room_for_sessions() {
    let mut memory = Memory::new(16);
    for server in [1, 1, 1, 1, 2, 2] {
        memory.queued(Priority::Batch, server, 0);
    }
    let mut take = |capacity| memory.queue().take(WORKER, 1, capacity, |_| 4).map(|claim| claim.slot);
    assert_eq!([take(100), take(100), take(100), take(100)], [Some(0), Some(1), Some(2), Some(4)], "three of a server's four");
    assert_eq!(take(5), None, "four of a worker's five");
    let session = memory.queued(Priority::Interactive, 1, 1);
    assert_eq!(memory.queue().take(WORKER, 20_000, 100, |_| 4).map(|claim| claim.slot), Some(session.slot));
    assert_eq!(memory.queue().take(WORKER, 20_000, 100, |_| 4).map(|claim| claim.slot), Some(5), "the other server's");
    assert_eq!(memory.queue().take(WORKER, 20_000, 100, |_| 4), None);
    assert_eq!([1, 2, 3, 4, 8].map(most_batches), [1, 2, 3, 3, 6]);
}

#[test]
fn equal_requests_go_in_the_order_in_which_they_came() {
    let mut memory = Memory::new(8);
    let tickets: Vec<Ticket> = (0..6).map(|_| memory.queued(Priority::Interactive, 1, 0)).collect();
    for ticket in tickets {
        assert_eq!(memory.take(1).map(|claim| claim.slot), Some(ticket.slot));
    }
}

#[test]
fn a_busy_server_does_not_hold_up_the_others() {
    let mut memory = Memory::new(8);
    let slow: Vec<Ticket> = (0..3).map(|_| memory.queued(Priority::Interactive, 1, 0)).collect();
    let quick = memory.queued(Priority::Interactive, 2, 1);
    let mut take = || memory.queue().take(WORKER, 2, 100, |_| 1).map(|claim| claim.slot);
    assert_eq!([take(), take(), take()], [Some(slow[0].slot), Some(quick.slot), None]);
    assert_eq!(memory.queue().running(1), 1);
    assert_eq!(memory.queue().abandon(slow[0], ME), Left::Running { worker: WORKER });
    assert_eq!(memory.queue().running(1), 1, "what nobody waits for still loads the server");
}

#[test]
fn a_full_queue_says_so_at_once() {
    let mut memory = Memory::new(8);
    for _ in 0..6 {
        memory.queued(Priority::Batch, 1, 0);
    }
    assert_eq!(memory.queue().acquire(ME, Priority::Batch), Err(Full::Batch));
    for _ in 0..2 {
        memory.queued(Priority::Interactive, 1, 0);
    }
    assert_eq!(memory.queue().acquire(ME, Priority::Interactive), Err(Full::Waiting));
    memory.take(1).expect("a request");
    assert_eq!(memory.queue().acquire(ME, Priority::Interactive), Err(Full::Slots));
    let Memory { head, slots } = &mut memory;
    assert_eq!(Queue::new(head, slots, 7).acquire(ME, Priority::Interactive), Err(Full::Waiting));
}

#[test]
fn nobody_waits_past_the_deadline() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Interactive, 1, 0);
    assert_eq!(memory.queue().next_expiry(), Some(30_000));
    assert_eq!(memory.take(30_000), None, "too late to begin");
    let mut woken = Vec::new();
    memory.queue().expire(29_999, |owner| woken.push(owner));
    memory.queue().expire(30_000, |owner| woken.push(owner));
    assert_eq!(woken, [ME]);
    assert_eq!(memory.queue().collect(ticket, ME), Found::Done(Outcome::Expired));
    assert!(memory.queue().release(ticket, ME));
}

#[test]
fn an_answer_that_nobody_collects_is_let_go() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Batch, 1, 0);
    let claim = memory.take(1).expect("a request");
    memory.queue().answer(claim, 2);
    let until = memory.queue().next_expiry().expect("kept");
    memory.queue().expire(until - 1, |_| ());
    assert_eq!(memory.state(ticket), State::Answered);
    memory.queue().expire(until, |_| ());
    assert_eq!(memory.state(ticket), State::Free);
}

#[test]
fn what_a_worker_leaves_is_done_by_another_once() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Interactive, 1, 0);
    let lost = memory.take(1).expect("a request");
    memory.queue().worker_gone(WORKER, 2, |_| panic!("not yet"));
    assert!(!memory.queue().holds(lost));
    let second = memory.queue().take(WORKER, 3, 100, |_| 1).expect("again");
    assert_eq!(memory.queue().answer(lost, 4), Delivered::Stale, "even under the same name");
    assert!(memory.queue().holds(second));
    let mut woken = Vec::new();
    memory.queue().worker_gone(WORKER, 5, |owner| woken.push(owner));
    assert_eq!(woken, [ME]);
    assert_eq!(memory.queue().collect(ticket, ME), Found::Done(Outcome::WorkerLost));
}

#[test]
fn without_workers_nobody_waits() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Interactive, 1, 0);
    let mut woken = Vec::new();
    memory.queue().no_worker(1, |owner| woken.push(owner));
    assert_eq!((woken, memory.queue().collect(ticket, ME)), (vec![ME], Found::Done(Outcome::NoWorker)));
}

#[test]
fn an_heir_takes_over_exactly_once() {
    let mut memory = Memory::new(4);
    let ticket = memory.queued(Priority::Interactive, 1, 0);
    let claim = memory.take(1).expect("a request");
    assert!(!memory.queue().adopt(ticket, OTHER, 50_000), "it has an owner");
    assert!(memory.queue().leave_to_heirs(ticket, ME));
    assert_eq!(memory.queue().collect(ticket, ME), Found::Gone);
    assert!(memory.queue().adopt(ticket, OTHER, 50_000));
    assert!(!memory.queue().adopt(ticket, 9, 50_000));
    assert_eq!(memory.queue().wanted_until(claim), Some(50_000));
    assert_eq!(memory.queue().answer(claim, 2), Delivered::To(OTHER));
    assert_eq!(memory.queue().collect(ticket, OTHER), Found::Done(Outcome::Answer));
}

#[test]
fn what_nobody_inherits_ends_with_its_deadline() {
    let mut memory = Memory::new(4);
    let running = memory.queued(Priority::Interactive, 1, 0);
    let claim = memory.take(1).expect("a request");
    let waiting = memory.queued(Priority::Interactive, 1, 0);
    for ticket in [running, waiting] {
        assert!(memory.queue().leave_to_heirs(ticket, ME));
    }
    memory.queue().expire(30_000, |_| panic!("nobody to wake"));
    assert_eq!((memory.state(running), memory.state(waiting)), (State::Abandoned, State::Free));
    assert_eq!(memory.queue().answer(claim, 30_001), Delivered::ThrownAway);
}

#[test]
fn a_process_that_ends_leaves_nothing() {
    let mut memory = Memory::new(8);
    let filling = memory.queue().acquire(ME, Priority::Interactive).expect("room");
    let running = memory.queued(Priority::Interactive, 1, 0);
    let claim = memory.take(1).expect("a request");
    let done = memory.queued(Priority::Interactive, 1, 0);
    let other = memory.take(1).expect("a request");
    memory.queue().answer(other, 2);
    memory.queued(Priority::Interactive, 1, 0);
    let submitted = memory.queue().acquire(ME, Priority::Batch).expect("room");
    memory.queue().submit(submitted, ME, Order { owner: 1 << 63, server: 1, deadline: 9_000 }, 0);
    let mut stopped = Vec::new();
    memory.queue().owner_gone(ME, |worker| stopped.push(worker));
    assert_eq!(stopped, [WORKER]);
    for ticket in [filling, done] {
        assert_eq!(memory.state(ticket), State::Free);
    }
    assert_eq!(memory.state(running), State::Abandoned);
    assert_eq!(memory.state(submitted), State::Queued, "a submitted question outlives its session");
    assert_eq!(memory.queue().answer(claim, 3), Delivered::ThrownAway);
}

#[test]
fn of_two_who_collect_a_submitted_question_one_gets_it() {
    let mut memory = Memory::new(4);
    let question = 1 << 63 | 5;
    let ticket = memory.queue().acquire(ME, Priority::Batch).expect("room");
    assert!(memory.queue().submit(ticket, ME, Order { owner: question, server: 1, deadline: 9_000 }, 0));
    let claim = memory.take(1).expect("a request");
    memory.queue().answer(claim, 2);
    assert_eq!(memory.queue().collect_as(ticket, question, ME), Found::Done(Outcome::Answer));
    assert_eq!(memory.queue().collect_as(ticket, question, OTHER), Found::Gone);
    assert_eq!(
        memory.queue().abandon(ticket, question),
        Left::NotYours,
        "cancelled while it is read: the bytes are the reader's"
    );
    memory.queue().owner_gone(OTHER, |_| ());
    assert_eq!(memory.state(ticket), State::Reading);
    memory.queue().owner_gone(ME, |_| ());
    assert_eq!(memory.state(ticket), State::Free);
}

/// One run of random steps. Each request has a number, which its owner writes into the slot's bytes and the worker answers with; so
/// whoever reads another's number has been given another's answer.
struct World {
    memory: Memory,
    bytes: Vec<u64>,
    random: Random,
    now: u64,
    next_request: u64,
    next_worker: u64,
    owners: Vec<u64>,
    workers: Vec<u64>,
    /// Requests that their owners wait for.
    waiting: HashMap<u64, (Ticket, u64)>,
    /// Tickets that are not good for anything any more.
    old: Vec<(Ticket, u64)>,
    claims: Vec<(Claim, u64)>,
    dead_claims: Vec<Claim>,
    delivered: HashSet<u64>,
    orphans: Vec<(Ticket, u64)>,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            memory: Memory::new(6),
            bytes: vec![0; 6],
            random: Random::new(seed),
            now: 1_000,
            next_request: 1,
            next_worker: 1_000,
            owners: (1..=5).collect(),
            workers: vec![901, 902],
            waiting: HashMap::new(),
            old: Vec::new(),
            claims: Vec::new(),
            dead_claims: Vec::new(),
            delivered: HashSet::new(),
            orphans: Vec::new(),
        }
    }

    fn step(&mut self) {
        self.now += self.random.below(200) as u64;
        match self.random.below(14) {
            0..=2 => self.ask(),
            3 | 4 => self.take(),
            5 | 6 => self.answer(),
            7 | 8 => self.collect(),
            9 => self.abandon(),
            10 => self.old_ticket(),
            11 => self.crash(),
            12 => self.inherit(),
            _ => {
                let now = self.now;
                self.memory.queue().expire(now, |owner| assert!(owner != 0));
            }
        }
        self.check();
    }

    fn any_owner(&mut self) -> u64 {
        self.owners[self.random.below(self.owners.len())]
    }

    fn any_waiting(&mut self) -> Option<u64> {
        let mut requests: Vec<u64> = self.waiting.keys().copied().collect();
        requests.sort_unstable();
        (!requests.is_empty()).then(|| requests[self.random.below(requests.len())])
    }

    fn ask(&mut self) {
        let owner = self.any_owner();
        let priority = if self.random.chance(30) { Priority::Batch } else { Priority::Interactive };
        let Ok(ticket) = self.memory.queue().acquire(owner, priority) else { return };
        if self.random.chance(10) {
            assert_eq!(self.memory.queue().abandon(ticket, owner), Left::Freed);
            self.old.push((ticket, owner));
            return;
        }
        let request = self.next_request;
        self.next_request += 1;
        self.bytes[ticket.slot as usize] = request;
        let order = Order { owner, server: self.random.below(3) as u32, deadline: self.now + self.random.below(3_000) as u64 };
        assert!(self.memory.queue().submit(ticket, owner, order, self.now));
        self.waiting.insert(request, (ticket, owner));
    }

    fn take(&mut self) {
        let worker = self.workers[self.random.below(self.workers.len())];
        let now = self.now;
        if let Some(claim) = self.memory.queue().take(worker, now, 100, |_| 2) {
            self.claims.push((claim, self.bytes[claim.slot as usize]));
        }
    }

    fn answer(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let (claim, request) = self.claims.swap_remove(self.random.below(self.claims.len()));
        assert!(self.memory.queue().holds(claim));
        self.bytes[claim.slot as usize] = request | 1 << 40;
        let now = self.now;
        match self.memory.queue().answer(claim, now) {
            Delivered::To(owner) => {
                let known = self.waiting.get(&request).map_or(0, |(_, owner)| *owner);
                assert_eq!(owner, known, "to the one who waits");
            }
            Delivered::ThrownAway => assert!(!self.waiting.contains_key(&request)),
            Delivered::Stale => panic!("a living worker's claim is good"),
        }
    }

    fn collect(&mut self) {
        let Some(request) = self.any_waiting() else { return };
        let (ticket, owner) = self.waiting[&request];
        match self.memory.queue().collect(ticket, owner) {
            Found::NotYet { .. } => {}
            Found::Gone => {
                // Only an answer that was kept for long enough may have gone.
                self.waiting.remove(&request);
            }
            Found::Done(outcome) => {
                if outcome == Outcome::Answer {
                    assert_eq!(self.bytes[ticket.slot as usize], request | 1 << 40, "its own answer");
                }
                assert!(self.delivered.insert(request), "delivered twice");
                self.waiting.remove(&request);
                assert!(self.memory.queue().release(ticket, owner));
                self.old.push((ticket, owner));
            }
        }
    }

    fn abandon(&mut self) {
        let Some(request) = self.any_waiting() else { return };
        if let Some((ticket, owner)) = self.waiting.remove(&request) {
            self.memory.queue().abandon(ticket, owner);
            self.old.push((ticket, owner));
        }
    }

    /// What is over stays over.
    fn old_ticket(&mut self) {
        let before = self.memory.slots.clone();
        let now = self.now;
        for (ticket, owner) in self.old.clone() {
            assert_eq!(self.memory.queue().collect(ticket, owner), Found::Gone);
            assert_eq!(self.memory.queue().abandon(ticket, owner), Left::NotYours);
            assert!(!self.memory.queue().release(ticket, owner));
            assert!(!self.memory.queue().leave_to_heirs(ticket, owner));
        }
        for claim in self.dead_claims.clone() {
            assert_eq!(self.memory.queue().answer(claim, now), Delivered::Stale);
        }
        assert_eq!(self.memory.slots, before);
        self.old.truncate(20);
        self.dead_claims.truncate(20);
    }

    fn crash(&mut self) {
        let now = self.now;
        if self.random.chance(50) {
            let place = self.random.below(self.workers.len());
            let worker = self.workers[place];
            self.memory.queue().worker_gone(worker, now, |_| ());
            self.next_worker += 1;
            self.workers[place] = self.next_worker;
            let (dead, living) = self.claims.drain(..).partition(|(claim, _)| claim.worker == worker);
            let dead: Vec<(Claim, u64)> = dead;
            self.dead_claims.extend(dead.into_iter().map(|(claim, _)| claim));
            self.claims = living;
        } else {
            let owner = self.any_owner();
            self.memory.queue().owner_gone(owner, |worker| assert!(worker != 0));
            let gone: Vec<u64> = self.waiting.iter().filter(|(_, (_, who))| *who == owner).map(|(request, _)| *request).collect();
            for request in gone {
                self.old.extend(self.waiting.remove(&request));
            }
        }
    }

    /// An owner leaves its request, and another one may adopt it before it is over.
    fn inherit(&mut self) {
        let heir = self.any_owner();
        let deadline = self.now + 2_000;
        if let Some((ticket, request)) = self.orphans.pop() {
            if self.memory.queue().adopt(ticket, heir, deadline) {
                self.waiting.insert(request, (ticket, heir));
            }
            return;
        }
        let Some(request) = self.any_waiting() else { return };
        let (ticket, owner) = self.waiting[&request];
        if self.memory.queue().leave_to_heirs(ticket, owner) {
            self.waiting.remove(&request);
            self.orphans.push((ticket, request));
        }
    }

    /// Slots that are in use are known to somebody, and nobody's claim is on a slot that is not his.
    fn check(&mut self) {
        for (claim, request) in self.claims.clone() {
            assert!(self.memory.queue().holds(claim), "a worker's slot was taken from it");
            assert_eq!(self.bytes[claim.slot as usize] & !(1 << 40), request, "written over while a worker had it");
        }
        let mut seen = HashSet::new();
        for (ticket, _) in self.waiting.values() {
            assert!(seen.insert(ticket.slot) || self.memory.slots[ticket.slot as usize].generation != ticket.generation);
        }
        let running = self.memory.slots.iter().filter(|slot| matches!(slot.state, State::Taken | State::Abandoned)).count();
        assert_eq!(running, self.claims.len(), "every running slot has its worker");
    }

    /// Everybody goes; then every slot is free.
    fn end(mut self) {
        for owner in self.owners.clone() {
            self.memory.queue().owner_gone(owner, |_| ());
        }
        self.waiting.clear();
        while !self.claims.is_empty() {
            let (claim, _) = self.claims.remove(0);
            let _ = self.memory.queue().answer(claim, self.now);
        }
        let never = u64::MAX;
        self.memory.queue().expire(never, |_| ());
        assert_eq!(self.memory.queue().count(State::Free), 6, "a slot was lost");
    }
}

#[test]
fn whatever_happens_no_slot_is_lost_and_no_answer_goes_astray() {
    let mut delivered = 0;
    for seed in 0..120 {
        let mut world = World::new(seed);
        for _ in 0..400 {
            world.step();
        }
        delivered += world.delivered.len();
        world.end();
    }
    assert!(delivered > 2_000, "{delivered}");
}
