//! Products of activations with matrices of weights, in whole numbers: the same on every processor.
//!
//! Weights have 8 bits. A row of activations is scaled so that its largest is [`LARGEST`] and rounded; sums of products then fit into
//! 32 bits whatever the order in which they are taken, so that every vector unit gives the same. Two neighbouring activations are kept
//! together in 32 bits, as the instruction that multiplies pairs wants them.

use std::ops::Range;

use super::floats::largest;
use super::unit::{self, Arch, Unit, Work, vectorised};
use crate::parser::weights::{LANES, Linear, Matrix};

/// 12 bits and a sign. With weights up to 127 and the most inputs that a file may have (4096), sums stay below 2^31.
const LARGEST: f32 = 4095.0;

/// Blocks of outputs that may share each load of activations.
const MOST_BLOCKS: usize = 4;

/// Adding and subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// Rows of activations in whole numbers. As many as are multiplied at once lie together, first pair by first pair: a loop over them
/// has one slice to look at instead of one a row.
#[derive(Debug, Default, Clone)]
pub struct Rows {
    pairs: Vec<i32>,
    factors: Vec<f32>,
    width: usize,
    together: usize,
}

impl Rows {
    /// Takes rows of `width` numbers that lie `stride` apart, the first at `from`.
    pub fn fill(&mut self, arch: Arch, numbers: &[f32], from: usize, width: usize, stride: usize) {
        let count = numbers.len() / stride;
        self.width = width.div_ceil(2);
        self.pairs.resize(count * self.width, 0);
        self.factors.resize(count, 0.0);
        round_rows(arch, numbers, from, width, stride, self);
    }

    /// Rows that follow one another without a gap.
    pub fn of(arch: Arch, numbers: &[f32], width: usize) -> Rows {
        let mut rows = Rows::default();
        rows.fill(arch, numbers, 0, width, width);
        rows
    }

    pub fn count(&self) -> usize {
        self.factors.len()
    }

    /// Takes some rows of others.
    pub fn pick(&mut self, from: &Rows, rows: &[usize]) {
        self.width = from.width;
        self.together = from.together;
        self.factors.clear();
        self.factors.extend(rows.iter().map(|row| from.factors[*row]));
        self.pairs.resize(rows.len() * self.width, 0);
        for (to, row) in rows.iter().enumerate() {
            let ((begin, step), (at, stride)) = (from.place(*row), self.place(to));
            for pair in 0..self.width {
                self.pairs[at + pair * stride] = from.pairs[begin + pair * step];
            }
        }
    }

    /// Where a row begins, and how far its pairs lie apart.
    #[inline(always)]
    fn place(&self, row: usize) -> (usize, usize) {
        let first = row - row % self.together;
        (first * self.width + row - first, self.together.min(self.count() - first))
    }
}

vectorised! {
    fn round_rows<'a>(unit, numbers: &'a [f32], from: usize, width: usize, stride: usize, rows: &'a mut Rows) {
        let together = together(unit);
        rows.together = together;
        let pairs = rows.pairs.chunks_mut(together * rows.width);
        let groups = numbers.chunks(together * stride).zip(pairs).zip(rows.factors.chunks_mut(together));
        for ((numbers, pairs), factors) in groups {
            let place = (from, width, stride);
            match factors.len() {
                1 => rounded::<U, 1>(unit, numbers, place, pairs, factors),
                2 => rounded::<U, 2>(unit, numbers, place, pairs, factors),
                3 => rounded::<U, 3>(unit, numbers, place, pairs, factors),
                4 => rounded::<U, 4>(unit, numbers, place, pairs, factors),
                // More is never together here; said so that no code is made for it.
                _ if const { U::SUMS < 16 } => {}
                5 => rounded::<U, 5>(unit, numbers, place, pairs, factors),
                6 => rounded::<U, 6>(unit, numbers, place, pairs, factors),
                7 => rounded::<U, 7>(unit, numbers, place, pairs, factors),
                _ => rounded::<U, 8>(unit, numbers, place, pairs, factors),
            }
        }
    }
}

/// Rows that are multiplied at once, where there are so many.
#[inline(always)]
fn together<U: Unit>(_: U) -> usize {
    if U::SUMS < 16 { 4 } else { 8 }
}

