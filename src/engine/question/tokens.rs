//! Text cut into tokens.
