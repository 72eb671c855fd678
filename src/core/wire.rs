//! What is in a slot's bytes: a call on its way to a worker, an answer on its way back.
//!
//! The key is never among them: a call names where its key is to be had, and the worker fetches it. (There is no way to put a
//! [`crate::secret::Secret`] in.) The bytes come from memory that other processes write to, so everything about them is checked, and
//! nothing in them can make the reader fail in any other way than by [`WireError`].
//!
//! Layout, all numbers little-endian: `u16` version, `u8` kind, `u8` 0, `u32` length of the whole; then the fields in order. A text or
//! a list of bytes is a `u32` length and the bytes; what may be missing has a `u8` 0 or 1 before it.

mod answer;
mod bytes;
mod call;

pub use answer::Answer;
pub use call::{Call, KeySource, Timeouts};

/// Moves with every change of the layout.
pub const VERSION: u16 = 1;
/// Bytes before the first field.
pub const HEADER: usize = 8;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call = 1,
    Answer = 2,
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireError {
    /// They end before the message does.
    Short,
    /// They were written by another version of the library.
    Version,
    /// They are another kind of message.
    Kind,
    /// The message is longer or shorter than it says.
    Length,
    /// A field holds what it cannot.
    Value,
}

#[cfg(test)]
mod tests;
