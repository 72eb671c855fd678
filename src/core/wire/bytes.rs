//! Fields to bytes and back.

use super::{HEADER, Kind, VERSION, WireError};

/// Puts fields behind each other.
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new(kind: Kind) -> Writer {
        let mut bytes = Vec::with_capacity(4096);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend([kind as u8, 0]);
        bytes.extend([0; 4]);
        Writer(bytes)
    }

    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.0.extend(value);
    }

    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// What may be missing.
    pub fn maybe<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Writer, T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    /// The message.
    pub fn finish(mut self) -> Vec<u8> {
        // A message of four gigabytes fits into no slot; its length only has to be wrong.
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[4..HEADER].copy_from_slice(&length.to_le_bytes());
        self.0
    }
}

/// Takes fields off, one behind the other.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks the header. The bytes may be more than the message: a slot has one size.
    pub fn new(bytes: &'a [u8], kind: Kind) -> Result<Reader<'a>, WireError> {
        let mut reader = Reader(bytes);
        if reader.u16()? != VERSION {
            return Err(WireError::Version);
        }
        if reader.u8()? != kind as u8 || reader.u8()? != 0 {
            return Err(WireError::Kind);
        }
        let length = reader.u32()? as usize;
        if length < HEADER {
            return Err(WireError::Length);
        }
        Ok(Reader(bytes.get(HEADER..length).ok_or(WireError::Short)?))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WireError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        self.take(N)?.try_into().map_err(|_| WireError::Short)
    }

    pub fn u8(&mut self) -> Result<u8, WireError> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<String, WireError> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| WireError::Value)
    }

    /// See [`Writer::maybe`].
    pub fn maybe<T>(&mut self, get: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>) -> Result<Option<T>, WireError> {
        match self.u8()? {
            0 => Ok(None),
            1 => get(self).map(Some),
            _ => Err(WireError::Value),
        }
    }

    /// A value of an enumeration, by its position.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, WireError> {
        let position = usize::from(self.u8()?);
        all.get(position).copied().ok_or(WireError::Value)
    }

    /// Every field was taken.
    pub fn finish(self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::Length) }
    }
}
