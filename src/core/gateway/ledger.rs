//! Accounts of servers, and of roles with them, in a table of fixed size.
//!
//! Small and looked through from end to end: a few hundred places are a microsecond. An account that owes nothing and has spent
//! nothing today gives its place to another; one that has keeps it, so that no limit is escaped by crowding it out.

use super::cost::Cost;
use super::limits::{self, Clock, Denied, Limiter, Limits, Payer, Reservation, Who};

/// Whose account: a server's in its database, or a role's with that server. All zero is nobody.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Key {
    /// The database's OID.
    pub database: u32,
    /// The foreign server's OID.
    pub server: u32,
    /// The role's OID; 0 for all roles together.
    pub role: u32,
}

/// A place for one account.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub key: Key,
    _unused: u32,
    /// What is spent.
    pub limiter: Limiter,
}

/// One who pays for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// On whose account it goes.
    pub who: Who,
    /// Which account that is.
    pub key: Key,
    /// What is allowed.
    pub limits: Limits,
}

/// Why nothing was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A limit is reached.
    Denied(Denied),
    /// Every place belongs to another who still needs it: without an account no limit would hold.
    NoPlace,
}

/// Sets a request aside on the accounts of all who pay for it, or on none; accounts are opened as needed. Where there is no limit,
/// there is no account.
pub fn reserve(accounts: &mut [Account], shares: &[Share], tokens: u64, clock: &Clock) -> Result<Reservation, Refused> {
    let mut drafts = drafts(accounts, shares, clock)?;
    let reservation = limits::reserve(&mut payers(&mut drafts), tokens, clock).map_err(Refused::Denied)?;
    for draft in drafts {
        accounts[draft.place] = draft.account;
    }
    Ok(reservation)
}

/// Why a request would be refused now. Changes nothing.
pub fn refused(accounts: &[Account], shares: &[Share], tokens: u64, clock: &Clock) -> Option<Refused> {
    match drafts(accounts, shares, clock) {
        Ok(mut drafts) => limits::reserve(&mut payers(&mut drafts), tokens, clock).err().map(Refused::Denied),
        Err(refused) => Some(refused),
    }
}

/// The request is over: closes it on the accounts it was set aside on, those that have been given up since left out.
pub fn close(accounts: &mut [Account], keys: impl IntoIterator<Item = Key>, reservation: Reservation, cost: Cost) {
    for key in keys {
        if let Some(account) = accounts.iter_mut().find(|account| account.key == key) {
            account.limiter.close(reservation, cost);
        }
    }
}

/// An account as it will be, and where.
struct Draft {
    place: usize,
    account: Account,
    share: Share,
}

fn drafts(accounts: &[Account], shares: &[Share], clock: &Clock) -> Result<Vec<Draft>, Refused> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(shares.len());
    for share in shares.iter().filter(|share| share.limits.is_any()) {
        let place = place(accounts, share.key, clock, &drafts).ok_or(Refused::NoPlace)?;
        let kept = accounts.get(place).filter(|account| account.key == share.key).copied();
        let account = kept.unwrap_or(Account { key: share.key, ..Account::default() });
        drafts.push(Draft { place, account, share: *share });
    }
    Ok(drafts)
}

fn payers(drafts: &mut [Draft]) -> Vec<Payer<'_>> {
    drafts
        .iter_mut()
        .map(|Draft { account, share, .. }| Payer { who: share.who, limits: share.limits, limiter: &mut account.limiter })
        .collect()
}

/// The place of a key's account, or one that can be had for it.
fn place(accounts: &[Account], key: Key, clock: &Clock, drafts: &[Draft]) -> Option<usize> {
    let is_free = |(place, account): &(usize, &Account)| {
        (account.key == Key::default() || account.limiter.is_idle(clock)) && drafts.iter().all(|draft| draft.place != *place)
    };
    let own = accounts.iter().position(|account| account.key == key);
    own.or_else(|| accounts.iter().enumerate().find(is_free).map(|(place, _)| place))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Clock = Clock { now: 1000, day: 5, day_left: 1000 };
    const LIMITS: Limits = Limits { requests_per_minute: 5, tokens_per_minute: 0, tokens_per_day: 100 };

    fn share(role: u32) -> Share {
        let who = if role == 0 { Who::Server } else { Who::Role };
        Share { who, key: Key { database: 1, server: 2, role }, limits: LIMITS }
    }

    fn holders(accounts: &[Account]) -> Vec<u32> {
        accounts.iter().filter(|account| account.key != Key::default()).map(|account| account.key.role).collect()
    }

    #[test]
    fn a_place_is_given_up_only_when_nothing_is_owed() {
        let mut accounts = [Account::default(); 3];
        for role in 1..=3 {
            let tokens = if role == 2 { 0 } else { 10 };
            assert!(reserve(&mut accounts, &[share(role)], tokens, &CLOCK).is_ok());
            assert!(reserve(&mut accounts, &[share(role)], tokens, &CLOCK).is_ok());
        }
        assert_eq!(holders(&accounts), [1, 2, 3]);
        assert_eq!(reserve(&mut accounts, &[share(4)], 1, &CLOCK), Err(Refused::NoPlace));
        let later = Clock { now: 61_000, ..CLOCK };
        assert!(reserve(&mut accounts, &[share(4)], 1, &later).is_ok());
        assert_eq!(holders(&accounts), [1, 4, 3], "role 2 spent no tokens and its minute is over");
        let tomorrow = Clock { day: 6, now: 200_000, ..later };
        assert!(reserve(&mut accounts, &[share(9)], 1, &tomorrow).is_ok());
        assert_eq!(holders(&accounts), [9, 4, 3]);
    }

    #[test]
    fn two_who_pay_get_two_places_or_none() {
        let mut accounts = [Account::default(); 3];
        assert!(reserve(&mut accounts, &[share(0), share(1)], 60, &CLOCK).is_ok());
        assert_eq!(holders(&accounts), [0, 1]);
        let denied = reserve(&mut accounts, &[share(0), share(2)], 60, &CLOCK);
        assert!(matches!(denied, Err(Refused::Denied(Denied { who: Who::Server, .. }))), "{denied:?}");
        assert_eq!(holders(&accounts), [0, 1], "whoever may not pay opens no account");
        assert_eq!(refused(&accounts, &[share(2), share(3)], 1, &CLOCK), Some(Refused::NoPlace));
    }

    #[test]
    fn what_is_over_is_closed_on_the_accounts_that_it_was_set_aside_on() {
        let mut accounts = [Account::default(); 3];
        let reservation = reserve(&mut accounts, &[share(0), share(1)], 60, &CLOCK).expect("room");
        close(&mut accounts, [share(0).key, share(1).key, share(7).key], reservation, Cost::Tokens(10));
        assert_eq!(accounts.map(|account| account.limiter.spent_on(5)), [10, 10, 0]);
        let reservation = reserve(&mut accounts, &[share(0), share(1)], 60, &CLOCK).expect("room");
        assert!(refused(&accounts, &[share(0), share(1)], 60, &CLOCK).is_some());
        close(&mut accounts, [share(0).key, share(1).key], reservation, Cost::Nothing);
        assert_eq!(refused(&accounts, &[share(0), share(1)], 60, &CLOCK), None);
    }

    #[test]
    fn without_limits_there_are_no_accounts() {
        let mut accounts = [Account::default(); 1];
        let free = Share { limits: Limits::default(), ..share(1) };
        assert!(reserve(&mut accounts, &[Share { limits: Limits::default(), ..share(0) }, free], u64::MAX, &CLOCK).is_ok());
        assert!(holders(&accounts).is_empty());
    }
}
