//! Ports where nobody answers yet: a server that is away, and one that is behind a firewall.

use super::script::Script;
use super::server::{Model, Setup};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::time::Duration;

/// A local connection that has not come about in this time will not.
const PROMPT: Duration = Duration::from_millis(250);

/// A port that belongs to the test.
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
    /// What fills the backlog.
    fillers: Vec<TcpStream>,
}

impl Port {
    /// Connections are refused.
    pub fn closed() -> Port {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket");
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a port on 127.0.0.1");
        Port::of(socket)
    }

    /// Connections neither come about nor fail: whoever asks for one gets no answer.
    pub fn silent() -> Port {
        let mut port = Port::closed();
        listen(&port.listener, 0).expect("a listening socket");
        while let Ok(filler) = TcpStream::connect_timeout(&port.address, PROMPT) {
            port.fillers.push(filler);
            assert!(port.fillers.len() < 64, "the system accepts connections beyond the backlog");
        }
        port
    }

    fn of(socket: OwnedFd) -> Port {
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().expect("a socket with an address");
        Port { listener, address, fillers: Vec::new() }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A server is there from now on.
    pub fn open(self, script: impl Into<Script>) -> Model {
        // Those that fill the backlog must not be taken for clients.
        self.listener.set_nonblocking(true).expect("a listening socket");
        for _ in &self.fillers {
            let _ = self.listener.accept();
        }
        listen(&self.listener, 1024).expect("a listening socket");
        Setup::new().start_on(self.listener, script)
    }
}
