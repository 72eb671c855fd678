//! Sends an answer: its head, its body in its framing, at its pace, as far as it goes.

use super::answer::{Answer, Content, Cut, Drip, End, Framing};
use super::log::UnderWay;
use super::request::Request;
use super::socket::Woken;
use super::stream::Stream;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Bytes that are collected before they are written, and the size of a piece of padding.
const PIECE: usize = 64 * 1024;

/// Why an answer was not sent whole.
pub enum Ended {
    /// The script wants it so.
    Cut(End),
    HungUp,
    Stopped,
}

/// Sends it. The result is how the connection ends; none: it does not.
pub fn deliver(answer: &Answer, under_way: &UnderWay<'_>, stream: &mut Stream) -> Result<Option<End>, Ended> {
    let request = &*under_way.request;
    let (status, kind, body) = answer.said(request);
    for interim in &answer.interim {
        interim_answer(*interim, stream)?;
    }
    wait(answer, stream)?;
    let head = if matches!(answer.content, Content::Raw(_)) { Vec::new() } else { head(answer, request, status, kind, &body) };
    let mut sender = Sender::new(answer, under_way, stream, head.len() as u64);
    sender.send(&head)?;
    sender.head_is_sent()?;
    if has_body(status, request) {
        sender.body(answer, &body)?;
    }
    sender.send(&answer.trailing)?;
    sender.finish()?;
    Ok(answer.end.or(says_close(answer, request).then_some(End::Close)))
}

/// An answer before the answer.
pub fn interim_answer(status: u16, stream: &mut Stream) -> Result<(), Ended> {
    let text = format!("HTTP/1.1 {status} {}\r\n\r\n", reason(status));
    let sent = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    sent.map_err(|_| interrupted(stream))
}

/// Waits for the gate and for the time.
fn wait(answer: &Answer, stream: &mut Stream) -> Result<(), Ended> {
    if let Some(gate) = &answer.gate {
        let standing = gate.stand();
        while !standing.try_pass() {
            pause(stream, stream.socket().pause(None, Some(standing.fd())))?;
        }
    }
    if answer.delay > Duration::ZERO {
        let until = Instant::now() + answer.delay;
        pause(stream, stream.socket().pause(Some(until), None))?;
    }
    Ok(())
}

/// What the end of a pause means.
fn pause(stream: &Stream, woken: io::Result<Woken>) -> Result<(), Ended> {
    match woken {
        Ok(Woken::Socket) => Err(Ended::HungUp),
        Ok(Woken::Signal | Woken::Time) => Ok(()),
        Err(_) => Err(interrupted(stream)),
    }
}

fn interrupted(stream: &Stream) -> Ended {
    if stream.socket().is_stopped() { Ended::Stopped } else { Ended::HungUp }
}

fn head(answer: &Answer, request: &Request, status: u16, kind: &str, body: &[u8]) -> Vec<u8> {
    let version = if answer.is_http_10 { "HTTP/1.0" } else { "HTTP/1.1" };
    let line = answer.first_line.clone().unwrap_or_else(|| format!("{version} {status} {}", reason(status)));
    let length = match answer.content {
        Content::Padding(bytes) => bytes,
        _ => body.len() as u64,
    };
    let framing = match answer.framing {
        _ if !has_content(status) => None,
        Framing::Length => Some(("content-length", length.to_string())),
        Framing::WrongLength(length) => Some(("content-length", length.to_string())),
        Framing::Chunked(_) => Some(("transfer-encoding", "chunked".to_owned())),
        Framing::UntilClose => None,
    };
    let mut headers = vec![("content-type", kind.to_owned())];
    headers.extend(framing);
    headers.extend((says_close(answer, request) && !answer.is_http_10).then(|| ("connection", "close".to_owned())));
    headers.retain(|(name, _)| !answer.without.iter().any(|without| without == name));
    let mut text = line + "\r\n";
    let own = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in headers.iter().map(|(name, value)| (*name, value.as_str())).chain(own) {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Is the client told, or did it ask, that the connection ends?
fn says_close(answer: &Answer, request: &Request) -> bool {
    answer.says_close || answer.framing == Framing::UntilClose || request.wants_close()
}

fn has_content(status: u16) -> bool {
    status >= 200 && status != 204 && status != 304
}

fn has_body(status: u16, request: &Request) -> bool {
    has_content(status) && request.method != "HEAD"
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        // A reason may be empty, and nobody may read it.
        _ => "",
    }
}

/// Counts bytes on their way out, and stops where the script says.
struct Sender<'a> {
    stream: &'a mut Stream,
    under_way: &'a UnderWay<'a>,
    buffer: Vec<u8>,
    /// Bytes that may still be sent.
    left: u64,
    cut: Option<(Cut, End)>,
    drip: Option<Drip>,
    drips_now: bool,
    has_begun: bool,
}

