//! A server that rejects the key (401, 403) is not asked with that key again: only somebody who changes the options can help.
//!
//! What a rejection is about is a fingerprint of the options, the caller's key included (its file's time and size, or the user
//! mapping): the state ends for whoever comes with another one. As gateways sometimes report their own outages as a bad key, one call
//! goes through every few minutes.

use crate::provider::failure::FailureClass;

/// Keys of one server that are kept in mind: users may have keys of their own, and one bad key must not block the others.
const MARKS: usize = 4;
/// Milliseconds after which one call is let through to see whether it is still so.
pub const RECHECK: u64 = 300_000;

/// See the module.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Misconfigured {
    marks: [Mark; MARKS],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mark {
    /// 0 for a free place.
    fingerprint: u64,
    /// When it was rejected, or last let through to see.
    at: u64,
    /// The number of the failure's class.
    class: u32,
    _unused: u32,
}

impl Misconfigured {
    /// The class of the failure for which calls with these options are blocked; none where they are not.
    pub fn blocks(&self, fingerprint: u64, now: u64) -> Option<FailureClass> {
        let mark = self.mark(fingerprint)?;
        let class = FailureClass::ALL.get(mark.class as usize).copied()?;
        (now < mark.at.saturating_add(RECHECK)).then_some(class)
    }

    /// Like [`Misconfigured::blocks`], by somebody who is about to call: once the time for it has come, one caller gets through and
    /// the others wait for what it finds.
    pub fn admit(&mut self, fingerprint: u64, now: u64) -> Result<(), FailureClass> {
        if let Some(class) = self.blocks(fingerprint, now) {
            return Err(class);
        }
        if let Some(mark) = self.marks.iter_mut().find(|mark| is(mark, fingerprint)) {
            mark.at = now;
        }
        Ok(())
    }

    /// The key was rejected.
    pub fn note_rejection(&mut self, fingerprint: u64, class: FailureClass, now: u64) {
        let place = self.marks.iter().position(|mark| is(mark, fingerprint)).unwrap_or_else(|| self.place_for_another());
        self.marks[place] = Mark { fingerprint: known(fingerprint), at: now, class: class as u32, _unused: 0 };
    }

    /// The key was accepted.
    pub fn note_success(&mut self, fingerprint: u64) {
        for mark in self.marks.iter_mut().filter(|mark| is(mark, fingerprint)) {
            *mark = Mark::default();
        }
    }

    fn mark(&self, fingerprint: u64) -> Option<&Mark> {
        self.marks.iter().find(|mark| is(mark, fingerprint))
    }

    /// A free place, or the one of the oldest mark.
    fn place_for_another(&self) -> usize {
        let age = |place: &usize| (self.marks[*place].fingerprint != 0, self.marks[*place].at);
        (0..MARKS).min_by_key(age).unwrap_or(0)
    }
}

fn is(mark: &Mark, fingerprint: u64) -> bool {
    mark.fingerprint == known(fingerprint)
}

/// A fingerprint that is not the mark of a free place.
fn known(fingerprint: u64) -> u64 {
    fingerprint.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    #[test]
    fn it_ends_when_the_options_change() {
        let mut state = Misconfigured::default();
        assert_eq!(state.blocks(7, NOW), None);
        state.note_rejection(7, FailureClass::Auth, NOW);
        assert_eq!(state.blocks(7, NOW + 1), Some(FailureClass::Auth));
        assert_eq!(state.admit(7, NOW + 1), Err(FailureClass::Auth));
        assert_eq!(state.admit(8, NOW + 1), Ok(()));
        state.note_rejection(8, FailureClass::Forbidden, NOW + 2);
        assert_eq!(state.blocks(7, NOW + 3), Some(FailureClass::Auth));
        state.note_success(7);
        assert_eq!(state.blocks(7, NOW + 3), None);
        assert_eq!(state.blocks(8, NOW + 3), Some(FailureClass::Forbidden));
    }

    #[test]
    fn one_caller_looks_again_after_some_minutes() {
        let mut state = Misconfigured::default();
        state.note_rejection(0, FailureClass::Auth, NOW);
        let later = NOW + RECHECK;
        let through = (0..10).filter(|_| state.admit(0, later).is_ok()).count();
        assert_eq!(through, 1);
        assert_eq!(state.blocks(0, later + 1), Some(FailureClass::Auth));
    }

    #[test]
    fn many_bad_keys_push_out_the_oldest() {
        let mut state = Misconfigured::default();
        for key in 1..=5 {
            state.note_rejection(key, FailureClass::Auth, NOW + key);
        }
        assert_eq!(state.blocks(1, NOW + 9), None);
        for key in 2..=5 {
            assert_eq!(state.blocks(key, NOW + 9), Some(FailureClass::Auth));
        }
    }
}
