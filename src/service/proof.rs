//! What is wanted of the guard for an answer.

use nl_query_core::refusal::Refusal;

use crate::cache::Hit;
use crate::guard::{self, Limits, Proven};

/// A statement that is ready to run, or the guard's word that it would be.
pub trait Proof: Sized {
    fn prove(sql: &str, limits: &Limits) -> Result<Self, Refusal>;

    /// The proof of something remembered, where what this backend knows of it will do.
    fn known(hit: &Hit) -> Option<Self>;

    /// 0 where no identifiers are computed.
    fn query_id(&self) -> u64;
}

impl Proof for Proven {
    fn prove(sql: &str, limits: &Limits) -> Result<Proven, Refusal> {
        guard::prove(sql, limits)
    }

    /// A plan cannot be remembered.
    fn known(_hit: &Hit) -> Option<Proven> {
        None
    }

    fn query_id(&self) -> u64 {
        Proven::query_id(self)
    }
}

/// The guard's word, by the identifier of what it looked at.
pub struct Allowed(u64);

impl Proof for Allowed {
    fn prove(sql: &str, limits: &Limits) -> Result<Allowed, Refusal> {
        guard::check(sql, limits).map(|verdict| Allowed(verdict.query_id))
    }

    fn known(hit: &Hit) -> Option<Allowed> {
        hit.proven.map(Allowed)
    }

    fn query_id(&self) -> u64 {
        self.0
    }
}
