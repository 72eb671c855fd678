//! Errors as values. The extension turns them into an ErrorReport (SQLSTATE, message, DETAIL, HINT) in one place, `src/pg/report.rs`.

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Placeholder of the skeleton; the shell's author replaces this enum.
    Unsupported(String),
}
