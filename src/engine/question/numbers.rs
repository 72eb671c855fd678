//! Numbers in digits and words.
