//! The current day, and whether a reader asked for it: an answer that did is good for this day only.

use std::cell::Cell;

use crate::ir::Day;

/// The day is private to this file, so that nobody can look at it unnoticed.
pub(in crate::question) struct Today {
    day: Day,
    asked: Cell<bool>,
}

impl Today {
    pub fn new(day: Day) -> Self {
        Today { day, asked: Cell::new(false) }
    }

    pub fn day(&self) -> Day {
        self.asked.set(true);
        self.day
    }

    /// Whether another day could have given another reading. A reader that asks and then finds a year after all counts as well.
    pub fn was_asked(&self) -> bool {
        self.asked.get()
    }
}
