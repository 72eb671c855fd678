//! A server that asks for patience (429) is left alone for as long as it asks, without being taken for broken.

use super::lengthened;

/// Milliseconds where the server does not say how long, the first time and at most.
const FIRST: u64 = 5_000;
const LONGEST: u64 = 60_000;
/// The same where a quota is used up: that does not pass within seconds.
const FIRST_OF_QUOTA: u64 = 300_000;
const LONGEST_OF_QUOTA: u64 = 3_600_000;
/// Milliseconds that are believed: whoever asks for years is asked again after an hour.
const BELIEVED: u64 = 3_600_000;

/// See the module.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cooldown {
    until: u64,
    /// Times in a row without a success between.
    rounds: u32,
    _unused: u32,
}

impl Cooldown {
    /// Until when the server is left alone, if it is now.
    pub fn until(&self, now: u64) -> Option<u64> {
        (now < self.until).then_some(self.until)
    }

    /// The server asked for patience: for `asked` milliseconds, or without a time. `quota` says that an allowance is used up, and not
    /// only a rate exceeded. Never shortens what runs.
    pub fn start(&mut self, asked: Option<u64>, quota: bool, now: u64, random: u32) {
        let (first, longest) = if quota { (FIRST_OF_QUOTA, LONGEST_OF_QUOTA) } else { (FIRST, LONGEST) };
        let wait = match asked {
            Some(wait) if wait > 0 => wait.min(BELIEVED),
            _ => first.saturating_mul(1 << self.rounds.min(10)).min(longest),
        };
        // Calls that were under way together are rejected together: that is one round.
        if self.until(now).is_none() {
            self.rounds = self.rounds.saturating_add(1);
        }
        self.until = self.until.max(now.saturating_add(lengthened(wait, random)));
    }

    /// A call succeeded. What runs goes on: that call may have begun before.
    pub fn note_success(&mut self) {
        self.rounds = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn waits(asked: Option<u64>, quota: bool) -> u64 {
        let mut cooldown = Cooldown::default();
        cooldown.start(asked, quota, NOW, 0);
        cooldown.until(NOW).map_or(0, |until| until - NOW)
    }

    #[test]
    fn as_long_as_the_server_asks_within_reason() {
        assert_eq!(waits(Some(250), false), 250);
        assert_eq!(waits(Some(90_000), false), 90_000);
        assert_eq!(waits(Some(1_000_000_000_000), false), 3_600_000);
        assert_eq!(waits(Some(u64::MAX), true), 3_600_000);
        assert_eq!(waits(None, false), 5_000);
        assert_eq!(waits(Some(0), false), 5_000);
        assert_eq!(waits(None, true), 300_000);
        assert_eq!(waits(Some(34_000), true), 34_000);
    }

    #[test]
    fn longer_each_time_until_something_succeeds() {
        let mut cooldown = Cooldown::default();
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..6 {
            cooldown.start(None, false, now, 0);
            let until = cooldown.until(now).expect("cooling");
            waits.push(until - now);
            now = until;
        }
        assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
        cooldown.note_success();
        cooldown.start(None, false, now, 0);
        assert_eq!(cooldown.until(now), Some(now + 5_000));
    }

    #[test]
    fn many_rejected_together_are_one_round_and_nothing_gets_shorter() {
        let mut cooldown = Cooldown::default();
        for _ in 0..50 {
            cooldown.start(None, false, NOW, 0);
        }
        assert_eq!(cooldown.rounds, 1);
        cooldown.start(Some(30_000), false, NOW, 0);
        cooldown.start(Some(1), false, NOW + 1, 0);
        assert_eq!(cooldown.until(NOW + 1), Some(NOW + 30_000));
        assert_eq!(cooldown.until(NOW + 30_000), None);
    }
}
