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

/// Does something with the number of rows that lie together as a constant; a unit makes no code for more than it ever has.
macro_rules! for_rows {
    ($unit:ident, $count:expr, $rows:ident => $do:expr) => {
        match $count {
            1 => for_rows!(1, $rows => $do),
            2 => for_rows!(2, $rows => $do),
            3 => for_rows!(3, $rows => $do),
            4 => for_rows!(4, $rows => $do),
            _ if const { $unit::TOGETHER == 4 } => {}
            5 => for_rows!(5, $rows => $do),
            6 => for_rows!(6, $rows => $do),
            7 => for_rows!(7, $rows => $do),
            _ => for_rows!(8, $rows => $do),
        }
    };
    ($count:literal, $rows:ident => $do:expr) => {{
        const $rows: usize = $count;
        $do
    }};
}

vectorised! {
    fn round_rows<'a>(unit, numbers: &'a [f32], from: usize, width: usize, stride: usize, rows: &'a mut Rows) {
        rows.together = U::TOGETHER;
        let pairs = rows.pairs.chunks_mut(U::TOGETHER * rows.width);
        let groups = numbers.chunks(U::TOGETHER * stride).zip(pairs).zip(rows.factors.chunks_mut(U::TOGETHER));
        for ((numbers, pairs), factors) in groups {
            let place = (from, width, stride);
            for_rows!(U, factors.len(), R => rounded::<U, R>(unit, numbers, place, pairs, factors));
        }
    }
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
    let (whole, rest) = pairs.as_chunks_mut::<R>().0.as_chunks_mut::<{ LANES / 2 }>();
    for (of, factor) in factors.iter_mut().enumerate().take(R) {
        let (chunks, last) = numbers[of * stride + from..][..width].as_chunks::<LANES>();
        // What fills up the last numbers is the largest of no row, and rounds to zero.
        let mut filled = [0.0; LANES];
        filled[..last.len()].copy_from_slice(last);
        let mut most = unit.abs(unit.load(&filled));
        for chunk in chunks {
            most = unit.max(unit.abs(unit.load(chunk)), most);
        }
        let most = largest(unit, most);
        let (scale, back) = if most < 1e-30 { (0.0, 0.0) } else { (LARGEST / most, most / LARGEST) };
        *factor = back;
        for (chunk, pairs) in chunks.iter().zip(whole.iter_mut()) {
            round(unit, chunk, scale, of, pairs);
        }
        if !last.is_empty() {
            round(unit, &filled, scale, of, rest);
        }
    }
}

/// Rounds numbers of a row into its place in pairs, as many as there are. The lower half of the bits is the rounded number: those of a
/// number this close to [`ROUNDER`] are a constant, whose lower half is zero, plus a whole number.
#[inline(always)]
fn round<U: Unit, const R: usize>(unit: U, numbers: &[f32; LANES], scale: f32, of: usize, pairs: &mut [[i32; R]]) {
    let scaled = unit.add(unit.mul(unit.load(numbers), unit.splat(scale)), unit.splat(ROUNDER));
    for (pair, both) in pairs.iter_mut().zip(unit.lower_halves(scaled)) {
        pair[of] = both;
    }
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
            for_rows!(U, (count - row).min(U::TOGETHER), R => self.rows::<U, R>(unit, nth, some, row));
            row += U::TOGETHER;
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

    /// So many blocks of outputs for so many rows that lie together. The loop takes one pair after the other: of several at once the
    /// compiler makes a product and a sum again where the processor has one instruction for both.
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
