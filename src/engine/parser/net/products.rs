//! Products of activations with matrices of weights, in whole numbers: the same on every processor.
//!
//! Weights have 8 bits. A row of activations is scaled so that its largest is [`LARGEST`] and rounded; sums of products then fit into
//! 32 bits whatever the order in which they are taken, so that every vector unit gives the same. Two neighbouring activations are kept
//! together in 32 bits, as the instruction that multiplies pairs wants them.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::cast;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
use pulp::{Arch, Simd, WithSimd};

use super::unit::vectorised;
use crate::parser::weights::{LANES, Linear, Matrix};

/// 12 bits and a sign. With weights up to 127 and the most inputs that a file may have (4096), sums stay below 2^31.
const LARGEST: f32 = 4095.0;

/// Adding and subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// Rows of activations that share each load of weights.
const TOGETHER: usize = 6;

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

    /// Some of the rows.
    pub fn picked(&self, rows: &[usize]) -> Rows {
        let mut picked = Rows { width: self.width, ..Rows::default() };
        for row in rows {
            picked.pairs.extend_from_slice(self.row(*row));
            picked.factors.push(self.factors[*row]);
        }
        picked
    }

    #[inline(always)]
    fn row(&self, at: usize) -> &[i32] {
        &self.pairs[at * self.width..(at + 1) * self.width]
    }
}

vectorised! {
    fn round_rows<'a>(
        numbers: &'a [f32],
        from: usize,
        width: usize,
        stride: usize,
        pairs: &'a mut [i32],
        factors: &'a mut [f32],
    ) {
        let rows = numbers.chunks_exact(stride).zip(pairs.chunks_exact_mut(width.div_ceil(2)));
        for ((row, pairs), factor) in rows.zip(factors) {
            *factor = rounded(&row[from..from + width], pairs);
        }
    }
}

/// Rounds a row and gives the factor that takes it back.
#[inline(always)]
fn rounded(row: &[f32], pairs: &mut [i32]) -> f32 {
    let mut columns = [0.0f32; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let size = chunk[lane].abs();
            columns[lane] = if size > columns[lane] { size } else { columns[lane] };
        }
    }
    let mut most = 0.0f32;
    for number in rest.iter().chain(&columns) {
        most = if number.abs() > most { number.abs() } else { most };
    }
    if most < 1e-30 {
        pairs.fill(0);
        return 0.0;
    }
    let factor = LARGEST / most;
    let (twos, last) = row.as_chunks::<2>();
    for (pair, two) in pairs.iter_mut().zip(twos) {
        *pair = ((whole(two[0], factor) & 0xffff) | (whole(two[1], factor) << 16)) as i32;
    }
    if let ([last], Some(pair)) = (last, pairs.last_mut()) {
        *pair = (whole(*last, factor) & 0xffff) as i32;
    }
    most / LARGEST
}

/// The lower half of the bits is the rounded number: those of a number this close to [`ROUNDER`] are a constant, whose lower half is
/// zero, plus a whole number.
#[inline(always)]
fn whole(number: f32, factor: f32) -> u32 {
    (number * factor + ROUNDER).to_bits()
}

/// Rows times the matrix plus the bias; rows of the result are `matrix.padded()` apart.
pub fn linear(arch: Arch, rows: &Rows, layer: &Linear, out: &mut Vec<f32>) {
    let padded = layer.matrix.padded();
    out.resize(rows.count() * padded, 0.0);
    out.chunks_exact_mut(padded).for_each(|row| row.copy_from_slice(&layer.bias));
    add(arch, rows, &layer.matrix, 0..padded / LANES, out, padded);
}

/// [`linear`] of the blocks that hold some of the outputs; the result begins with the first of these blocks.
pub fn linear_part(arch: Arch, rows: &Rows, layer: &Linear, outputs: Range<usize>, out: &mut Vec<f32>) {
    let blocks = outputs.start / LANES..outputs.end.div_ceil(LANES);
    let stride = blocks.len() * LANES;
    out.resize(rows.count() * stride, 0.0);
    let bias = &layer.bias[blocks.start * LANES..blocks.end * LANES];
    out.chunks_exact_mut(stride).for_each(|row| row.copy_from_slice(bias));
    add(arch, rows, &layer.matrix, blocks, out, stride);
}

/// Adds rows times some blocks of the matrix to `out`, whose rows are `stride` apart and begin with the first block.
pub fn add(arch: Arch, rows: &Rows, matrix: &Matrix, blocks: Range<usize>, out: &mut [f32], stride: usize) {
    debug_assert_eq!(rows.width, matrix.pairs);
    let task = Task { rows, matrix, blocks, stride };
    match arch {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(unit) => Simd::vectorize(unit, Bound { unit, task, out }),
        #[cfg(target_arch = "x86_64")]
        Arch::V3(unit) => Simd::vectorize(unit, Bound { unit, task, out }),
        other => other.dispatch(Bound { unit: Plain, task, out }),
    }
}

/// A task and the unit to run it on, which is proof that the processor has it.
struct Bound<'a, U> {
    unit: U,
    task: Task<'a>,
    out: &'a mut [f32],
}

impl<U: Unit> WithSimd for Bound<'_, U> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.task.run(self.unit, self.out);
    }
}

struct Task<'a> {
    rows: &'a Rows,
    matrix: &'a Matrix,
    blocks: Range<usize>,
    stride: usize,
}

