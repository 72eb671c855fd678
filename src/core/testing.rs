//! What tests of several modules share: random numbers from a seed.

/// A small deterministic generator (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 11) % limit as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// Text with characters of one to four bytes, quotes and control characters.
    pub fn text(&mut self, length: usize) -> String {
        const LETTERS: [char; 12] = ['a', 'B', '7', ' ', '"', '\\', '\n', '\0', 'é', '売', '🦀', '{'];
        (0..length).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }
}