/// Rounds rows into pairs that lie together; gives the factors that take them back. Of each row that is `stride` long, `width` numbers
/// count, the first at `from`.
#[inline(always)]
fn rounded<U: Unit, const R: usize>(
    unit: U,
    numbers: &[f32],
    (from, width, stride): (usize, usize, usize),
    pairs: &mut [i32],
    factors: &mut [f32],
) {
    let (chunks, rest) = pairs.as_chunks_mut::<R>().0.as_chunks_mut::<{ LANES / 2 }>();
    for (of, factor) in factors.iter_mut().enumerate().take(R) {
        let row = &numbers[of * stride + from..][..width];
        let most = farthest(unit, row);
        let scale = if most < 1e-30 { 0.0 } else { LARGEST / most };
        *factor = if most < 1e-30 { 0.0 } else { most / LARGEST };
        let (row, last) = row.as_chunks::<LANES>();
        for (chunk, pairs) in row.iter().zip(chunks.iter_mut()) {
            let scaled = unit.add(unit.mul(unit.load(chunk), unit.splat(scale)), unit.splat(ROUNDER));
            for (pair, both) in pairs.iter_mut().zip(unit.lower_halves(scaled)) {
                pair[of] = both;
            }
        }
        let scaled = |number: f32| number * scale + ROUNDER;
        for (pair, two) in rest.iter_mut().zip(last.chunks(2)) {
            pair[of] = both(scaled(two[0]), scaled(two.get(1).copied().unwrap_or(0.0)));
        }
    }
}

/// The largest size in a row.
#[inline(always)]
fn farthest<U: Unit>(unit: U, row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut most = unit.splat(0.0);
    for chunk in chunks {
        most = unit.max(unit.abs(unit.load(chunk)), most);
    }
    let mut most = largest(unit, most);
    for number in rest {
        most = if number.abs() > most { number.abs() } else { most };
    }
    most
}

/// The lower half of the bits is the rounded number: those of a number this close to [`ROUNDER`] are a constant, whose lower half is
/// zero, plus a whole number.
#[inline(always)]
fn both(first: f32, second: f32) -> i32 {
    ((first.to_bits() & 0xffff) | (second.to_bits() << 16)) as i32
}

/// What products are added to.
#[derive(Clone, Copy)]
enum Base<'a> {
    /// The bias of each output.
    Bias(&'a [f32]),
    /// What stands there.
    There,
    /// What stands there, to which the sum of bias and products is added.
    Both(&'a [f32]),
}

/// Rows times the matrix plus the bias; rows of the result are `matrix.padded()` apart.
pub fn linear(arch: Arch, rows: &Rows, layer: &Linear, out: &mut Vec<f32>) {
    out.resize(rows.count() * layer.matrix.padded(), 0.0);
    linear_to(arch, rows, layer, out);
}

/// [`linear`] to a place that is as large as the result.
pub fn linear_to(arch: Arch, rows: &Rows, layer: &Linear, out: &mut [f32]) {
    let stride = layer.matrix.padded();
    let base = Base::Bias(&layer.bias);
    unit::run(arch, Task { rows, matrix: &layer.matrix, blocks: 0..stride / LANES, stride, base, out });
}

/// [`linear`] of the blocks that hold some of the outputs; the result begins with the first of these blocks.
pub fn linear_part(arch: Arch, rows: &Rows, layer: &Linear, outputs: Range<usize>, out: &mut Vec<f32>) {
    let blocks = outputs.start / LANES..outputs.end.div_ceil(LANES);
    let stride = blocks.len() * LANES;
    out.resize(rows.count() * stride, 0.0);
    let base = Base::Bias(&layer.bias[blocks.start * LANES..blocks.end * LANES]);
    unit::run(arch, Task { rows, matrix: &layer.matrix, blocks, stride, base, out });
}

/// Adds what [`linear`] gives.
pub fn add_linear(arch: Arch, rows: &Rows, layer: &Linear, out: &mut [f32]) {
    let stride = layer.matrix.padded();
    let base = Base::Both(&layer.bias);
    unit::run(arch, Task { rows, matrix: &layer.matrix, blocks: 0..stride / LANES, stride, base, out });
}

/// Adds rows times the matrix to `out`, whose rows are `stride` apart.
pub fn add(arch: Arch, rows: &Rows, matrix: &Matrix, out: &mut [f32], stride: usize) {
    unit::run(arch, Task { rows, matrix, blocks: 0..matrix.padded() / LANES, stride, base: Base::There, out });
}

struct Task<'a> {
    rows: &'a Rows,
    matrix: &'a Matrix,
    blocks: Range<usize>,
    stride: usize,
    base: Base<'a>,
    out: &'a mut [f32],
}

