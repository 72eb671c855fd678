//! Steps over a small library and what they become.
