//! Throw-away clusters and helpers for the tests of nl_query.
