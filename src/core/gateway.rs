//! What happens when model servers fail: state machines as plain data.
//!
//! Everything here is of fixed size, can be copied byte by byte and is ready to use when all its bytes are zero, so that it can live
//! in shared memory under somebody else's lock. Nothing looks at a clock or makes a random number: both come in. A moment is in
//! milliseconds on any clock that never goes back and is above zero.

pub mod breaker;
pub mod cooldown;
pub mod cost;
pub mod health;
pub mod ledger;
pub mod limits;
pub mod misconfigured;
pub mod retry;
pub mod route;
pub mod unsent;

/// A wait and a bit more: up to a quarter, by a random number of which every bit counts. So those who wait together do not come back
/// together.
pub(crate) fn lengthened(wait: u64, random: u32) -> u64 {
    wait.saturating_add(share(wait / 4, random))
}

/// A part of a value: none of it for 0, nearly all of it for the greatest random number.
pub(crate) fn share(value: u64, random: u32) -> u64 {
    ((u128::from(value) * u128::from(random)) >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can live in shared memory: copied byte by byte, holding no address.
    fn plain<T: Copy + Default + Send + 'static>() -> usize {
        size_of::<T>()
    }

    #[test]
    fn what_is_kept_of_a_server_or_a_role_is_plain_and_small() {
        assert!(plain::<health::Health>() <= 512, "{}", plain::<health::Health>());
        assert!(plain::<ledger::Account>() <= 64);
        assert!(plain::<crate::queue::Slot>() <= 128);
        assert!(plain::<crate::flight::Flight>() <= 64);
        assert_eq!(plain::<crate::queue::Head>(), 8);
    }

    #[test]
    fn a_wait_is_lengthened_by_a_quarter_at_most() {
        assert_eq!(lengthened(1000, 0), 1000);
        assert_eq!(lengthened(1000, u32::MAX), 1249);
        assert_eq!(lengthened(u64::MAX, u32::MAX), u64::MAX);
    }
}
