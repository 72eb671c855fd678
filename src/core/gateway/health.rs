//! All that is known of one server's state, asked and told in one place.

use super::breaker::{Breaker, Permit, Verdict};
use super::cooldown::Cooldown;
use super::misconfigured::Misconfigured;
use super::retry::RetryBudget;
use super::route::Standing;
use crate::provider::failure::{Failure, FailureClass, Meaning};

/// One server's state in shared memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether it works.
    pub breaker: Breaker,
    /// Whether it asked for patience.
    pub cooldown: Cooldown,
    /// Which keys it rejects.
    pub misconfigured: Misconfigured,
    /// How many retries are left.
    pub retries: RetryBudget,
}

impl Health {
    /// How the server stands towards a caller whose options have this fingerprint. Changes nothing: several servers are looked at
    /// before one is chosen.
    pub fn standing(&self, fingerprint: u64, now: u64) -> Standing {
        if let Some(class) = self.misconfigured.blocks(fingerprint, now) {
            return Standing::Misconfigured(class);
        }
        if let Some(until) = self.cooldown.until(now) {
            return Standing::Cooling { until };
        }
        match self.breaker.blocked_until(now) {
            Some(until) => Standing::Open { until },
            None => Standing::Ready,
        }
    }

    /// Lets one call through; else says why not. Every permit must come back by [`Health::report`].
    pub fn admit(&mut self, fingerprint: u64, now: u64) -> Result<Permit, Standing> {
        match self.standing(fingerprint, now) {
            Standing::Ready => {}
            standing => return Err(standing),
        }
        let permit = self.breaker.admit(now).map_err(|until| Standing::Open { until })?;
        if let Err(class) = self.misconfigured.admit(fingerprint, now) {
            self.breaker.report(permit, Verdict::Silent, now, 0);
            return Err(Standing::Misconfigured(class));
        }
        Ok(permit)
    }

    /// A permit that no call was made with, or of whose call nobody knows what became.
    pub fn give_back(&mut self, permit: Permit, now: u64) {
        self.breaker.report(permit, Verdict::Silent, now, 0);
    }

    /// What became of a call.
    pub fn report(&mut self, permit: Permit, fingerprint: u64, result: Result<(), &Failure>, now: u64, random: u32) {
        let failure = match result {
            Ok(()) => {
                self.breaker.report(permit, Verdict::Well, now, random);
                self.cooldown.note_success();
                self.misconfigured.note_success(fingerprint);
                return;
            }
            Err(failure) => failure,
        };
        self.breaker.report(permit, Verdict::of(failure.class), now, random);
        match failure.class.meaning() {
            Meaning::Patience => {
                let quota = failure.class == FailureClass::QuotaExhausted;
                self.cooldown.start(failure.retry_after, quota, now, random);
            }
            Meaning::Misconfigured => self.misconfigured.note_rejection(fingerprint, failure.class, now),
            Meaning::Unwell | Meaning::Request | Meaning::Ours => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn fail(health: &mut Health, class: FailureClass, retry_after: Option<u64>, now: u64) {
        let permit = health.admit(7, now).expect("ready");
        let failure = Failure { retry_after, ..*Failure::transport(class, "") };
        health.report(permit, 7, Err(&failure), now, 0);
    }

    #[test]
    fn each_kind_of_failure_has_its_own_consequence() {
        for class in FailureClass::ALL {
            let mut health = Health::default();
            for _ in 0..5 {
                if health.standing(7, NOW) == Standing::Ready {
                    fail(&mut health, class, None, NOW);
                }
            }
            let expected = match class.meaning() {
                Meaning::Unwell => Standing::Open { until: NOW + 5_000 },
                Meaning::Patience if class == FailureClass::QuotaExhausted => Standing::Cooling { until: NOW + 300_000 },
                Meaning::Patience => Standing::Cooling { until: NOW + 5_000 },
                Meaning::Misconfigured => Standing::Misconfigured(class),
                Meaning::Request | Meaning::Ours => Standing::Ready,
            };
            assert_eq!(health.standing(7, NOW), expected, "{class:?}");
            assert_eq!(health.admit(7, NOW).err(), (expected != Standing::Ready).then_some(expected.clone()), "{class:?}");
            if matches!(expected, Standing::Misconfigured(_)) {
                assert_eq!(health.standing(8, NOW), Standing::Ready, "another key is another matter");
            }
        }
    }

    #[test]
    fn a_success_ends_what_it_can() {
        let mut health = Health::default();
        fail(&mut health, FailureClass::RateLimited, Some(1_000), NOW);
        let early = NOW + 1_000;
        let permit = health.admit(7, early).expect("its time is over");
        health.report(permit, 7, Ok(()), early, 0);
        assert_eq!(health.standing(7, early), Standing::Ready);
        fail(&mut health, FailureClass::RateLimited, None, early);
        assert_eq!(health.standing(7, early), Standing::Cooling { until: early + 5_000 }, "it begins from the start");
    }

    #[test]
    fn permits_that_were_not_used_leave_room_for_others() {
        let mut health = Health::default();
        for _ in 0..5 {
            fail(&mut health, FailureClass::Connect, None, NOW);
        }
        let later = NOW + 6_000;
        for _ in 0..10 {
            let permit = health.admit(7, later).expect("a probe");
            health.give_back(permit, later);
        }
        assert_eq!(health.standing(7, later), Standing::Ready);
    }

    #[test]
    fn a_probe_that_meets_a_bad_key_gives_its_place_back() {
        let mut health = Health::default();
        for _ in 0..5 {
            fail(&mut health, FailureClass::Connect, None, NOW);
        }
        let later = NOW + 6_000;
        for key in 10..20 {
            let permit = health.admit(key, later).expect("a probe");
            health.report(permit, key, Err(&Failure::transport(FailureClass::Auth, "")), later, 0);
        }
        assert_eq!(health.standing(99, later), Standing::Ready);
    }
}