impl Task<'_> {
    #[inline(always)]
    fn run<U: Unit>(self, unit: U, out: &mut [f32]) {
        let first = self.blocks.start;
        for block in first..self.blocks.end {
            let at = (block - first) * LANES;
            let mut row = 0;
            while row + TOGETHER <= self.rows.count() {
                self.some::<U, TOGETHER>(unit, block, row, at, out);
                row += TOGETHER;
            }
            match self.rows.count() - row {
                1 => self.some::<U, 1>(unit, block, row, at, out),
                2 => self.some::<U, 2>(unit, block, row, at, out),
                3 => self.some::<U, 3>(unit, block, row, at, out),
                4 => self.some::<U, 4>(unit, block, row, at, out),
                5 => self.some::<U, 5>(unit, block, row, at, out),
                _ => {}
            }
        }
    }

    /// One block of outputs for some rows.
    #[inline(always)]
    fn some<U: Unit, const R: usize>(&self, unit: U, block: usize, row: usize, at: usize, out: &mut [f32]) {
        let pairs = self.matrix.pairs;
        let bytes = &self.matrix.numbers[block * pairs * 2 * LANES..(block + 1) * pairs * 2 * LANES];
        let (weights, _) = bytes.as_chunks::<{ 2 * LANES }>();
        let mut rows: [&[i32]; R] = [&[]; R];
        for (nth, of) in rows.iter_mut().enumerate() {
            *of = &self.rows.row(row + nth)[..weights.len()];
        }
        let sums = unit.sums(weights, rows);
        let factors = &self.matrix.factors[block * LANES..(block + 1) * LANES];
        for (nth, sums) in sums.iter().enumerate() {
            let scale = self.rows.factors[row + nth];
            let out = &mut out[(row + nth) * self.stride + at..][..LANES];
            for lane in 0..LANES {
                out[lane] += sums[lane] as f32 * (factors[lane] * scale);
            }
        }
    }
}

/// A processor's way to sum products of pairs.
trait Unit: Copy {
    /// For each row, its products with the weights of [`LANES`] outputs.
    fn sums<const R: usize>(self, weights: &[[u8; 2 * LANES]], rows: [&[i32]; R]) -> [[i32; LANES]; R];
}

#[derive(Clone, Copy)]
struct Plain;

impl Unit for Plain {
    #[inline(always)]
    fn sums<const R: usize>(self, weights: &[[u8; 2 * LANES]], rows: [&[i32]; R]) -> [[i32; LANES]; R] {
        let mut sums = [[0i32; LANES]; R];
        for (at, weights) in weights.iter().enumerate() {
            for nth in 0..R {
                let pair = rows[nth][at];
                let (first, second) = (i32::from(pair as i16), pair >> 16);
                for lane in 0..LANES {
                    sums[nth][lane] +=
                        i32::from(weights[2 * lane] as i8) * first + i32::from(weights[2 * lane + 1] as i8) * second;
                }
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
impl Unit for V4 {
    #[inline(always)]
    fn sums<const R: usize>(self, weights: &[[u8; 2 * LANES]], rows: [&[i32]; R]) -> [[i32; LANES]; R] {
        let mut sums = [self.avx512f._mm512_setzero_si512(); R];
        for (at, weights) in weights.iter().enumerate() {
            let weights = self.avx512bw._mm512_cvtepi8_epi16(cast(*weights));
            for nth in 0..R {
                let pair = self.avx512f._mm512_set1_epi32(rows[nth][at]);
                sums[nth] = self.avx512f._mm512_add_epi32(sums[nth], self.avx512bw._mm512_madd_epi16(weights, pair));
            }
        }
        let mut out = [[0; LANES]; R];
        for nth in 0..R {
            out[nth] = cast(sums[nth]);
        }
        out
    }
}

#[cfg(target_arch = "x86_64")]
impl Unit for V3 {
    #[inline(always)]
    fn sums<const R: usize>(self, weights: &[[u8; 2 * LANES]], rows: [&[i32]; R]) -> [[i32; LANES]; R] {
        let mut sums = [[self.avx._mm256_setzero_si256(); 2]; R];
        for (at, weights) in weights.iter().enumerate() {
            let halves: [[u8; LANES]; 2] = cast(*weights);
            let halves = [self.avx2._mm256_cvtepi8_epi16(cast(halves[0])), self.avx2._mm256_cvtepi8_epi16(cast(halves[1]))];
            for nth in 0..R {
                let pair = self.avx._mm256_set1_epi32(rows[nth][at]);
                for half in 0..2 {
                    let products = self.avx2._mm256_madd_epi16(halves[half], pair);
                    sums[nth][half] = self.avx2._mm256_add_epi32(sums[nth][half], products);
                }
            }
        }
        let mut out = [[0; LANES]; R];
        for nth in 0..R {
            out[nth] = cast(sums[nth]);
        }
        out
    }
}

/// Every unit that this processor has, the plain one first.
#[cfg(test)]
pub fn units() -> Vec<Arch> {
    let mut units = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        units.extend(V3::try_new().map(Arch::V3));
        units.extend(V4::try_new().map(Arch::V4));
    }
    units
}

#[cfg(test)]
mod tests {
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
            add(arch, &rows, &matrix, 0..3, &mut out, 48);
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
