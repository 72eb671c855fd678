//! Bodies as gzip packs them, and the small ones that become large.

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::io::Write;

/// Bytes of a block of a bomb.
const BLOCK: usize = 1 << 20;

pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// A JSON text of so many megabytes and two quotation marks, in about a thousandth of that. One block is packed once and repeated,
/// which is possible where each block ends with a full flush.
pub fn bomb(megabytes: usize) -> Vec<u8> {
    let quote = b"\"";
    let block = vec![b'a'; BLOCK];
    let (packed_quote, packed_block) = (flushed(quote), flushed(&block));
    let mut sum = crc_of(quote);
    let block_sum = crc_of(&block);
    // Head of a gzip member: no name, no time, no system.
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(&packed_quote);
    for _ in 0..megabytes {
        bytes.extend(&packed_block);
        sum.combine(&block_sum);
    }
    bytes.extend(&packed_quote);
    sum.combine(&crc_of(quote));
    // The last block, empty; then the sum and the length.
    bytes.extend([3, 0]);
    bytes.extend(sum.sum().to_le_bytes());
    bytes.extend(((megabytes * BLOCK + 2) as u32).to_le_bytes());
    bytes
}

fn flushed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(64 * 1024);
    let mut packer = Compress::new(Compression::best(), false);
    packer.compress_vec(bytes, &mut packed, FlushCompress::Full).expect("bytes that can be packed");
    assert_eq!(packer.total_in() as usize, bytes.len(), "one call packs it all");
    packed
}

fn crc_of(bytes: &[u8]) -> Crc {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum
}
