//! How much may be spent: requests and tokens a minute, tokens a day, for a role and for a server.
//!
//! What a request will cost is known when it is over. So its greatest cost is reserved before, and settled with the real one after;
//! a request that costs more than was reserved leaves a debt that has to be worked off before the next.

use super::cost::Cost;

/// What is allowed; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests that fill in within a minute.
    pub requests_per_minute: u32,
    /// Tokens, in and out together, that fill in within a minute.
    pub tokens_per_minute: u32,
    /// Tokens, in and out together, of one calendar day.
    pub tokens_per_day: u64,
}

impl Limits {
    /// Whether there is anything to keep an account of.
    pub fn is_any(&self) -> bool {
        *self != Limits::default()
    }
}

/// What the clocks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds on the clock that never goes back.
    pub now: u64,
    /// The number of the calendar day.
    pub day: u64,
    /// Milliseconds until the next day begins.
    pub day_left: u64,
}

/// What one role, or one server, has spent.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limiter {
    requests: Bucket,
    tokens: Bucket,
    /// The day that is counted, plus one.
    day: u64,
    spent: u64,
}

/// A bucket that holds a minute's worth and fills steadily. Kept is what is missing, so that all zero is full, in units times
/// 60,000: then one millisecond fills in exactly the rate.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    missing: u64,
    at: u64,
}

const UNIT: u64 = 60_000;

/// One who pays: which limits, and what is spent of them.
#[derive(Debug)]
pub struct Payer<'a> {
    /// On whose account it goes.
    pub who: Who,
    /// What is allowed.
    pub limits: Limits,
    /// What is spent.
    pub limiter: &'a mut Limiter,
}

/// On whose account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The role that asks.
    Role,
    /// The server that is asked, for all roles together.
    Server,
}

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// See [`Limits`].
    RequestsPerMinute,
    /// See [`Limits`].
    TokensPerMinute,
    /// See [`Limits`].
    TokensPerDay,
}

impl Limit {
    /// The server option that sets it.
    pub fn option(self) -> &'static str {
        match self {
            Limit::RequestsPerMinute => "requests_per_minute",
            Limit::TokensPerMinute => "tokens_per_minute",
            Limit::TokensPerDay => "tokens_per_day",
        }
    }
}

/// Why a request may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// Whose limit it is.
    pub who: Who,
    /// Which limit it is.
    pub limit: Limit,
    /// What the limit is.
    pub allowed: u64,
    /// Milliseconds after which it may be; none where it never may, because the request alone is more than the limit allows.
    pub wait: Option<u64>,
}

/// What was set aside for a request that is on its way.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reservation {
    tokens: u64,
    /// The day on which it counts.
    day: u64,
}

