//! Whether and when to ask the same server again.
//!
//! Every attempt may cost money and loads a server that is not well. So there are few of them, each later than the one before, never
//! past the caller's deadline, and in all no more than a share of the requests.

use super::share;
use crate::provider::failure::Failure;

/// How persistent to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts after the first.
    pub retries: u32,
    /// Milliseconds before the first retry; each further one waits twice as long.
    pub first_wait: u64,
    /// Milliseconds, the longest wait of our own choice.
    pub longest_wait: u64,
    /// Milliseconds that must be left for the attempt itself.
    pub least_time: u64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { retries: 2, first_wait: 500, longest_wait: 8000, least_time: 200 }
    }
}

/// What there is to decide about.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What happened.
    pub failure: &'a Failure,
    /// Attempts so far, the failed one included.
    pub attempts: u32,
    /// The moment.
    pub now: u64,
    /// When the caller's time is over.
    pub deadline: u64,
    /// A random number of which every bit counts.
    pub random: u32,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Ask again after so many milliseconds. It is taken from the budget already.
    Retry { wait: u64 },
    /// Do not ask this server again.
    Stop(Why),
}

/// Why there is no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It would fail again.
    Lasting,
    /// There were enough attempts.
    Attempts,
    /// The server asks for more time than the caller has, or no time is left.
    Deadline,
    /// Too many requests of late were retries.
    Budget,
}

impl Policy {
    /// Decides on one failure.
    pub fn decide(&self, situation: &Situation<'_>, budget: &mut RetryBudget) -> Decision {
        let Situation { failure, attempts, now, deadline, random } = *situation;
        if !failure.is_passing() {
            return Decision::Stop(Why::Lasting);
        }
        if attempts > self.retries {
            return Decision::Stop(Why::Attempts);
        }
        let wait = self.wait(attempts, failure.retry_after, random);
        if now.saturating_add(wait).saturating_add(self.least_time) > deadline {
            return Decision::Stop(Why::Deadline);
        }
        if !budget.take(now) {
            return Decision::Stop(Why::Budget);
        }
        Decision::Retry { wait }
    }

    /// Milliseconds before the attempt that follows on so many. What the server asks for is kept and lengthened a little; without it,
    /// the wait lies between three and five quarters of the doubled one.
    fn wait(&self, attempts: u32, asked: Option<u64>, random: u32) -> u64 {
        match asked {
            Some(wait) if wait > 0 => wait.saturating_add(share((wait / 4).min(1000), random)),
            _ => {
                let doubled = self.first_wait.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(self.longest_wait);
                (doubled - doubled / 4).saturating_add(share(doubled / 2, random))
            }
        }
    }
}

/// How many retries are left: one for ten requests and one for every ten seconds, ten at most. One for each server.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryBudget {
    /// Ten-thousandths of a retry that are missing to the full ten.
    missing: u64,
    /// When that was so.
    at: u64,
}

/// Ten-thousandths of a retry. A request gives a tenth of a retry, a millisecond one part of ten thousand.
const RETRY: u64 = 10_000;
const FULL: u64 = 10 * RETRY;
const OF_A_REQUEST: u64 = RETRY / 10;

impl RetryBudget {
    /// A request began that is no retry.
    pub fn note_request(&mut self) {
        self.missing = self.missing.saturating_sub(OF_A_REQUEST);
    }

    /// Whole retries that are left.
    pub fn left(&self, now: u64) -> u64 {
        (FULL - self.missing_at(now)) / RETRY
    }

    fn missing_at(&self, now: u64) -> u64 {
        self.missing.saturating_sub(now.saturating_sub(self.at)).min(FULL)
    }

