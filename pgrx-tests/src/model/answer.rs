//! An answer to a request: what it says, how it is sent, and where it stops.

use super::gate::Gate;
use super::pack::{bomb, packed};
use super::problem::Problem;
use super::reply::Reply;
use super::request::Request;
use super::retry_after::RetryAfter;
use super::vendor::Vendor;
use serde_json::Value;
use std::time::Duration;

/// An answer. It begins as a correct one; each method makes it worse, or says more of it.
#[derive(Clone)]
pub struct Answer {
    pub(super) content: Content,
    pub(super) vendor: Option<Vendor>,
    pub(super) status: Option<u16>,
    /// In place of version, status and reason.
    pub(super) first_line: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) without: Vec<String>,
    pub(super) is_http_10: bool,
    pub(super) gzip: bool,
    /// Bytes of the body, packed if it is packed, that are framed and sent as if they were all.
    pub(super) most_body: Option<usize>,
    pub(super) framing: Framing,
    pub(super) interim: Vec<u16>,
    pub(super) gate: Option<Gate>,
    pub(super) delay: Duration,
    pub(super) drip: Option<Drip>,
    pub(super) cut: Option<(Cut, End)>,
    pub(super) trailing: Vec<u8>,
    pub(super) says_close: bool,
    pub(super) end: Option<End>,
}

/// What the body is made of.
#[derive(Clone)]
pub(super) enum Content {
    Bytes {
        kind: &'static str,
        bytes: Vec<u8>,
    },
    Reply(Box<Reply>),
    Problem(Problem),
    /// The letter `a`, so many times, as a JSON text; made while it is sent.
    Padding(u64),
    /// No head: these bytes and nothing else.
    Raw(Vec<u8>),
}

/// How a client finds the end of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// By its length.
    Length,
    /// By a length that is not the body's.
    WrongLength(u64),
    /// In chunks of so many bytes.
    Chunked(usize),
    /// The connection ends with it.
    UntilClose,
}

/// Where an answer is cut off. Interim answers do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// After so many bytes of the whole.
    At(u64),
    /// After so many bytes of the body, its framing included.
    Body(u64),
    /// When everything was sent but the chunk that ends a chunked body.
    LastChunk,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Orderly, as a program that exits does it.
    Close,
    /// With a reset.
    Reset,
    /// Not: it stays open, and silent, until the client ends it.
    Hang,
}

/// Bytes that come a few at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drip {
    pub bytes: usize,
    pub every: Duration,
    /// The head comes at once.
    pub spares_head: bool,
}

impl Answer {
    /// The model says this, in the interface that it was asked in.
    pub fn says(text: &str) -> Answer {
        Answer::reply(Reply::new(text))
    }

    pub fn reply(reply: Reply) -> Answer {
        Answer::of(Content::Reply(Box::new(reply)))
    }

    /// A problem, as the vendor reports it that was asked.
    pub fn problem(problem: Problem) -> Answer {
        Answer::of(Content::Problem(problem))
    }

    pub fn json(value: &Value) -> Answer {
        Answer::body("application/json", value.to_string())
    }

    /// A status with a body that says nothing that a client could read.
    pub fn status(status: u16) -> Answer {
        Answer::body("text/plain", format!("status {status}\n")).with_status(status)
    }

    pub fn body(kind: &'static str, bytes: impl Into<Vec<u8>>) -> Answer {
        Answer::of(Content::Bytes { kind, bytes: bytes.into() })
    }

    /// These bytes in place of a head and a body; then the connection ends.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer::of(Content::Raw(bytes.into())).ending(End::Close)
    }

    /// To another address, with its status: 301, 302, 303, 307 or 308.
    pub fn redirect(status: u16, location: &str) -> Answer {
        Answer::body("text/html", "<html><title>Moved</title></html>").with_status(status).header("location", location)
    }

    /// A JSON text of so many bytes, without holding it in memory. As chunked it may be as good as endless.
    pub fn huge(bytes: u64) -> Answer {
        Answer::of(Content::Padding(bytes))
    }

    /// A small body that is a JSON text of so many megabytes once it is unpacked.
    pub fn gzip_bomb(megabytes: usize) -> Answer {
        Answer::body("application/json", bomb(megabytes)).header("content-encoding", "gzip")
    }

    /// Reads the request, and nothing more happens.
    pub fn hang() -> Answer {
        Answer::body("text/plain", "").cut(Cut::At(0), End::Hang)
    }

    /// Reads the request and resets the connection.
    pub fn reset() -> Answer {
        Answer::body("text/plain", "").cut(Cut::At(0), End::Reset)
    }

    /// Reads the request and closes the connection without a word.
    pub fn nothing() -> Answer {
        Answer::body("text/plain", "").cut(Cut::At(0), End::Close)
    }

    fn of(content: Content) -> Answer {
        Answer {
            content,
            vendor: None,
            status: None,
            first_line: None,
            headers: Vec::new(),
            without: Vec::new(),
            is_http_10: false,
            gzip: false,
            most_body: None,
            framing: Framing::Length,
            interim: Vec::new(),
            gate: None,
            delay: Duration::ZERO,
            drip: None,
            cut: None,
            trailing: Vec::new(),
            says_close: false,
            end: None,
        }
    }
}

