//! Statistics.

/// Counts a refusal.
pub fn count_refusal(_reason: nl_query_core::refusal::Reason) {}
