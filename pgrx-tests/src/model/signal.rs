//! A signal that any number of threads can wait for together with their sockets: a pipe that nobody writes to, until it closes.

use super::lock;
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised once, for ever.
pub struct Signal {
    reader: PipeReader,
    writer: Mutex<Option<PipeWriter>>,
    raised: AtomicBool,
}

impl Signal {
    pub fn new() -> Signal {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        Signal { reader, writer: Mutex::new(Some(writer)), raised: AtomicBool::new(false) }
    }

    pub fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        lock(&self.writer).take();
    }

    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    /// Readable from the moment when the signal is raised.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// What ends the waits of a server's threads.
pub struct Signals {
    /// No new connections and requests; what is under way goes on.
    pub closing: Signal,
    /// Everything ends now.
    pub stop: Signal,
    /// Connections that end by `stop` end with a reset.
    pub reset: AtomicBool,
}

impl Signals {
    pub fn new() -> Signals {
        Signals { closing: Signal::new(), stop: Signal::new(), reset: AtomicBool::new(false) }
    }
}
