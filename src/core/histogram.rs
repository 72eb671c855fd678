//! Buckets for durations: what percentiles in the statistics views come from. Pure arithmetic; the counters live elsewhere.
//!
//! Four buckets for each power of two from 1 µs to about 19 hours, so that a percentile is off by at most a fifth of its value.

/// How many buckets there are.
pub const BUCKETS: usize = (OCTAVES as usize) * STEPS as usize;

const OCTAVES: u32 = 36;
const STEPS: u64 = 4;

/// The bucket of a duration in microseconds.
pub fn bucket(micros: u64) -> usize {
    let value = micros.max(1);
    let octave = value.ilog2();
    let step = if octave >= 2 { (value >> (octave - 2)) & (STEPS - 1) } else { ((value << 2) >> octave) & (STEPS - 1) };
    ((u64::from(octave) * STEPS + step) as usize).min(BUCKETS - 1)
}

/// The least duration, in microseconds, that does not fit into the bucket any more.
pub fn upper_bound(bucket: usize) -> f64 {
    let octave = (bucket as u64 / STEPS) as i32;
    let step = (bucket as u64 % STEPS) as f64;
    2f64.powi(octave) * (1.0 + (step + 1.0) / STEPS as f64)
}

/// The duration, in microseconds, that the given share (0 to 1) of what was counted did not exceed; 0 when nothing was.
pub fn percentile(counts: &[u64], share: f64) -> f64 {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return 0.0;
    }
    let wanted = ((total as f64) * share.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
    let mut seen = 0;
    for (index, count) in counts.iter().enumerate() {
        seen += count;
        if seen >= wanted {
            return upper_bound(index);
        }
    }
    upper_bound(counts.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_below_the_bound_of_its_bucket_and_not_below_the_one_before() {
        for micros in (1..5000).chain([1 << 20, (1 << 30) + 12345, 1 << 35]) {
            let index = bucket(micros);
            assert!((micros as f64) < upper_bound(index), "{micros}");
            if index > 0 && upper_bound(index - 1) > 4.0 {
                assert!(micros as f64 >= upper_bound(index - 1), "{micros}");
            }
        }
    }

    #[test]
    fn buckets_never_leave_the_array() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(bucket(0), 0);
    }

    #[test]
    fn percentiles_are_within_a_quarter() {
        let mut counts = [0u64; BUCKETS];
        for micros in 1..=1000 {
            counts[bucket(micros)] += 1;
        }
        for (share, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = percentile(&counts, share);
            assert!(found >= exact && found <= exact * 1.25, "{share}: {found}");
        }
        assert_eq!(percentile(&[0; BUCKETS], 0.5), 0.0);
    }
}
