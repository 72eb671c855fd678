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
    #[default]
    Closed = 0,
    Open = 1,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    generation: u32,
    /// 1 for a probe.
    probe: u32,
}

/// What a call says about the server's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Well,
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
            State::HalfOpen => Some(self.probe_at.saturating_add(PROBE_PATIENCE)),
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
mod tests {
    use super::*;
    use crate::testing::Random;

    const START: u64 = 1_000_000;

    fn call(breaker: &mut Breaker, verdict: Verdict, now: u64) -> bool {
        match breaker.admit(now) {
            Ok(permit) => {
                breaker.report(permit, verdict, now, 0);
                true
            }
            Err(_) => false,
        }
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            assert!(call(&mut breaker, Verdict::Unwell, START));
        }
        assert_eq!(breaker.state(START), State::Open);
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_at_once() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(START + 4_999), Err(START + 5_000));
        assert_eq!(breaker.blocked_until(START), Some(START + 5_000));
        assert!(breaker.admit(START + 5_000).is_ok());
    }

    #[test]
    fn half_of_the_calls_within_the_window_open_it() {
        let mut breaker = Breaker::default();
        for n in 0..2 {
            call(&mut breaker, Verdict::Well, START + n * 1000);
            call(&mut breaker, Verdict::Unwell, START + n * 1000);
        }
        assert_eq!(breaker.state(START), State::Closed, "four calls are not enough");
        call(&mut breaker, Verdict::Well, START + 2000);
        assert_eq!(breaker.state(START), State::Closed, "two of five are not half");
        call(&mut breaker, Verdict::Unwell, START + 3000);
        assert_eq!(breaker.state(START + 3000), State::Open);
    }

    #[test]
    fn what_is_long_ago_does_not_count() {
        let mut breaker = Breaker::default();
        for n in 0..50 {
            call(&mut breaker, Verdict::Unwell, START + n * 11_000);
            call(&mut breaker, Verdict::Well, START + n * 11_000 + 1);
        }
        assert_eq!(breaker.state(START + 700_000), State::Closed);
    }

    #[test]
    fn only_what_speaks_of_health_counts() {
        let mut breaker = Breaker::default();
        for class in FailureClass::ALL {
            if class.meaning() != Meaning::Unwell {
                for _ in 0..20 {
                    assert!(call(&mut breaker, Verdict::of(class), START), "{class:?}");
                }
            }
        }
        assert_eq!(breaker.state(START), State::Closed);
        assert_eq!(Verdict::of(FailureClass::RateLimited), Verdict::Well);
        assert_eq!(Verdict::of(FailureClass::Auth), Verdict::Silent);
    }

    #[test]
    fn exactly_so_many_probes_go_through() {
        let mut breaker = opened();
        let now = START + 6_000;
        let probes: Vec<Permit> = (0..100).filter_map(|_| breaker.admit(now).ok()).collect();
        assert_eq!(probes.len(), PROBES as usize);
        breaker.report(probes[0], Verdict::Well, now, 0);
        assert!(breaker.admit(now).is_err(), "one success and one probe under way");
        breaker.report(probes[1], Verdict::Well, now, 0);
        assert_eq!(breaker.state(now), State::Closed);
    }

    #[test]
    fn a_failed_probe_opens_it_for_longer_up_to_a_minute() {
        let mut breaker = opened();
        let mut now = START;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let until = breaker.blocked_until(now).expect("open");
            pauses.push(until - now);
            now = until;
            assert!(call(&mut breaker, Verdict::Unwell, now));
        }
        assert_eq!(pauses, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    }

    #[test]
    fn a_probe_that_says_nothing_gives_its_place_back_and_a_lost_one_does_after_a_while() {
        let mut breaker = opened();
        let now = START + 6_000;
        for _ in 0..10 {
            assert!(call(&mut breaker, Verdict::Silent, now));
        }
        let lost: Vec<Permit> = (0..2).filter_map(|_| breaker.admit(now).ok()).collect();
        assert!(breaker.admit(now + 60_000).is_err());
        let successor = breaker.admit(now + 120_000).expect("room again");
        breaker.report(lost[0], Verdict::Unwell, now + 120_001, 0);
        assert_eq!(breaker.state(now + 120_001), State::HalfOpen, "a lost probe that comes late is not heard");
        breaker.report(successor, Verdict::Well, now + 120_002, 0);
    }

    #[test]
    fn a_call_from_before_is_not_heard() {
        let mut breaker = Breaker::default();
        let early = breaker.admit(START).expect("closed");
        for _ in 0..5 {
            call(&mut breaker, Verdict::Unwell, START);
        }
        breaker.report(early, Verdict::Well, START + 100, 0);
        assert_eq!(breaker.state(START + 100), State::Open);
        let probe = breaker.admit(START + 6_000).expect("a probe");
        breaker.report(early, Verdict::Unwell, START + 6_001, 0);
        assert_eq!(breaker.state(START + 6_001), State::HalfOpen);
        breaker.report(probe, Verdict::Well, START + 6_002, 0);
    }

    #[test]
    fn a_flapping_server_is_asked_less_and_less() {
        let mut breaker = Breaker::default();
        let mut random = Random::new(2);
        let (mut openings, mut last, mut asked) = (Vec::new(), State::Closed, 0);
        for tick in 0..600_000u64 / 50 {
            let now = START + tick * 50;
            let verdict = if (now / 3_000).is_multiple_of(2) { Verdict::Well } else { Verdict::Unwell };
            if let Ok(permit) = breaker.admit(now) {
                breaker.report(permit, verdict, now, random.next() as u32);
                asked += 1;
            }
            let state = breaker.state(now);
            if state == State::Open && last != State::Open {
                openings.push(now);
            }
            last = state;
        }
        assert!(openings.windows(2).all(|pair| pair[1] - pair[0] >= FIRST_PAUSE), "{openings:?}");
        assert!(openings.len() < 40, "{}", openings.len());
        assert!(asked > 100);
    }

    #[test]
    fn after_a_calm_minute_it_starts_anew() {
        let mut breaker = opened();
        let now = START + 6_000;
        for _ in 0..2 {
            call(&mut breaker, Verdict::Well, now);
        }
        for _ in 0..5 {
            call(&mut breaker, Verdict::Unwell, now + 1000);
        }
        assert_eq!(breaker.blocked_until(now + 1000), Some(now + 11_000), "soon after: twice as long");
        let now = now + 12_000;
        for _ in 0..2 {
            call(&mut breaker, Verdict::Well, now);
        }
        for _ in 0..5 {
            call(&mut breaker, Verdict::Unwell, now + CALM);
        }
        assert_eq!(breaker.blocked_until(now + CALM), Some(now + CALM + 5_000));
    }

    #[test]
    fn at_random_it_keeps_its_promises() {
        let mut random = Random::new(11);
        let mut breaker = Breaker::default();
        let (mut now, mut under_way) = (START, Vec::new());
        for _ in 0..200_000 {
            now += random.below(400) as u64;
            let state = breaker.state(now);
            if random.chance(60) {
                match breaker.admit(now) {
                    Ok(permit) => {
                        assert_ne!(state, State::Open);
                        under_way.push(permit);
                    }
                    Err(until) => assert!(until > now),
                }
            } else if !under_way.is_empty() {
                let permit = under_way.swap_remove(random.below(under_way.len()));
                let verdict = [Verdict::Well, Verdict::Unwell, Verdict::Silent][random.below(3)];
                breaker.report(permit, verdict, now, random.next() as u32);
            }
            assert!(breaker.probes + breaker.successes <= PROBES);
            assert!(breaker.state != State::Open || breaker.until <= now + LONGEST_PAUSE + LONGEST_PAUSE / 4);
        }
    }
}
