//! An answer: a reply or a failure, and what it took.

use super::bytes::{Reader, Writer};
use super::{HEADER, Kind, WireError};
use crate::provider::failure::{Failure, FailureClass};
use crate::provider::reply::{Finish, Reply, Usage};

/// What a worker found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the server said, read.
    pub result: Result<Reply, Box<Failure>>,
    /// Attempts, the last one included.
    pub attempts: u32,
    /// Microseconds from the start of the last attempt to the head of its reply.
    pub first_byte_us: u64,
    /// Microseconds that the worker spent on all of it.
    pub total_us: u64,
}

impl Answer {
    /// The answer as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(Kind::Answer);
        out.u32(self.attempts);
        out.u64(self.first_byte_us);
        out.u64(self.total_us);
        match &self.result {
            Ok(reply) => {
                out.u8(1);
                put_reply(&mut out, reply);
            }
            Err(failure) => {
                out.u8(0);
                put_failure(&mut out, failure);
            }
        }
        out.finish()
    }

    /// The answer as bytes that fit into a slot of `room` bytes: a reply that does not becomes a failure that does.
    pub fn encode_within(&self, room: usize) -> Vec<u8> {
        let bytes = self.encode();
        if bytes.len() <= room {
            return bytes;
        }
        let message = format!("the answer has {} bytes, a slot takes {}", bytes.len() - HEADER, room.saturating_sub(HEADER));
        Answer { result: Err(Failure::transport(FailureClass::ReplyTooLarge, &message)), ..self.clone() }.encode()
    }

    /// Reads an answer back.
    pub fn decode(bytes: &[u8]) -> Result<Answer, WireError> {
        let mut from = Reader::new(bytes, Kind::Answer)?;
        let (attempts, first_byte_us, total_us) = (from.u32()?, from.u64()?, from.u64()?);
        let result = match from.u8()? {
            1 => Ok(reply(&mut from)?),
            0 => Err(Box::new(failure(&mut from)?)),
            _ => return Err(WireError::Value),
        };
        from.finish()?;
        Ok(Answer { result, attempts, first_byte_us, total_us })
    }
}

fn put_reply(out: &mut Writer, reply: &Reply) {
    out.text(&reply.text);
    out.u8(reply.finish as u8);
    for count in [reply.usage.input, reply.usage.output, reply.usage.cached] {
        out.maybe(count, Writer::u64);
    }
    for text in [&reply.request_id, &reply.model] {
        out.maybe(text.as_deref(), Writer::text);
    }
}

fn reply(from: &mut Reader<'_>) -> Result<Reply, WireError> {
    Ok(Reply {
        text: from.text()?,
        finish: from.one_of(&Finish::ALL)?,
        usage: Usage { input: from.maybe(Reader::u64)?, output: from.maybe(Reader::u64)?, cached: from.maybe(Reader::u64)? },
        request_id: from.maybe(Reader::text)?,
        model: from.maybe(Reader::text)?,
    })
}

fn put_failure(out: &mut Writer, failure: &Failure) {
    out.u8(failure.class as u8);
    out.text(&failure.message);
    out.maybe(failure.status, Writer::u16);
    for text in [&failure.code, &failure.parameter, &failure.request_id] {
        out.maybe(text.as_deref(), Writer::text);
    }
    out.maybe(failure.retry_after, Writer::u64);
    out.maybe(failure.should_retry, |out, value| out.u8(u8::from(value)));
}

fn failure(from: &mut Reader<'_>) -> Result<Failure, WireError> {
    let (class, message, status) = (from.one_of(&FailureClass::ALL)?, from.text()?, from.maybe(Reader::u16)?);
    let (code, parameter, request_id) = (from.maybe(Reader::text)?, from.maybe(Reader::text)?, from.maybe(Reader::text)?);
    let retry_after = from.maybe(Reader::u64)?;
    let should_retry = from.maybe(|from| from.one_of(&[false, true]))?;
    Ok(Failure { class, message, status, code, parameter, retry_after, should_retry, request_id })
}
