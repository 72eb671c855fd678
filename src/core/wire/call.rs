//! A call: everything a worker needs to make it, but the key.

use super::bytes::{Reader, Writer};
use super::{Kind, WireError};
use crate::provider::Api;
use crate::provider::http::{Headers, HttpRequest, KeyHeader};

/// One call to a model server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The foreign server's OID.
    pub server: u32,
    /// Stands for the options that the call was built from, the key's source included.
    pub fingerprint: u64,
    /// How the reply is to be read.
    pub api: Api,
    /// What is sent.
    pub http: HttpRequest,
    /// Where the key is to be had.
    pub key: KeySource,
    /// Which field carries it.
    pub key_header: KeyHeader,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Bytes that the body of a reply may have at most, before and after it is unpacked.
    pub most_bytes: u32,
    /// A proxy's address; none goes straight.
    pub proxy: Option<String>,
    /// A file of certificates that are trusted beside, or instead of, those of the system.
    pub ca_file: Option<String>,
}

/// Where the worker gets the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The server wants none.
    None,
    /// A file on the database server, mode 0600.
    File(String),
    /// The user mapping with this OID: whoever runs workers decides how they get at it.
    UserMapping(u32),
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, with TLS.
    pub connect: u32,
    /// From the request to the head of the reply.
    pub first_byte: u32,
    /// For all of it.
    pub total: u32,
}

impl Call {
    /// The call as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(Kind::Call);
        out.u32(self.server);
        out.u64(self.fingerprint);
        out.u8(Api::ALL.iter().position(|api| *api == self.api).unwrap_or_default() as u8);
        out.text(&self.http.url);
        out.u32(self.http.headers.len() as u32);
        for (name, value) in self.http.headers.iter() {
            out.text(name);
            out.text(value);
        }
        out.bytes(&self.http.body);
        match &self.key {
            KeySource::None => out.u8(0),
            KeySource::File(path) => {
                out.u8(1);
                out.text(path);
            }
            KeySource::UserMapping(oid) => {
                out.u8(2);
                out.u32(*oid);
            }
        }
        out.text(&self.key_header.name);
        out.text(&self.key_header.prefix);
        for timeout in [self.timeouts.connect, self.timeouts.first_byte, self.timeouts.total] {
            out.u32(timeout);
        }
        out.u32(self.most_bytes);
        for text in [&self.proxy, &self.ca_file] {
            out.maybe(text.as_deref(), Writer::text);
        }
        out.finish()
    }

    /// Reads a call back.
    pub fn decode(bytes: &[u8]) -> Result<Call, WireError> {
        let mut from = Reader::new(bytes, Kind::Call)?;
        let call = Call {
            server: from.u32()?,
            fingerprint: from.u64()?,
            api: from.one_of(&Api::ALL)?,
            http: HttpRequest { url: from.text()?, headers: headers(&mut from)?, body: from.bytes()?.to_vec() },
            key: key(&mut from)?,
            key_header: KeyHeader { name: from.text()?, prefix: from.text()? },
            timeouts: Timeouts { connect: from.u32()?, first_byte: from.u32()?, total: from.u32()? },
            most_bytes: from.u32()?,
            proxy: from.maybe(Reader::text)?,
            ca_file: from.maybe(Reader::text)?,
        };
        from.finish()?;
        Ok(call)
    }
}

fn headers(from: &mut Reader<'_>) -> Result<Headers, WireError> {
    // The count is believed only as far as there are bytes.
    (0..from.u32()?).map(|_| Ok((from.text()?, from.text()?))).collect()
}

fn key(from: &mut Reader<'_>) -> Result<KeySource, WireError> {
    match from.u8()? {
        0 => Ok(KeySource::None),
        1 => Ok(KeySource::File(from.text()?)),
        2 => Ok(KeySource::UserMapping(from.u32()?)),
        _ => Err(WireError::Value),
    }
}
