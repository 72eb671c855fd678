//! The calls that a worker has under way: begun, looked after, given back.

use std::collections::HashMap;

use nl_query_core::queue::Claim;
use nl_query_http::{Cord, Crew, Pull, Settings, Task};

use crate::pg::{background, signals};
use crate::queue::duty::{Duty, Job};
use crate::queue::now;

use super::alarm::Alarm;

/// Helpers parse JSON and shake hands in TLS; both stay far below it.
const STACK: usize = 1024 * 1024;
/// Milliseconds between two looks at whether anybody still waits, at least: each takes the queue's lock once a call.
const OFTEN: u64 = 50;
/// Milliseconds between two looks at most, while calls are under way.
const SELDOM: u64 = 1_000;

/// See the module.
pub struct Calls {
    crew: Crew<Claim>,
    capacity: usize,
    under_way: HashMap<Claim, UnderWay>,
    looked: u64,
    /// There may be something to see before the next look is due.
    woken: bool,
    shown: (u32, u32),
}

struct UnderWay {
    cord: Cord,
    /// Until when somebody waits, as it was known last.
    deadline: u64,
}

impl Calls {
    pub fn new(capacity: u32, alarm: Alarm) -> Calls {
        let spawn = |work: Box<dyn FnOnce() + Send>| signals::spawn_masked("nl_query helper", STACK, work);
        let settings = Settings { concurrency: capacity as usize, user: background::user() };
        let crew = Crew::new(settings, Box::new(spawn), Box::new(move || alarm.ring()));
        Calls { crew, capacity: capacity as usize, under_way: HashMap::new(), looked: 0, woken: false, shown: (0, 0) }
    }

    pub fn set_capacity(&mut self, capacity: u32) {
        self.capacity = capacity as usize;
        self.crew.set_concurrency(self.capacity);
    }

    /// Puts answers into the queue.
    pub fn give_back(&mut self, duty: &mut Duty) {
        for finished in self.crew.finished() {
            self.under_way.remove(&finished.name);
            duty.answer(finished.name, &finished.answer);
        }
    }

    /// Takes requests out of the queue while there is room.
    pub fn take(&mut self, duty: &mut Duty) {
        while self.under_way.len() < self.capacity {
            let Some(Job { claim, call, key, deadline }) = duty.take() else { break };
            let cord = Cord::new();
            self.under_way.insert(claim, UnderWay { cord: cord.clone(), deadline });
            self.crew.start(Task { name: claim, call: Box::new(call), key, cord });
        }
    }

    /// Stops the calls that nobody waits for any more. Their answers come all the same, and say so.
    pub fn stop_unwanted(&mut self, duty: &Duty) {
        let now = now();
        self.woken = now < self.looked + OFTEN;
        if self.under_way.is_empty() || self.woken {
            return;
        }
        self.looked = now;
        for (claim, call) in &mut self.under_way {
            let wanted = duty.wanted_until(*claim);
            if let Some(deadline) = wanted.filter(|deadline| *deadline > now) {
                call.deadline = deadline;
                continue;
            }
            // The queue lets go of a request at its deadline, too.
            let is_late = wanted.is_some() || call.deadline <= now;
            call.cord.pull(if is_late { Pull::Late } else { Pull::Gone });
            call.deadline = u64::MAX;
        }
    }

    /// When to look at the calls again; none while there are none.
    pub fn next_look(&self) -> Option<u64> {
        let first = self.under_way.values().map(|call| call.deadline).min()?;
        if self.woken { Some(self.looked + OFTEN) } else { Some(first.clamp(self.looked + OFTEN, self.looked + SELDOM)) }
    }

    /// Shows how many helpers there are, where that has changed.
    pub fn show(&mut self, duty: &mut Duty) {
        let panics = u32::try_from(self.crew.panics()).unwrap_or(u32::MAX);
        let now = (u32::try_from(self.crew.threads()).unwrap_or(u32::MAX), panics);
        if std::mem::replace(&mut self.shown, now) != now {
            duty.show(now.0, now.1);
        }
    }
}
