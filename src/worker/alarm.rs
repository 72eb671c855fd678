//! How helpers wake the main thread: a byte through a pair of sockets, which PostgreSQL's waiting takes as it takes a client's.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// Lives as long as the process: helpers may use it up to its last moment.
#[derive(Clone, Copy)]
pub struct Alarm {
    heard: &'static UnixStream,
    rung: &'static UnixStream,
}

impl Alarm {
    pub fn new() -> std::io::Result<Alarm> {
        let (heard, rung) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok(Alarm { heard: Box::leak(Box::new(heard)), rung: Box::leak(Box::new(rung)) })
    }

    /// What the main thread waits for.
    pub fn descriptor(&self) -> &'static UnixStream {
        self.heard
    }

    /// Wakes the main thread. Where it finds no room, there is enough to wake it.
    pub fn ring(&self) {
        let _ = (&*self.rung).write(&[1]);
    }

    /// Takes what was rung, before anybody looks at what for.
    pub fn quiet(&self) {
        let mut bytes = [0; 64];
        while matches!((&*self.heard).read(&mut bytes), Ok(length) if length == bytes.len()) {}
    }
}