impl Work for Task<'_> {
    /// Blocks outside, so that their weights stay near while all rows pass.
    #[inline(always)]
    fn run<U: Unit>(mut self, unit: U) {
        debug_assert!(self.rows.width >= self.matrix.pairs);
        let mut nth = 0;
        while nth < self.blocks.len() {
            let some = (self.blocks.len() - nth).min(MOST_BLOCKS);
            self.all_rows(unit, nth, some);
            nth += some;
        }
    }
}

impl Task<'_> {
    /// Some blocks of outputs for every row.
    #[inline(always)]
    fn all_rows<U: Unit>(&mut self, unit: U, nth: usize, some: usize) {
        let count = self.rows.count();
        let mut row = 0;
        while row < count {
            match (count - row).min(together(unit)) {
                1 => self.rows::<U, 1>(unit, nth, some, row),
                2 => self.rows::<U, 2>(unit, nth, some, row),
                3 => self.rows::<U, 3>(unit, nth, some, row),
                4 => self.rows::<U, 4>(unit, nth, some, row),
                _ if const { U::SUMS < 16 } => {}
                5 => self.rows::<U, 5>(unit, nth, some, row),
                6 => self.rows::<U, 6>(unit, nth, some, row),
                7 => self.rows::<U, 7>(unit, nth, some, row),
                _ => self.rows::<U, 8>(unit, nth, some, row),
            }
            row += together(unit);
        }
    }

    /// Some blocks of outputs for some rows: as many together as there are registers for their sums. Few sums alone would wait for
    /// each of their additions.
    #[inline(always)]
    fn rows<U: Unit, const R: usize>(&mut self, unit: U, nth: usize, some: usize, row: usize) {
        let mut done = 0;
        while const { MOST_BLOCKS * R <= U::SUMS } && done + MOST_BLOCKS <= some {
            self.some::<U, MOST_BLOCKS, R>(unit, nth + done, row);
            done += MOST_BLOCKS;
        }
        while const { 2 * R <= U::SUMS } && done + 2 <= some {
            self.some::<U, 2, R>(unit, nth + done, row);
            done += 2;
        }
        while done < some {
            self.some::<U, 1, R>(unit, nth + done, row);
            done += 1;
        }
    }

    /// So many blocks of outputs for so many rows that lie together. Nothing but the pair of multiply and add must be in the loop: where the
    /// compiler takes several pairs at once it puts two instructions for the one that does both.
    #[inline(always)]
    fn some<U: Unit, const B: usize, const R: usize>(&mut self, unit: U, nth: usize, row: usize) {
        let pairs = self.matrix.pairs;
        let first = self.blocks.start + nth;
        let rows = &self.rows.pairs[row * self.rows.width..].as_chunks::<R>().0[..pairs];
        let mut blocks: [&[[u8; 2 * LANES]]; B] = [&[]; B];
        for (nth, block) in (first..).zip(&mut blocks) {
            let bytes = &self.matrix.numbers[nth * pairs * 2 * LANES..];
            *block = &bytes.as_chunks::<{ 2 * LANES }>().0[..pairs];
        }
        let mut sums = [[unit.zeros(); R]; B];
        for (at, rows) in rows.iter().enumerate() {
            for block in 0..B {
                let weights = unit.weights(&blocks[block][at]);
                for of in 0..R {
                    sums[block][of] = unit.add_products(sums[block][of], weights, rows[of]);
                }
            }
        }
        for (block, sums) in sums.into_iter().enumerate() {
            let factors = unit.load(chunk(&self.matrix.factors, first + block));
            for (at, sums) in sums.into_iter().enumerate() {
                let factors = unit.mul(factors, unit.splat(self.rows.factors[row + at]));
                self.put(unit, nth + block, row + at, unit.mul(unit.to_floats(sums), factors));
            }
        }
    }

    /// Adds the products of one block of outputs for one row.
    #[inline(always)]
    fn put<U: Unit>(&mut self, unit: U, nth: usize, row: usize, products: U::Floats) {
        let out = &mut self.out[row * self.stride + nth * LANES..].as_chunks_mut::<LANES>().0[0];
        let sum = match self.base {
            Base::Bias(bias) => unit.add(unit.load(chunk(bias, nth)), products),
            Base::There => unit.add(unit.load(out), products),
            Base::Both(bias) => unit.add(unit.load(out), unit.add(unit.load(chunk(bias, nth)), products)),
        };
        unit.store(sum, out);
    }
}

