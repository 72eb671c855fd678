//! What the search over steps may not do, as the search sees it. The rules themselves are in [`super::build`].

use super::grammar::{Choice, Symbol};

/// Steps that are out of the question.
pub trait Constraints {
    /// Whether `open`, the symbol that stands open behind the steps of `prefix`, may be written as `choice`.
    fn allowed(&self, prefix: &[(Symbol, Choice)], open: Symbol, choice: Choice) -> bool;
}

/// Everything that the grammar allows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Free;

impl Constraints for Free {
    fn allowed(&self, _prefix: &[(Symbol, Choice)], _open: Symbol, _choice: Choice) -> bool {
        true
    }
}
