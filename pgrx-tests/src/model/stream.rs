//! What a connection is read from and written to: its socket, or TLS on it.

use super::socket::Socket;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The first byte of every TLS connection.
const HANDSHAKE: u8 = 22;

/// Bytes that are kept of a client that speaks no TLS.
const MOST_PLAIN: usize = 64 * 1024;

pub enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Stream {
    /// Shakes hands. An error is what came instead of a handshake, or why it failed; empty where the client left without a word.
    pub fn over_tls(mut socket: Socket, config: Arc<ServerConfig>) -> (Stream, Result<(), Vec<u8>>) {
        match socket.first_byte() {
            Ok(Some(HANDSHAKE)) => {}
            Ok(Some(_)) => {
                let said = in_plain_text(&mut socket);
                return (Stream::Plain(socket), Err(said));
            }
            Ok(None) | Err(_) => return (Stream::Plain(socket), Err(Vec::new())),
        }
        let connection = ServerConnection::new(config).expect("a configuration that was checked");
        let mut stream = Box::new(StreamOwned::new(connection, socket));
        let StreamOwned { conn, sock } = &mut *stream;
        let mut done = Ok(());
        while conn.is_handshaking() && done.is_ok() {
            done = conn.complete_io(sock).map(|_| ()).map_err(|error| error.to_string().into_bytes());
        }
        (Stream::Tls(stream), done)
    }

    pub fn socket(&self) -> &Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.get_ref(),
        }
    }

    pub fn socket_mut(&mut self) -> &mut Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.get_mut(),
        }
    }

    /// The socket alone, to end the connection without a word.
    pub fn into_socket(self) -> Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.sock,
        }
    }

    /// Tells the client, where TLS has a word for it, that everything was said.
    pub fn say_end(&mut self) {
        if let Stream::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

/// The head of what a client says that speaks no TLS: a key may be in it.
fn in_plain_text(socket: &mut Socket) -> Vec<u8> {
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    while said.len() < MOST_PLAIN && !said.windows(4).any(|window| window == b"\r\n\r\n") {
        match socket.read(&mut piece) {
            Ok(count @ 1..) => said.extend(&piece[..count]),
            Ok(0) | Err(_) => break,
        }
    }
    said
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}
