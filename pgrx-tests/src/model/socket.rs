//! A client's socket, and the waits on it: each ends as well when the server stops.

use super::signal::Signals;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Tells of a client that closed its side. Systems without such an event tell only of a connection that is gone altogether.
#[cfg(target_os = "linux")]
const GONE: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
const GONE: PollFlags = PollFlags::empty();

/// How long an ending connection waits for the client's end of it.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Socket {
    stream: TcpStream,
    signals: Arc<Signals>,
    /// Reads end when the server takes no new requests.
    is_idle: bool,
    /// Reads end at this moment.
    until: Option<Instant>,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The socket can be read from or written to; in a pause: the client is gone.
    Socket,
    /// The signal that was waited for as well.
    Signal,
    /// The time is over.
    Time,
}

impl Socket {
    pub fn new(stream: TcpStream, signals: Arc<Signals>) -> io::Result<Socket> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Socket { stream, signals, is_idle: false, until: None })
    }

    /// From here on a request may begin, until then at the latest.
    pub fn await_request(&mut self, until: Option<Instant>) {
        self.is_idle = true;
        self.until = until;
    }

    /// A request has begun: it is read to its end.
    pub fn in_request(&mut self) {
        self.is_idle = false;
        self.until = None;
    }

    /// The first byte that the client sent, which stays to be read; none: it left.
    pub fn first_byte(&mut self) -> io::Result<Option<u8>> {
        self.await_request(None);
        let mut first = [0];
        loop {
            match self.stream.peek(&mut first) {
                Ok(count) => {
                    self.in_request();
                    return Ok((count == 1).then_some(first[0]));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait_to_read()?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits, for ever or until then, for the signal or the client's leaving.
    pub fn pause(&self, until: Option<Instant>, signal: Option<BorrowedFd<'_>>) -> io::Result<Woken> {
        self.wait(GONE, until, signal)
    }

    /// Ends the connection politely: what was sent arrives, and then the client sees the end.
    pub fn close(self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        // Unread bytes would make the kernel send a reset, which may overtake the answer.
        let until = Some(Instant::now() + FAREWELL);
        let mut scrap = [0; 4096];
        loop {
            match (&self.stream).read(&mut scrap) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Who is about to be gone altogether does not wait.
                    match self.wait(PollFlags::IN, until, Some(self.signals.closing.fd())) {
                        Ok(Woken::Socket) => {}
                        _ => break,
                    }
                }
                Err(_) => break,
            }
        }
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
    }

    pub fn is_stopped(&self) -> bool {
        self.signals.stop.is_raised()
    }

    /// Ends a connection that the server's stop interrupted.
    pub fn end_by_stop(self) {
        if self.signals.reset.load(Ordering::Acquire) {
            self.reset();
        }
    }

    fn wait(&self, interest: PollFlags, until: Option<Instant>, signal: Option<BorrowedFd<'_>>) -> io::Result<Woken> {
        let mut waits =
            vec![PollFd::new(&self.stream, interest), PollFd::from_borrowed_fd(self.signals.stop.fd(), PollFlags::IN)];
        waits.extend(signal.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        loop {
            let left = until.map(|until| timespec(until.saturating_duration_since(Instant::now())));
            match rustix::event::poll(&mut waits, left.as_ref()) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(0) => return Ok(Woken::Time),
                Ok(_) if !waits[1].revents().is_empty() => return Err(stopped()),
                Ok(_) if !waits[0].revents().is_empty() => return Ok(Woken::Socket),
                Ok(_) => return Ok(Woken::Signal),
            }
        }
    }

    fn wait_to_read(&self) -> io::Result<()> {
        let closing = self.is_idle.then(|| self.signals.closing.fd());
        match self.wait(PollFlags::IN, self.until, closing)? {
            Woken::Socket => Ok(()),
            Woken::Signal => Err(stopped()),
            Woken::Time => Err(ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match (&self.stream).read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait_to_read()?,
                done => return done,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            // A client that reads as fast as it can would never let the loop come to a wait.
            if self.is_stopped() {
                return Err(stopped());
            }
            match (&self.stream).write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait(PollFlags::OUT, None, None)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, "the server stops")
}

fn timespec(left: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
}
