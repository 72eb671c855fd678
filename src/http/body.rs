//! The body of a reply: all of it or none, and never more than a limit, before and after it is unpacked.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use nl_query_core::provider::failure::FailureClass;
use nl_query_core::provider::http::Headers;

use crate::trouble::Trouble;

/// Bytes that are read at a time.
const PIECE: usize = 16 * 1024;

/// Reads everything that comes, up to `most` bytes; `failed` says what an error of the connection is.
pub(crate) fn read(
    mut from: impl Read,
    headers: &Headers,
    most: usize,
    failed: impl FnOnce(std::io::Error) -> Trouble,
) -> Result<Vec<u8>, Trouble> {
    // What says itself that it is too large need not be read.
    let announced = headers.get("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(Trouble::too_large(most));
    }
    let mut bytes = Vec::new();
    match fill(&mut from, &mut bytes, most) {
        Ok(true) => Ok(bytes),
        Ok(false) => Err(Trouble::too_large(most)),
        Err(error) => Err(failed(error)),
    }
}

/// Unpacks a body if it is packed, to at most `most` bytes.
pub(crate) fn unpack(bytes: Vec<u8>, headers: &Headers, most: usize) -> Result<Vec<u8>, Trouble> {
    let coding = headers.get("content-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    match coding.as_str() {
        "" | "identity" => Ok(bytes),
        // Nothing needs no unpacking; servers say gzip above an empty body.
        "gzip" | "x-gzip" if bytes.is_empty() => Ok(bytes),
        "gzip" | "x-gzip" => {
            let mut unpacked = Vec::new();
            match fill(&mut MultiGzDecoder::new(&bytes[..]), &mut unpacked, most) {
                Ok(true) => Ok(unpacked),
                Ok(false) => Err(Trouble::too_large(most)),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    Err(Trouble::new(FailureClass::TruncatedBody, "the packed reply ends in the middle"))
                }
                Err(_) => Err(Trouble::new(FailureClass::Garbage, "the reply says that it is packed, and is not")),
            }
        }
        _ => Err(Trouble::new(FailureClass::Garbage, "the reply is packed in a way that was not asked for")),
    }
}

/// Reads to the end, or says that there is more than `most` bytes.
fn fill(from: &mut impl Read, to: &mut Vec<u8>, most: usize) -> std::io::Result<bool> {
    let mut piece = [0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(true),
            Ok(length) if to.len() + length > most => return Ok(false),
            Ok(length) => to.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
