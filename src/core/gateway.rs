//! What happens when model servers fail: state machines as plain data.
//!
//! Everything here is of fixed size, can be copied byte by byte and is ready to use when all its bytes are zero, so that it can live
//! in shared memory under somebody else's lock. Nothing looks at a clock or makes a random number: both come in. A moment is in
//! milliseconds on any clock that never goes back and is above zero.

pub mod breaker;
pub mod cooldown;
pub mod health;
pub mod ledger;
pub mod limits;
pub mod misconfigured;
pub mod retry;
pub mod route;

/// A wait and a bit more: up to a quarter, by a random number of which every bit counts. So those who wait together do not come back
/// together.
pub(crate) fn lengthened(wait: u64, random: u32) -> u64 {
    wait.saturating_add(share(wait / 4, random))
}

/// A part of a value: none of it for 0, nearly all of it for the greatest random number.
pub(crate) fn share(value: u64, random: u32) -> u64 {
    ((u128::from(value) * u128::from(random)) >> 32) as u64
}
