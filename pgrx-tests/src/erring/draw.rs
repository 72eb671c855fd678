//! Chance that comes out the same each time.

/// The draws of one request.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    state: u64,
}

impl Draw {
    pub fn new(seed: u64, id: &str, is_told: bool, number: u64) -> Draw {
        let state = mixed(seed ^ mixed(hash(id.as_bytes()) ^ mixed(number * 2 + u64::from(is_told))));
        Draw { state }
    }

    /// From 0 up to but without 1; each purpose has a draw of its own.
    pub fn unit(&self, purpose: &str) -> f64 {
        let bits = mixed(self.state ^ hash(purpose.as_bytes())) >> 11;
        bits as f64 / (1u64 << 53) as f64
    }

    /// One of these; none where there are none.
    pub fn one_of<'a, T>(&self, purpose: &str, choices: &'a [T]) -> Option<&'a T> {
        choices.get((self.unit(purpose) * choices.len() as f64) as usize)
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
}

/// The end of SplitMix64: FNV alone leaves neighbours alike.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_apart() {
        let draws: Vec<f64> = (0..10_000).map(|n| Draw::new(7, &format!("q{}", n / 4), n % 2 == 0, n).unit("error")).collect();
        for part in 0..10 {
            let low = f64::from(part) / 10.0;
            let within = draws.iter().filter(|draw| (low..low + 0.1).contains(draw)).count();
            assert!((850..1150).contains(&within), "{within} from {low}");
        }
        let (one, again) = (Draw::new(1, "q", false, 1), Draw::new(1, "q", false, 1));
        assert_eq!(one.unit("a").to_bits(), again.unit("a").to_bits());
        for other in [Draw::new(2, "q", false, 1), Draw::new(1, "p", false, 1), Draw::new(1, "q", true, 1)] {
            assert_ne!(one.unit("a").to_bits(), other.unit("a").to_bits());
        }
        assert_ne!(one.unit("a").to_bits(), one.unit("b").to_bits());
    }
}
