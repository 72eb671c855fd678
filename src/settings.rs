//! Settings.

/// The limits of the current session.
pub fn limits() -> crate::guard::Limits {
    crate::guard::Limits::default()
}