/// Sets aside one request and its tokens on every account, or on none.
pub fn reserve(payers: &mut [Payer<'_>], tokens: u64, clock: &Clock) -> Result<Reservation, Denied> {
    for payer in payers.iter() {
        payer.limiter.check(payer.limits, tokens, clock).map_err(|(limit, allowed, wait)| Denied {
            who: payer.who,
            limit,
            allowed,
            wait,
        })?;
    }
    for payer in payers.iter_mut() {
        payer.limiter.take(payer.limits, tokens, clock);
    }
    Ok(Reservation { tokens, day: clock.day })
}

impl Limiter {
    /// What stands against a request of so many tokens.
    fn check(&self, limits: Limits, tokens: u64, clock: &Clock) -> Result<(), (Limit, u64, Option<u64>)> {
        self.requests
            .check(limits.requests_per_minute, 1, clock.now)
            .map_err(|wait| (Limit::RequestsPerMinute, u64::from(limits.requests_per_minute), wait))?;
        self.tokens
            .check(limits.tokens_per_minute, tokens, clock.now)
            .map_err(|wait| (Limit::TokensPerMinute, u64::from(limits.tokens_per_minute), wait))?;
        let allowed = limits.tokens_per_day;
        if allowed > 0 && self.spent_on(clock.day).saturating_add(tokens) > allowed {
            return Err((Limit::TokensPerDay, allowed, (tokens <= allowed).then_some(clock.day_left)));
        }
        Ok(())
    }

    fn take(&mut self, limits: Limits, tokens: u64, clock: &Clock) {
        self.requests.take(limits.requests_per_minute, 1, clock.now);
        self.tokens.take(limits.tokens_per_minute, tokens, clock.now);
        self.spent = self.spent_on(clock.day).saturating_add(tokens);
        self.day = clock.day + 1;
    }

    /// A request is over. `used` are its real tokens; none keeps what was reserved, because the server did not say.
    pub fn settle(&mut self, reservation: Reservation, used: Option<u64>) {
        let Some(used) = used else { return };
        self.tokens.correct(reservation.tokens, used);
        if self.day == reservation.day + 1 {
            self.spent = self.spent.saturating_sub(reservation.tokens).saturating_add(used);
        }
    }

    /// A request was never made: everything goes back.
    pub fn cancel(&mut self, reservation: Reservation) {
        self.requests.correct(1, 0);
        self.settle(reservation, Some(0));
    }

    /// A request is over, one way or the other.
    pub fn close(&mut self, reservation: Reservation, cost: Cost) {
        match cost {
            Cost::Nothing => self.cancel(reservation),
            Cost::Tokens(used) => self.settle(reservation, Some(used)),
            Cost::Unknown => self.settle(reservation, None),
        }
    }

    /// Tokens of one day so far, those included that are set aside.
    pub fn spent_on(&self, day: u64) -> u64 {
        if self.day == day + 1 { self.spent } else { 0 }
    }

    /// Whether nothing is lost when it is forgotten.
    pub fn is_idle(&self, clock: &Clock) -> bool {
        let is_full = |bucket: &Bucket| bucket.missing == 0 || clock.now.saturating_sub(bucket.at) >= 60_000;
        self.spent_on(clock.day) == 0 && is_full(&self.requests) && is_full(&self.tokens)
    }
}

impl Bucket {
    fn missing_at(&self, rate: u32, now: u64) -> u64 {
        self.missing.saturating_sub(now.saturating_sub(self.at).saturating_mul(u64::from(rate)))
    }

    /// Milliseconds until so many are there; none for never.
    fn check(&self, rate: u32, wanted: u64, now: u64) -> Result<(), Option<u64>> {
        if rate == 0 {
            return Ok(());
        }
        if wanted > u64::from(rate) {
            return Err(None);
        }
        let most = u64::from(rate) * UNIT;
        let over = self.missing_at(rate, now).saturating_add(wanted * UNIT).saturating_sub(most);
        if over == 0 { Ok(()) } else { Err(Some(over.div_ceil(u64::from(rate)))) }
    }

    fn take(&mut self, rate: u32, taken: u64, now: u64) {
        if rate == 0 {
            // A limit that is set later begins with a full bucket.
            *self = Bucket { missing: 0, at: now };
            return;
        }
        self.missing = self.missing_at(rate, now).saturating_add(taken.saturating_mul(UNIT));
        self.at = now.max(self.at);
    }

    /// Puts the real cost in place of the reserved one. What was filled in meanwhile stays filled in.
    fn correct(&mut self, reserved: u64, used: u64) {
        let more = used.saturating_sub(reserved).saturating_mul(UNIT);
        let less = reserved.saturating_sub(used).saturating_mul(UNIT);
        self.missing = self.missing.saturating_add(more).saturating_sub(less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const START: u64 = 1_000_000;

    fn clock(now: u64) -> Clock {
        Clock { now, day: now / 86_400_000, day_left: 86_400_000 - now % 86_400_000 }
    }

    fn ask(limiter: &mut Limiter, limits: Limits, tokens: u64, now: u64) -> Result<Reservation, Denied> {
        reserve(&mut [Payer { who: Who::Role, limits, limiter }], tokens, &clock(now))
    }

    #[test]
    fn requests_fill_in_steadily() {
        let limits = Limits { requests_per_minute: 60, ..Limits::default() };
        let mut limiter = Limiter::default();
        for _ in 0..60 {
            assert!(ask(&mut limiter, limits, 1, START).is_ok());
        }
        let denied = Denied { who: Who::Role, limit: Limit::RequestsPerMinute, allowed: 60, wait: Some(1000) };
        assert_eq!(ask(&mut limiter, limits, 1, START), Err(denied));
        assert_eq!(ask(&mut limiter, limits, 1, START + 999).map_err(|denied| denied.wait), Err(Some(1)));
        assert!(ask(&mut limiter, limits, 1, START + 1000).is_ok());
    }

    #[test]
    fn no_minute_sees_more_than_twice_the_rate_and_no_hour_more_than_one_minute_too_much() {
        let limits = Limits { requests_per_minute: 10, ..Limits::default() };
        let mut limiter = Limiter::default();
        let taken: Vec<u64> = (0..3_600_000).step_by(100).filter(|at| ask(&mut limiter, limits, 1, START + at).is_ok()).collect();
        assert!(taken.len() <= 610 && taken.len() >= 600, "{}", taken.len());
        assert!(taken.windows(21).all(|many| many[20] - many[0] >= 60_000));
    }

    #[test]
    fn what_is_reserved_is_settled() {
        let limits = Limits { tokens_per_minute: 1000, tokens_per_day: 5000, ..Limits::default() };
        let mut limiter = Limiter::default();
        let first = ask(&mut limiter, limits, 800, START).expect("room");
        assert_eq!(
            ask(&mut limiter, limits, 800, START).map_err(|denied| (denied.limit, denied.wait)),
            Err((Limit::TokensPerMinute, Some(36_000)))
        );
        limiter.settle(first, Some(100));
        assert!(ask(&mut limiter, limits, 800, START).is_ok());
        assert_eq!(limiter.spent_on(clock(START).day), 900);
        assert_eq!(limiter.spent_on(clock(START).day + 1), 0);
    }

    #[test]
    fn a_debt_is_worked_off() {
        let limits = Limits { tokens_per_minute: 1000, ..Limits::default() };
        let mut limiter = Limiter::default();
        let first = ask(&mut limiter, limits, 1000, START).expect("room");
        limiter.settle(first, Some(3000));
        let denied = ask(&mut limiter, limits, 1000, START).expect_err("in debt");
        assert_eq!(denied.wait, Some(180_000));
        assert!(ask(&mut limiter, limits, 1000, START + 180_000).is_ok());
    }

    #[test]
    fn what_alone_is_too_much_never_fits() {
        let limits = Limits { tokens_per_minute: 1000, tokens_per_day: 1500, ..Limits::default() };
        let mut limiter = Limiter::default();
        assert_eq!(ask(&mut limiter, limits, 1001, START).map_err(|denied| denied.wait), Err(None));
        let limits = Limits { tokens_per_day: 1500, ..Limits::default() };
        assert_eq!(
            ask(&mut limiter, limits, 1501, START).map_err(|denied| (denied.limit, denied.wait)),
            Err((Limit::TokensPerDay, None))
        );
    }

    #[test]
    fn a_day_ends_and_a_late_settlement_does_not_touch_the_next() {
        let limits = Limits { tokens_per_day: 1000, ..Limits::default() };
        let mut limiter = Limiter::default();
        let evening = 86_400_000 - 1000;
        let late = ask(&mut limiter, limits, 1000, evening).expect("room");
        assert_eq!(ask(&mut limiter, limits, 1, evening).map_err(|denied| denied.wait), Err(Some(1000)));
        assert!(ask(&mut limiter, limits, 600, evening + 2000).is_ok());
        limiter.settle(late, Some(1));
        assert_eq!(limiter.spent_on(1), 600);
    }

    #[test]
    fn all_pay_or_none() {
        let (mut role, mut server) = (Limiter::default(), Limiter::default());
        let narrow = Limits { requests_per_minute: 1, ..Limits::default() };
        let wide = Limits { requests_per_minute: 100, tokens_per_day: 50, ..Limits::default() };
        let mut both = |now| {
            reserve(
                &mut [
                    Payer { who: Who::Role, limits: wide, limiter: &mut role },
                    Payer { who: Who::Server, limits: narrow, limiter: &mut server },
                ],
                10,
                &clock(now),
            )
        };
        let first = both(START).expect("room");
        assert_eq!(both(START).map_err(|denied| (denied.who, denied.limit)), Err((Who::Server, Limit::RequestsPerMinute)));
        assert_eq!(role.spent_on(clock(START).day), 10, "the second request cost nobody anything");
        role.cancel(first);
        server.cancel(first);
        assert_eq!((role.spent_on(clock(START).day), server.requests.missing), (0, 0));
    }

    #[test]
    fn without_limits_the_day_is_counted_all_the_same() {
        let mut limiter = Limiter::default();
        for _ in 0..100 {
            assert!(ask(&mut limiter, Limits::default(), 7, START).is_ok());
        }
        assert_eq!(limiter.spent_on(clock(START).day), 700);
        assert!(!limiter.is_idle(&clock(START + 3_600_000)));
        assert!(limiter.is_idle(&clock(START + 2 * 86_400_000)));
    }

    #[test]
    fn at_random_the_account_is_true() {
        let mut random = Random::new(21);
        let limits = Limits { requests_per_minute: 600, tokens_per_minute: 50_000, tokens_per_day: 400_000 };
        let mut limiter = Limiter::default();
        let (mut now, mut spent, mut under_way) = (START, 0u64, Vec::new());
        for _ in 0..50_000 {
            now += random.below(50) as u64;
            if random.chance(50) {
                let tokens = random.below(5000) as u64;
                if let Ok(reservation) = ask(&mut limiter, limits, tokens, now) {
                    spent += tokens;
                    under_way.push((reservation, tokens));
                }
                assert!(spent <= 400_000 || limiter.spent_on(0) > 400_000);
            } else if !under_way.is_empty() {
                let (reservation, tokens) = under_way.swap_remove(random.below(under_way.len()));
                let used = random.below(2000) as u64;
                limiter.settle(reservation, Some(used));
                spent = spent - tokens + used;
            }
            assert_eq!(limiter.spent_on(0), spent);
        }
    }
}
