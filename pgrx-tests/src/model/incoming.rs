//! Reads requests off a connection.

use super::request::Request;
use super::stream::Stream;
use std::io::{self, Read};
use std::time::Instant;

/// No head is longer, and no line in a chunked body.
const MOST_HEAD: usize = 1 << 20;

pub struct Incoming {
    pub stream: Stream,
    /// Read, but not yet taken.
    buffer: Vec<u8>,
}

/// Why there is no request.
pub enum NoRequest {
    /// The connection ended where one may end, or the server takes no more.
    End,
    /// What came is no request, or not all of one.
    Broken(Vec<u8>),
}

impl Incoming {
    pub fn new(stream: Stream) -> Incoming {
        Incoming { stream, buffer: Vec::new() }
    }

    /// The next request, but for its number and its body.
    pub fn head(&mut self, connection: usize, until: Option<Instant>) -> Result<Request, NoRequest> {
        if self.buffer.is_empty() {
            self.stream.socket_mut().await_request(until);
            match self.more() {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Err(NoRequest::End),
            }
        }
        self.stream.socket_mut().in_request();
        let began = Instant::now();
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            if self.buffer.len() > MOST_HEAD || !matches!(self.more(), Ok(1..)) {
                return Err(self.broken());
            }
        };
        let Some(request) = parse(&self.buffer[..end], connection, began) else { return Err(self.broken()) };
        self.buffer.drain(..end);
        Ok(request)
    }

    /// Reads the body that belongs to a head.
    pub fn body(&mut self, request: &mut Request) -> Result<(), NoRequest> {
        let is_chunked = request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let length = request.header("content-length").map_or(Some(0), |length| length.trim().parse().ok());
        let body = match length {
            _ if is_chunked => self.chunks(),
            Some(length) => self.take(length),
            None => None,
        };
        // What had come of the body may hold what a test looks for.
        request.body = body.ok_or_else(|| self.broken())?;
        request.arrived = Instant::now();
        Ok(())
    }

    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
            if size == 0 {
                break;
            }
            body.extend(self.take(size)?);
            self.line().filter(String::is_empty)?;
        }
        // Trailing headers, up to the empty line.
        while !self.line()?.is_empty() {}
        Some(body)
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.drain(..at + 2).take(at).collect();
                return String::from_utf8(line).ok();
            }
            if self.buffer.len() > MOST_HEAD || !matches!(self.more(), Ok(1..)) {
                return None;
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !matches!(self.more(), Ok(1..)) {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let count = self.stream.read(&mut piece)?;
        self.buffer.extend(&piece[..count]);
        Ok(count)
    }

    fn broken(&mut self) -> NoRequest {
        NoRequest::Broken(std::mem::take(&mut self.buffer))
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn parse(head: &[u8], connection: usize, began: Instant) -> Option<Request> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") || words.next().is_some() {
        return None;
    }
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    Some(Request {
        number: 0,
        connection,
        method: method.to_owned(),
        path: path.to_owned(),
        version: version.to_owned(),
        headers: lines.filter(|line| !line.is_empty()).map(header).collect::<Option<_>>()?,
        body: Vec::new(),
        began,
        arrived: began,
    })
}
