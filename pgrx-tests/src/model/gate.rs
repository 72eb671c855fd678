//! Gates: requests wait at one until a test lets them through.

use super::lock;
use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A gate, shut at first. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    /// Holds a byte for each permit and is at its end once the gate is open, so that a thread can wait for it beside a socket.
    reader: PipeReader,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// None once the gate is open.
    writer: Option<PipeWriter>,
    permits: usize,
    waiting: usize,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::shut()
    }
}

impl Gate {
    pub fn shut() -> Gate {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let state = State { writer: Some(writer), permits: 0, waiting: 0 };
        Gate(Arc::new(Inner { reader, state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Lets everybody through, now and from now on.
    pub fn open(&self) {
        lock(&self.0.state).writer = None;
    }

    /// Lets so many through: of those who wait, or else of those who come.
    pub fn let_through(&self, count: usize) {
        let mut state = lock(&self.0.state);
        if let Some(writer) = &mut state.writer {
            writer.write_all(&vec![0; count]).expect("the gate's pipe");
            state.permits += count;
        }
    }

    /// How many wait now.
    pub fn waiting(&self) -> usize {
        lock(&self.0.state).waiting
    }

    /// Waits until at least so many wait at the gate; panics where that does not happen in time.
    pub fn wait_for(&self, count: usize, timeout: Duration) {
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(lock(&self.0.state), timeout, |state| state.waiting < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(state.waiting >= count, "{} of {count} requests came to the gate within {timeout:?}", state.waiting);
    }

    /// Stands at the gate until the result is dropped.
    pub(super) fn stand(&self) -> Standing<'_> {
        self.count(1);
        Standing(self)
    }

    fn count(&self, change: isize) {
        let mut state = lock(&self.0.state);
        state.waiting = state.waiting.saturating_add_signed(change);
        self.0.changed.notify_all();
    }
}

/// Somebody at a gate.
pub(super) struct Standing<'a>(&'a Gate);

impl Standing<'_> {
    /// Goes through if that is allowed now.
    pub fn try_pass(&self) -> bool {
        let mut state = lock(&self.0.0.state);
        if state.writer.is_none() {
            return true;
        }
        let may = state.permits > 0;
        if may {
            state.permits -= 1;
            // A permit is in the pipe, so this does not wait.
            let _ = (&self.0.0.reader).read(&mut [0]);
        }
        may
    }

    /// Readable when it is worth trying.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.0.reader.as_fd()
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        self.0.count(-1);
    }
}
