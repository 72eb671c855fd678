//! A client that is nothing but a socket and a reader of plain HTTP.

use crate::model::{Model, Vendor};
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

/// A connection.
pub struct Client {
    stream: Box<dyn ReadWrite>,
    /// Read, but not yet taken.
    buffer: Vec<u8>,
}

/// A socket, or TLS on one.
pub trait ReadWrite: Read + Write {}

impl<S: Read + Write> ReadWrite for S {}

/// An answer.
#[derive(Debug)]
pub struct Response {
    pub version: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Statuses of interim answers.
    pub interim: Vec<u16>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// One question on a connection of its own.
pub fn ask(model: &Model, question: &str) -> Response {
    Client::connect(model).ask(question)
}

impl Client {
    pub fn connect(model: &Model) -> Client {
        Client::on(Client::socket(model))
    }

    pub fn on(stream: impl ReadWrite + 'static) -> Client {
        Client { stream: Box::new(stream), buffer: Vec::new() }
    }

    pub fn socket(model: &Model) -> TcpStream {
        let stream = TcpStream::connect(model.address()).expect("a connection");
        stream.set_read_timeout(Some(super::AMPLE)).expect("a socket");
        stream
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("a socket that takes bytes");
    }

    /// Puts a question in the first vendor's words.
    pub fn put(&mut self, question: &str) {
        self.put_to(Vendor::OpenAi, question, "");
    }

    /// Puts a question in a vendor's words, with header lines of its own.
    pub fn put_to(&mut self, vendor: Vendor, question: &str, headers: &str) {
        let body = match vendor {
            Vendor::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": question}]}]}),
            _ => json!({"model": "m", "messages": [{"role": "user", "content": question}]}),
        };
        let (path, body) = (vendor.path("m"), body.to_string());
        let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        self.send((head + &body).as_bytes());
    }

    pub fn ask(&mut self, question: &str) -> Response {
        self.put(question);
        self.response().expect("an answer")
    }

    /// Reads one answer, however it is framed.
    pub fn response(&mut self) -> io::Result<Response> {
        let mut interim = Vec::new();
        loop {
            let mut response = self.head()?;
            if response.status < 200 {
                interim.push(response.status);
                continue;
            }
            response.interim = interim;
            response.body = match (response.header("content-length"), response.header("transfer-encoding")) {
                (_, Some("chunked")) => self.chunks()?,
                (Some(length), _) => self.take(length.parse().expect("a length"))?,
                (None, _) if matches!(response.status, 204 | 304) => Vec::new(),
                (None, _) => self.rest()?,
            };
            return Ok(response);
        }
    }

    /// So many bytes, as they come.
    pub fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.more()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    /// Everything up to the end of the connection.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = std::mem::take(&mut self.buffer);
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }

    /// What the connection's end looks like: what came before it, and the error if it is one.
    pub fn end(&mut self) -> (Vec<u8>, Option<ErrorKind>) {
        loop {
            match self.more() {
                Ok(()) => {}
                Err(error) => {
                    let kind = (error.kind() != ErrorKind::UnexpectedEof).then_some(error.kind());
                    return (std::mem::take(&mut self.buffer), kind);
                }
            }
        }
    }

    /// An answer without its body.
    fn head(&mut self) -> io::Result<Response> {
        let first = self.line()?;
        let mut words = first.splitn(3, ' ');
        let version = words.next().unwrap_or_default().to_owned();
        let status = words.next().and_then(|word| word.parse().ok()).ok_or(ErrorKind::InvalidData)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(Response { version, status, headers, body: Vec::new(), interim: Vec::new() })
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(|_| ErrorKind::InvalidData)?;
            body.extend(self.take(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..at + 2).take(at).collect();
                return String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into());
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut piece = [0; 64 * 1024];
        match self.stream.read(&mut piece)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.buffer.extend(&piece[..count]);
                Ok(())
            }
        }
    }
}