    fn take(&mut self, now: u64) -> bool {
        let missing = self.missing_at(now);
        self.at = now.max(self.at);
        self.missing = missing;
        let is_left = missing + RETRY <= FULL;
        if is_left {
            self.missing += RETRY;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure::FailureClass;
    use crate::testing::Random;

    fn failure(class: FailureClass, retry_after: Option<u64>) -> Failure {
        Failure { retry_after, ..*Failure::transport(class, "") }
    }

    fn decide(failure: &Failure, attempts: u32, left: u64, random: u32) -> Decision {
        let situation = Situation { failure, attempts, now: 1_000_000, deadline: 1_000_000 + left, random };
        Policy::default().decide(&situation, &mut RetryBudget::default())
    }

    #[test]
    fn waits_double_and_scatter() {
        let failure = failure(FailureClass::Overloaded, None);
        for (attempts, around) in [(1, 500), (2, 1000)] {
            let wait = |random| match decide(&failure, attempts, 60_000, random) {
                Decision::Retry { wait } => wait,
                Decision::Stop(why) => panic!("{why:?}"),
            };
            assert_eq!(wait(0), around * 3 / 4);
            assert!(wait(u32::MAX) > around * 120 / 100 && wait(u32::MAX) <= around * 5 / 4, "{}", wait(u32::MAX));
            assert!(wait(u32::MAX / 2) > wait(u32::MAX / 4));
        }
        assert_eq!(decide(&failure, 3, 60_000, 0), Decision::Stop(Why::Attempts));
        let patient = Policy { retries: 40, ..Policy::default() };
        assert_eq!(patient.wait(40, None, 0), 6000);
    }

    #[test]
    fn what_the_server_asks_for_is_kept_to_or_not_tried() {
        let limited = |wait| failure(FailureClass::RateLimited, Some(wait));
        assert_eq!(decide(&limited(3000), 1, 5000, 0), Decision::Retry { wait: 3000 });
        assert_eq!(decide(&limited(3000), 1, 5000, u32::MAX), Decision::Retry { wait: 3749 });
        assert_eq!(decide(&limited(3000), 1, 3100, 0), Decision::Stop(Why::Deadline));
        assert_eq!(decide(&limited(u64::MAX), 1, 3100, 7), Decision::Stop(Why::Deadline));
        assert_eq!(decide(&limited(0), 1, 5000, 0), Decision::Retry { wait: 375 });
    }

    #[test]
    fn every_class_is_tried_again_only_if_it_passes() {
        for class in FailureClass::ALL {
            let retried = matches!(decide(&failure(class, None), 1, 60_000, 9), Decision::Retry { .. });
            assert_eq!(retried, class.is_passing(), "{class:?}");
        }
    }

    #[test]
    fn no_decision_goes_past_the_deadline() {
        let mut random = Random::new(5);
        for _ in 0..20_000 {
            let asked = random.chance(50).then(|| random.next() >> random.below(64));
            let (now, left) = (random.next() >> 20, random.next() >> (30 + random.below(30)));
            let failure = failure(FailureClass::ALL[random.below(23)], asked);
            let situation = Situation {
                failure: &failure,
                attempts: 1 + random.below(4) as u32,
                now,
                deadline: now + left,
                random: random.next() as u32,
            };
            let decision = Policy::default().decide(&situation, &mut RetryBudget::default());
            if let Decision::Retry { wait } = decision {
                assert!(now + wait + 200 <= now + left && asked.is_none_or(|asked| asked == 0 || wait >= asked));
            }
        }
    }

    #[test]
    fn in_an_outage_retries_are_a_tenth_of_the_requests() {
        let mut budget = RetryBudget::default();
        let failure = failure(FailureClass::Server, None);
        let mut retries = 0;
        for _ in 0..1000 {
            budget.note_request();
            for attempts in 1..=2 {
                let situation = Situation { failure: &failure, attempts, now: 50_000, deadline: 90_000, random: 0 };
                retries += u32::from(matches!(Policy::default().decide(&situation, &mut budget), Decision::Retry { .. }));
            }
        }
        assert!((100..=111).contains(&retries), "{retries}");
        assert_eq!(budget.left(50_000), 0);
        assert_eq!(budget.left(60_000), 1, "after ten seconds there is one more");
        assert_eq!(budget.left(10_000_000), 10);
    }
}
