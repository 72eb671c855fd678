//! Products of activations with matrices of weights, in whole numbers: the same on every processor.
//!
//! Weights have 8 bits. A row of activations is scaled so that its largest is [`LARGEST`] and rounded; sums of products then fit into
//! 32 bits whatever the order in which they are taken, so that every vector unit gives the same. Two neighbouring activations are kept
//! together in 32 bits, as the instruction that multiplies pairs wants them.

use std::ops::Range;

use pulp::Arch;

use super::floats::largest;
use super::unit::{self, Unit, Work, vectorised};
use crate::parser::weights::{LANES, Linear, Matrix};

/// 12 bits and a sign. With weights up to 127 and the most inputs that a file may have (4096), sums stay below 2^31.
const LARGEST: f32 = 4095.0;

/// Adding and subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// Rows of activations in whole numbers.
#[derive(Debug, Default, Clone)]
pub struct Rows {
    pairs: Vec<i32>,
    factors: Vec<f32>,
    width: usize,
}

impl Rows {
    /// Takes rows of `width` numbers that lie `stride` apart, the first at `from`.
    pub fn fill(&mut self, arch: Arch, numbers: &[f32], from: usize, width: usize, stride: usize) {
        let count = numbers.len() / stride;
        self.width = width.div_ceil(2);
        self.pairs.resize(count * self.width, 0);
        self.factors.resize(count, 0.0);
        round_rows(arch, numbers, from, width, stride, &mut self.pairs, &mut self.factors);
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
        self.pairs.clear();
        self.factors.clear();
        for row in rows {
            self.pairs.extend_from_slice(from.row(*row));
            self.factors.push(from.factors[*row]);
        }
    }

    #[inline(always)]
    fn row(&self, at: usize) -> &[i32] {
        &self.pairs[at * self.width..(at + 1) * self.width]
    }
}

vectorised! {
    fn round_rows<'a>(
        unit,
        numbers: &'a [f32],
        from: usize,
        width: usize,
        stride: usize,
        pairs: &'a mut [i32],
        factors: &'a mut [f32],
    ) {
        let half = width.div_ceil(2);
        for (at, factor) in factors.iter_mut().enumerate() {
            *factor = rounded(unit, &numbers[at * stride + from..][..width], &mut pairs[at * half..(at + 1) * half]);
        }
    }
}

/// Rounds a row and gives the factor that takes it back.
#[inline(always)]
fn rounded<U: Unit>(unit: U, row: &[f32], pairs: &mut [i32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut most = unit.splat(0.0);
    for chunk in chunks {
        most = unit.max(unit.abs(unit.load(chunk)), most);
    }
    let mut most = largest(unit, most);
    for number in rest {
        most = if number.abs() > most { number.abs() } else { most };
    }
    if most < 1e-30 {
        pairs.fill(0);
        return 0.0;
    }
    let factor = LARGEST / most;
    let (whole, last) = pairs.split_at_mut(chunks.len() * LANES / 2);
    for (to, chunk) in whole.as_chunks_mut::<{ LANES / 2 }>().0.iter_mut().zip(chunks) {
        let mut scaled = [0.0; LANES];
        unit.store(unit.add(unit.mul(unit.load(chunk), unit.splat(factor)), unit.splat(ROUNDER)), &mut scaled);
        for (at, pair) in to.iter_mut().enumerate() {
            *pair = together(scaled[2 * at], scaled[2 * at + 1]);
        }
    }
    for (pair, two) in last.iter_mut().zip(rest.chunks(2)) {
        let scaled = |number: f32| number * factor + ROUNDER;
        *pair = together(scaled(two[0]), scaled(two.get(1).copied().unwrap_or(0.0)));
    }
    most / LARGEST
}

/// The lower half of the bits is the rounded number: those of a number this close to [`ROUNDER`] are a constant, whose lower half is
/// zero, plus a whole number.
#[inline(always)]
fn together(first: f32, second: f32) -> i32 {
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
    #[inline(always)]
    fn run<U: Unit>(mut self, unit: U) {
        debug_assert!(self.rows.width >= self.matrix.pairs);
        let count = self.rows.count();
        for nth in 0..self.blocks.len() {
            let mut row = 0;
            while U::TOGETHER == 8 && row + 8 <= count {
                self.some::<U, 8>(unit, nth, row);
                row += 8;
            }
            while row + 4 <= count {
                self.some::<U, 4>(unit, nth, row);
                row += 4;
            }
            match count - row {
                1 => self.some::<U, 1>(unit, nth, row),
                2 => self.some::<U, 2>(unit, nth, row),
                3 => self.some::<U, 3>(unit, nth, row),
                _ => {}
            }
        }
    }
}

impl Task<'_> {
    /// One block of outputs for some rows.
    #[inline(always)]
    fn some<U: Unit, const R: usize>(&mut self, unit: U, nth: usize, row: usize) {
        let pairs = self.matrix.pairs;
        let block = self.blocks.start + nth;
        let bytes = &self.matrix.numbers[block * pairs * 2 * LANES..(block + 1) * pairs * 2 * LANES];
        let (weights, _) = bytes.as_chunks::<{ 2 * LANES }>();
        let mut rows: [&[i32]; R] = [&[]; R];
        for (at, of) in rows.iter_mut().enumerate() {
            *of = &self.rows.row(row + at)[..weights.len()];
        }
        let mut sums = [unit.zeros(); R];
        for (at, weights) in weights.iter().enumerate() {
            let weights = unit.weights(weights);
            for row in 0..R {
                sums[row] = unit.add_products(sums[row], weights, rows[row][at]);
            }
        }
        let factors = unit.load(chunk(&self.matrix.factors, block));
        for (at, sums) in sums.into_iter().enumerate() {
            let factors = unit.mul(factors, unit.splat(self.rows.factors[row + at]));
            let products = unit.mul(unit.to_floats(sums), factors);
            let out = &mut self.out[(row + at) * self.stride + nth * LANES..].as_chunks_mut::<LANES>().0[0];
            let sum = match self.base {
                Base::Bias(bias) => unit.add(unit.load(chunk(bias, nth)), products),
                Base::There => unit.add(unit.load(out), products),
                Base::Both(bias) => unit.add(unit.load(out), unit.add(unit.load(chunk(bias, nth)), products)),
            };
            unit.store(sum, out);
        }
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
            let rows = Rows::of(Arch::Scalar, &row[..width], width);
            let back: Vec<f32> = rows
                .row(0)
                .iter()
                .flat_map(|pair| [f32::from(*pair as i16) * rows.factors[0], (*pair >> 16) as f32 * rows.factors[0]])
                .collect();
            assert!(row[..width].iter().zip(&back).all(|(one, other)| (one - other).abs() <= 0.5 / LARGEST + 1e-6), "{back:?}");
        }
        let rows = Rows::of(Arch::Scalar, &[0.0; 4], 4);
        assert_eq!((rows.row(0), rows.factors[0]), (&[0, 0][..], 0.0));
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
