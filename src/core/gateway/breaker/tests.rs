//! The breaker step by step, and at random.

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
    for _ in 0..50_000 {
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
