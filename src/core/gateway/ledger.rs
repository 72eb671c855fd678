//! Accounts by key (a role, a server) in a table of fixed size.
//!
//! Small and looked through from end to end: a few hundred places are a microsecond. An account that owes nothing and has spent
//! nothing today gives its place to another; one that has keeps it, so that no limit is escaped by crowding it out.

use super::limits::{Clock, Limiter};

/// A place for one account.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Whose it is; 0 for nobody's.
    pub key: u64,
    /// What is spent.
    pub limiter: Limiter,
}

/// The place of a key's account, opened if there is none. None when every place belongs to another who still needs it: the caller
/// must then refuse, or limits would not hold. `key` is not 0.
pub fn account(accounts: &mut [Account], key: u64, clock: &Clock) -> Option<usize> {
    let mut free = None;
    for (place, account) in accounts.iter().enumerate() {
        if account.key == key {
            return Some(place);
        }
        if free.is_none() && (account.key == 0 || account.limiter.is_idle(clock)) {
            free = Some(place);
        }
    }
    let place = free?;
    accounts[place] = Account { key, limiter: Limiter::default() };
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::limits::{Limits, Payer, Who, reserve};

    #[test]
    fn a_place_is_given_up_only_when_nothing_is_owed() {
        let mut accounts = [Account::default(); 3];
        let clock = Clock { now: 1000, day: 5, day_left: 1000 };
        for key in 1..=3 {
            let place = account(&mut accounts, key, &clock).expect("a place");
            let limiter = &mut accounts[place].limiter;
            let tokens = if key == 2 { 0 } else { 10 };
            let mut payers = [Payer { who: Who::Role, limits: Limits { requests_per_minute: 5, ..Limits::default() }, limiter }];
            assert!(reserve(&mut payers, tokens, &clock).is_ok());
            assert_eq!(account(&mut accounts, key, &clock), Some(place));
        }
        assert_eq!(account(&mut accounts, 4, &clock), None);
        let later = Clock { now: 61_000, ..clock };
        assert_eq!(account(&mut accounts, 4, &later), Some(1), "role 2 spent no tokens and its minute is over");
        let tomorrow = Clock { day: 6, ..later };
        assert_eq!(account(&mut accounts, 9, &tomorrow), Some(0));
    }
}
