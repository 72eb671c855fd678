//! Words that name a stretch of time.