impl<'a> Sender<'a> {
    fn new(answer: &Answer, under_way: &'a UnderWay<'a>, stream: &'a mut Stream, head: u64) -> Sender<'a> {
        let left = match answer.cut {
            Some((Cut::At(bytes), _)) => bytes,
            Some((Cut::Body(bytes), _)) => head.saturating_add(bytes),
            Some((Cut::LastChunk, _)) | None => u64::MAX,
        };
        let drips_now = answer.drip.is_some_and(|drip| !drip.spares_head);
        let (cut, drip) = (answer.cut, answer.drip);
        Sender { stream, under_way, buffer: Vec::new(), left, cut, drip, drips_now, has_begun: false }
    }

    fn head_is_sent(&mut self) -> Result<(), Ended> {
        if self.drip.is_some() {
            self.flush()?;
            self.drips_now = true;
        }
        Ok(())
    }

    fn body(&mut self, answer: &Answer, body: &[u8]) -> Result<(), Ended> {
        let chunk = match (answer.framing, &answer.content) {
            (_, Content::Raw(_)) => None,
            (Framing::Chunked(size), _) => Some(size.max(1)),
            _ => None,
        };
        match answer.content {
            Content::Padding(bytes) => self.padding(bytes, chunk)?,
            _ => self.framed(body, chunk)?,
        }
        if chunk.is_some() {
            if let Some((Cut::LastChunk, end)) = self.cut {
                self.flush()?;
                return Err(Ended::Cut(end));
            }
            self.send(b"0\r\n\r\n")?;
        }
        Ok(())
    }

    fn padding(&mut self, bytes: u64, chunk: Option<usize>) -> Result<(), Ended> {
        let piece = vec![b'a'; PIECE];
        let mut left = bytes.saturating_sub(2);
        self.framed(b"\"", chunk)?;
        while left > 0 {
            let length = left.min(PIECE as u64);
            self.framed(&piece[..length as usize], chunk)?;
            left -= length;
        }
        self.framed(b"\"", chunk)
    }

    fn framed(&mut self, bytes: &[u8], chunk: Option<usize>) -> Result<(), Ended> {
        let Some(size) = chunk else { return self.send(bytes) };
        for piece in bytes.chunks(size) {
            self.send(format!("{:x}\r\n", piece.len()).as_bytes())?;
            self.send(piece)?;
            self.send(b"\r\n")?;
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let fits = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.left -= fits as u64;
        self.put(&bytes[..fits])?;
        if fits < bytes.len() { self.finish() } else { Ok(()) }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let drip = self.drip.filter(|_| self.drips_now);
        let Some(drip) = drip else {
            self.buffer.extend(bytes);
            return if self.buffer.len() >= PIECE { self.flush() } else { Ok(()) };
        };
        for piece in bytes.chunks(drip.bytes.max(1)) {
            if self.has_begun {
                let until = Instant::now() + drip.every;
                pause(self.stream, self.stream.socket().pause(Some(until), None))?;
            }
            self.buffer.extend(piece);
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Ended> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            self.under_way.answered();
        }
        let sent = self.stream.write_all(&self.buffer).and_then(|()| self.stream.flush());
        self.buffer.clear();
        sent.map_err(|_| interrupted(self.stream))
    }

    /// Everything that may be sent was sent.
    fn finish(&mut self) -> Result<(), Ended> {
        self.flush()?;
        match self.cut {
            Some((_, end)) if self.left == 0 => Err(Ended::Cut(end)),
            _ => Ok(()),
        }
    }
}