/// What it says.
impl Answer {
    /// In this vendor's shapes, whatever was asked.
    pub fn by(mut self, vendor: Vendor) -> Answer {
        self.vendor = Some(vendor);
        self
    }

    pub fn with_status(mut self, status: u16) -> Answer {
        self.status = Some(status);
        self
    }

    /// The first line, right or wrong, without its end.
    pub fn first_line(mut self, line: &str) -> Answer {
        self.first_line = Some(line.to_owned());
        self
    }

    /// One more header, also where there is one of the name.
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves out a header that would be sent otherwise.
    pub fn without_header(mut self, name: &str) -> Answer {
        self.without.push(name.to_ascii_lowercase());
        self
    }

    pub fn content_type(self, kind: &str) -> Answer {
        self.without_header("content-type").header("content-type", kind)
    }

    /// Asks to wait, in one of the shapes of that.
    pub fn retry_after(mut self, shape: RetryAfter) -> Answer {
        self.headers.extend(shape.headers());
        self
    }

    /// A header of so many kilobytes.
    pub fn big_header(self, kilobytes: usize) -> Answer {
        self.header("x-padding", &"a".repeat(kilobytes * 1024))
    }

    /// So many small headers.
    pub fn many_headers(mut self, count: usize) -> Answer {
        self.headers.extend((0..count).map(|n| (format!("x-padding-{n}"), "a".to_owned())));
        self
    }

    /// As a server of the older version: the connection ends with the answer.
    pub fn http_10(mut self) -> Answer {
        self.is_http_10 = true;
        self.ending(End::Close)
    }

    /// Packs the body, and says so.
    pub fn gzip(mut self) -> Answer {
        self.gzip = true;
        self.header("content-encoding", "gzip")
    }

    /// So many bytes of the body are sent as if they were all: what is broken is not HTTP, but what it carries.
    pub fn body_ends_at(mut self, bytes: usize) -> Answer {
        self.most_body = Some(bytes);
        self
    }

    pub fn framed(mut self, framing: Framing) -> Answer {
        self.framing = framing;
        self
    }

    /// Sends an interim answer (100, 102, 103) first; may be called again.
    pub fn after_interim(mut self, status: u16) -> Answer {
        self.interim.push(status);
        self
    }

    /// Sends these bytes behind the answer.
    pub fn trailing(mut self, bytes: impl Into<Vec<u8>>) -> Answer {
        self.trailing = bytes.into();
        self
    }
}

/// When it is said, and where it stops.
impl Answer {
    /// Waits at a gate before anything but interim answers is sent.
    pub fn held_by(mut self, gate: &Gate) -> Answer {
        self.gate = Some(gate.clone());
        self
    }

    /// Waits so long, behind the gate if there is one.
    pub fn delay(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }

    /// Sends so many bytes at a time, from the first byte on.
    pub fn drip(mut self, bytes: usize, every: Duration) -> Answer {
        self.drip = Some(Drip { bytes, every, spares_head: false });
        self
    }

    /// Sends the head at once, and so many bytes of the body at a time.
    pub fn drip_body(mut self, bytes: usize, every: Duration) -> Answer {
        self.drip = Some(Drip { bytes, every, spares_head: true });
        self
    }

    /// Stops in the middle.
    pub fn cut(mut self, cut: Cut, end: End) -> Answer {
        self.cut = Some((cut, end));
        self
    }

    /// Says that the connection ends with the answer, and ends it.
    pub fn closing(mut self) -> Answer {
        self.says_close = true;
        self.ending(End::Close)
    }

    /// Ends the connection behind the answer without having said so.
    pub fn ending(mut self, end: End) -> Answer {
        self.end = Some(end);
        self
    }
}

impl Answer {
    /// The status and the body, before its framing, in the words that this request was asked in.
    pub(super) fn said(&self, request: &Request) -> (u16, &'static str, Vec<u8>) {
        const JSON: &str = "application/json";
        let vendor = self.vendor.unwrap_or_else(|| request.vendor());
        let (status, kind, bytes) = match &self.content {
            Content::Bytes { kind, bytes } => (200, *kind, bytes.clone()),
            Content::Reply(reply) => (200, JSON, reply.by(vendor).to_string().into_bytes()),
            Content::Problem(problem) => (problem.status(vendor), JSON, problem.by(vendor).to_string().into_bytes()),
            Content::Padding(_) => (200, JSON, Vec::new()),
            Content::Raw(bytes) => (200, JSON, bytes.clone()),
        };
        let mut bytes = if self.gzip { packed(&bytes) } else { bytes };
        bytes.truncate(self.most_body.unwrap_or(usize::MAX));
        (self.status.unwrap_or(status), kind, bytes)
    }
}
