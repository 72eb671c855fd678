//! Attention: what positions are worth to a query, and the mean of their values by that.

use super::unit::Unit;
use crate::parser::weights::LANES;

/// The heads of one attention, each with its part of a row.
pub struct Heads {
    /// Numbers of a head.
    pub size: usize,
    /// Numbers of a row: all heads.
    pub width: usize,
    /// Positions.
    pub count: usize,
    /// From one column of the keys to the next: positions, filled up to a multiple of [`LANES`].
    pub stride: usize,
    /// What a product of query and key is multiplied with.
    pub share: f32,
}

impl Heads {
    pub fn new(width: usize, heads: usize, count: usize) -> Self {
        let size = width / heads.max(1);
        Heads { size, width, count, stride: count.next_multiple_of(LANES), share: 1.0 / (size as f32).sqrt() }
    }
}

/// Columns of keys that are multiplied together.
const COLUMNS: usize = 4;

/// Outputs (as many blocks) that are summed together.
const BLOCKS: usize = 4;

/// A query times every key, and a share of that. Keys are columns: number `d` of all keys lies at `d * stride`; `stride` is a multiple
/// of [`LANES`]. Where `more` is set, what stands in `scores` is added before the share is taken.
#[inline(always)]
pub fn against<U: Unit>(unit: U, query: &[f32], keys: &[f32], stride: usize, share: f32, more: bool, scores: &mut [f32]) {
    let mut begin = 0;
    while begin + COLUMNS * LANES <= stride {
        columns::<U, COLUMNS>(unit, query, keys, stride, begin, share, more, scores);
        begin += COLUMNS * LANES;
    }
    match (stride - begin) / LANES {
        1 => columns::<U, 1>(unit, query, keys, stride, begin, share, more, scores),
        2 => columns::<U, 2>(unit, query, keys, stride, begin, share, more, scores),
        3 => columns::<U, 3>(unit, query, keys, stride, begin, share, more, scores),
        _ => {}
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn columns<U: Unit, const C: usize>(
    unit: U,
    query: &[f32],
    keys: &[f32],
    stride: usize,
    begin: usize,
    share: f32,
    more: bool,
    scores: &mut [f32],
) {
    let mut sums = [unit.splat(0.0); C];
    for (at, number) in query.iter().enumerate() {
        let number = unit.splat(*number);
        let keys = keys[at * stride + begin..][..C * LANES].as_chunks::<LANES>().0;
        for nth in 0..C {
            sums[nth] = unit.add_product(sums[nth], number, unit.load(&keys[nth]));
        }
    }
    let scores = scores[begin..begin + C * LANES].as_chunks_mut::<LANES>().0;
    for (score, sum) in scores.iter_mut().zip(sums) {
        let sum = if more { unit.add(sum, unit.load(score)) } else { sum };
        unit.store(unit.mul(sum, unit.splat(share)), score);
    }
}

/// What each head gives a position: one number for each of up to [`LANES`] heads.
pub type Shares = [f32; LANES];

/// Rows of heads become rows of positions.
#[inline(always)]
pub fn by_position(heads: &Heads, scores: &[f32], shares: &mut [Shares]) {
    for (head, scores) in scores.chunks_exact(heads.stride).take(heads.width / heads.size).enumerate() {
        for (share, score) in shares.iter_mut().zip(scores) {
            share[head] = *score;
        }
    }
}

/// For each head the mean of the values by its shares, of which there is a row a position. Values lie `values_stride` apart.
#[inline(always)]
pub fn blend<U: Unit>(unit: U, heads: &Heads, shares: &[Shares], values: &[f32], values_stride: usize, out: &mut [f32]) {
    let blocks = heads.width / LANES;
    let mut first = 0;
    while U::SUMS >= 2 * BLOCKS && first + 2 * BLOCKS <= blocks {
        means::<U, { 2 * BLOCKS }>(unit, heads, first, shares, values, values_stride, out);
        first += 2 * BLOCKS;
    }
    while first + BLOCKS <= blocks {
        means::<U, BLOCKS>(unit, heads, first, shares, values, values_stride, out);
        first += BLOCKS;
    }
    while first < blocks {
        means::<U, 1>(unit, heads, first, shares, values, values_stride, out);
        first += 1;
    }
}

#[inline(always)]
fn means<U: Unit, const B: usize>(
    unit: U,
    heads: &Heads,
    first: usize,
    shares: &[Shares],
    values: &[f32],
    values_stride: usize,
    out: &mut [f32],
) {
    let mut of = [0; B];
    for (nth, of) in of.iter_mut().enumerate() {
        // There are at most so many heads; the compiler does not know.
        *of = (first + nth) * LANES / heads.size % LANES;
    }
    let mut sums = [unit.splat(0.0); B];
    for (at, shares) in shares.iter().enumerate() {
        let values = &values[at * values_stride + first * LANES..].as_chunks::<LANES>().0[..B];
        for nth in 0..B {
            sums[nth] = unit.add_product(sums[nth], unit.splat(shares[of[nth]]), unit.load(&values[nth]));
        }
    }
    for (nth, sum) in sums.into_iter().enumerate() {
        unit.store(sum, &mut out[(first + nth) * LANES..].as_chunks_mut::<LANES>().0[0]);
    }
}
