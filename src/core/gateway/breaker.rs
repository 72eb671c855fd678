//! A breaker for each server: while a server fails, it is left alone.
//!
//! Closed, calls go through and are counted. Five failures in a row, or half of at least five calls within ten seconds, open it: no
//! call goes through for five seconds, twice as long each further time, a minute at most. Then it is half open: two calls at a time
//! go through as probes; two that succeed close it, one that fails opens it again. Only what speaks of the server's health counts.

use super::lengthened;
use crate::provider::failure::{FailureClass, Meaning};

/// Seconds that are looked back upon.
const WINDOW: usize = 10;
/// Calls in the window from which on a share means something.
const ENOUGH: u32 = 5;
/// Failures in a row that open the breaker.
const IN_A_ROW: u32 = 5;
/// Probes that go through while half open, and successes that close it.
pub const PROBES: u32 = 2;
/// Milliseconds open the first time, and at most.
const FIRST_PAUSE: u64 = 5_000;
const LONGEST_PAUSE: u64 = 60_000;
/// Milliseconds closed after which earlier openings are forgotten.
const CALM: u64 = 60_000;
/// Milliseconds after which it is worth looking again while probes are under way.
const GLANCE: u64 = 1_000;
/// Milliseconds after which a probe that nobody reported on is given up: its caller was lost.
const PROBE_PATIENCE: u64 = 120_000;

/// See the module.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    seconds: [Second; WINDOW],
    state: State,
    /// Moves with every change of state: what was let through before says nothing about now.
    generation: u32,
    in_a_row: u32,
    /// Times opened without a calm minute between.
    openings: u32,
    probes: u32,
    successes: u32,
    /// While open: until when.
    until: u64,
    closed_at: u64,
    probe_at: u64,
}

/// What happened within one second.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Second {
    /// Which second it is, plus one; 0 for none.
    number: u64,
    calls: u32,
    failures: u32,
}

/// The state of a breaker.
#[repr(u32)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    #[default]
    Closed = 0,
    /// None goes through.
    Open = 1,
    /// A few go through, to see.
    HalfOpen = 2,
}

impl State {
    /// The name shown in `pg_stat_nl_query_servers`.
    pub fn name(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open => "open",
            State::HalfOpen => "half_open",
        }
    }
}

/// The right to make one call; it must come back by [`Breaker::report`].
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permit {
    generation: u32,
    /// 1 for a probe.
    probe: u32,
}

/// What a call says about the server's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answered.
    Well,
    /// It failed.
    Unwell,
    /// Nothing: it was never made, or failed for another reason.
    Silent,
}

impl Verdict {
    /// A server that asks for patience or does not like the request is alive; a key that it rejects says nothing about its health.
    pub fn of(failure: FailureClass) -> Verdict {
        match failure.meaning() {
            Meaning::Unwell => Verdict::Unwell,
            Meaning::Patience | Meaning::Request => Verdict::Well,
            Meaning::Misconfigured | Meaning::Ours => Verdict::Silent,
        }
    }
}

impl Breaker {
    /// Whether a call could go through now; else the moment from which on it may be worth asking again. Changes nothing.
    pub fn blocked_until(&self, now: u64) -> Option<u64> {
        match self.state {
            State::Closed => None,
            State::Open => (now < self.until).then_some(self.until),
            State::HalfOpen if self.has_room(now) => None,
            State::HalfOpen => Some(now.saturating_add(GLANCE)),
        }
    }

    /// Lets one call through, or tells until when none is.
    pub fn admit(&mut self, now: u64) -> Result<Permit, u64> {
        if let Some(until) = self.blocked_until(now) {
            return Err(until);
        }
        if self.state == State::Closed {
            return Ok(Permit { generation: self.generation, probe: 0 });
        }
        // Open and its time is over, or half open with room; probes that were lost are given up for good.
        if self.state == State::Open || self.probes + self.successes >= PROBES {
            self.change(State::HalfOpen);
            (self.probes, self.successes) = (0, 0);
        }
        self.probes += 1;
        self.probe_at = now;
        Ok(Permit { generation: self.generation, probe: 1 })
    }

    fn has_room(&self, now: u64) -> bool {
        self.probes + self.successes < PROBES || now >= self.probe_at.saturating_add(PROBE_PATIENCE)
    }

    /// Takes a call's verdict. Of a call that began in an earlier state it is not heard.
    pub fn report(&mut self, permit: Permit, verdict: Verdict, now: u64, random: u32) {
        if permit.generation != self.generation {
            return;
        }
        match self.state {
            State::Closed => self.count(verdict, now, random),
            State::HalfOpen if permit.probe == 1 => {
                self.probes = self.probes.saturating_sub(1);
                match verdict {
                    Verdict::Silent => {}
                    Verdict::Unwell => self.open(now, random),
                    Verdict::Well => {
                        self.successes += 1;
                        if self.successes >= PROBES {
                            self.close(now);
                        }
                    }
                }
            }
            State::HalfOpen | State::Open => {}
        }
    }

    fn count(&mut self, verdict: Verdict, now: u64, random: u32) {
        if verdict == Verdict::Silent {
            return;
        }
        let failed = verdict == Verdict::Unwell;
        let number = now / 1000 + 1;
        let second = &mut self.seconds[(number % WINDOW as u64) as usize];
        if second.number != number {
            *second = Second { number, ..Second::default() };
        }
        second.calls = second.calls.saturating_add(1);
        second.failures = second.failures.saturating_add(u32::from(failed));
        self.in_a_row = if failed { self.in_a_row.saturating_add(1) } else { 0 };
        let (calls, failures) = self.recent(number);
        let too_many = calls >= ENOUGH && failures.saturating_mul(2) >= calls;
        if failed && (self.in_a_row >= IN_A_ROW || too_many) {
            self.open(now, random);
        }
    }

    /// Calls and failures within the window.
    fn recent(&self, number: u64) -> (u32, u32) {
        let is_recent = |second: &&Second| second.number > 0 && second.number + WINDOW as u64 > number;
        self.seconds.iter().filter(is_recent).fold((0, 0), |(calls, failures), second| {
            (calls.saturating_add(second.calls), failures.saturating_add(second.failures))
        })
    }

    fn open(&mut self, now: u64, random: u32) {
        if self.state == State::Closed && now.saturating_sub(self.closed_at) >= CALM {
            self.openings = 0;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.openings.min(10)).min(LONGEST_PAUSE);
        self.until = now.saturating_add(lengthened(pause, random));
        self.openings = self.openings.saturating_add(1);
        self.change(State::Open);
    }

    fn close(&mut self, now: u64) {
        self.seconds = Default::default();
        self.in_a_row = 0;
        self.closed_at = now;
        self.change(State::Closed);
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
    }

    /// The state for showing it: an open breaker whose time is over lets the next call through.
    pub fn state(&self, now: u64) -> State {
        if self.state == State::Open && now >= self.until { State::HalfOpen } else { self.state }
    }
}

#[cfg(test)]
mod tests;