#[inline(always)]
fn chunk(numbers: &[f32], nth: usize) -> &[f32; LANES] {
    &numbers.as_chunks::<LANES>().0[nth]
}

#[cfg(test)]
mod tests {
    use super::super::unit::units;
    use super::*;

    fn matrix(outputs: usize, inputs: usize) -> (Matrix, Vec<Vec<i8>>) {
        let plain: Vec<Vec<i8>> =
            (0..outputs).map(|o| (0..inputs).map(|i| ((o * 37 + i * 101) % 255) as u8 as i8).collect()).collect();
        let plain: Vec<Vec<i8>> = plain.into_iter().map(|row| row.into_iter().map(|one| one.max(-127)).collect()).collect();
        let (padded, pairs) = (outputs.next_multiple_of(LANES), inputs.div_ceil(2));
        let mut bytes = vec![0u8; padded * pairs * 2];
        for (o, row) in plain.iter().enumerate() {
            for (i, weight) in row.iter().enumerate() {
                bytes[((o / LANES * pairs + i / 2) * LANES + o % LANES) * 2 + i % 2] = *weight as u8;
            }
        }
        let mut factors: Vec<f32> = (0..outputs).map(|at| 0.001 + at as f32 * 0.0001).collect();
        factors.resize(padded, 0.0);
        (Matrix { numbers: Box::leak(bytes.into_boxed_slice()), factors, pairs, outputs }, plain)
    }

    #[test]
    fn rounding_is_close_and_keeps_odd_rows() {
        let row = [0.5, -1.0, 0.25, 0.0, 1.0, -0.333];
        for width in [5, 6] {
            let rows = Rows::of(Arch::SCALAR, &row[..width], width);
            let back: Vec<f32> = rows
                .pairs
                .iter()
                .flat_map(|pair| [f32::from(*pair as i16) * rows.factors[0], (*pair >> 16) as f32 * rows.factors[0]])
                .collect();
            assert!(row[..width].iter().zip(&back).all(|(one, other)| (one - other).abs() <= 0.5 / LARGEST + 1e-6), "{back:?}");
        }
        let rows = Rows::of(Arch::SCALAR, &[0.0; 4], 4);
        assert_eq!((&rows.pairs[..], rows.factors[0]), (&[0, 0][..], 0.0));
    }

    #[test]
    fn products_are_the_same_on_every_unit() {
        let (matrix, plain) = matrix(40, 53);
        let numbers: Vec<f32> = (0..53 * 15).map(|at| ((at * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        let mut results: Vec<Vec<f32>> = Vec::new();
        for arch in units() {
            let rows = Rows::of(arch, &numbers, 53);
            let mut out = vec![0.0; 15 * 48];
            add(arch, &rows, &matrix, &mut out, 48);
            results.push(out);
        }
        for other in &results[1..] {
            assert!(results[0].iter().zip(other).all(|(one, other)| one.to_bits() == other.to_bits()));
        }
        for row in 0..15 {
            for output in 0..40 {
                let exact: f32 =
                    (0..53).map(|at| numbers[row * 53 + at] * f32::from(plain[output][at])).sum::<f32>() * matrix.factors[output];
                assert!((results[0][row * 48 + output] - exact).abs() < 0.02, "{row} {output}");
            }
        }
    }

    /// The largest sum that can be: as many inputs as a file may have, all of the largest size.
    #[test]
    fn sums_fit() {
        assert!(4096i64 * 127 * LARGEST as i64 <= i64::from(i32::MAX));
    }
}
