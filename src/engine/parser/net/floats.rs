//! Arithmetic with fractions that gives the same bits on every processor.
//!
//! Only what IEEE 754 defines exactly (addition, multiplication, both with one rounding, division, square root), in an order that does
//! not depend on how many numbers the processor takes at once: sums go over [`LANES`] columns and then pairwise. No function of a
//! mathematical library, which may differ from system to system.

use super::unit::{Unit, vectorised};
use crate::parser::weights::{LANES, Norm};

/// Adding and subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// What fills a row up to a multiple of [`LANES`] where only the largest number and powers of e count.
pub const NOTHING: f32 = f32::NEG_INFINITY;

/// e to the power of each; 0 far below zero.
#[inline(always)]
pub fn exp<U: Unit>(unit: U, x: U::Floats) -> U::Floats {
    let least = unit.splat(-87.0);
    let kept = unit.min(unit.max(x, least), unit.splat(88.0));
    let shifted = unit.add_product(unit.splat(ROUNDER), kept, unit.splat(std::f32::consts::LOG2_E));
    let whole = unit.sub(shifted, unit.splat(ROUNDER));
    // ln 2 in two parts, the first of few digits so that its product is exact.
    let rest = unit.add_product(kept, whole, unit.splat(-0.693_359_4));
    let rest = unit.add_product(rest, whole, unit.splat(2.121_944_4e-4));
    let mut sum = unit.splat(1.0 / 720.0);
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = unit.add_product(unit.splat(factor), sum, rest);
    }
    unit.kept(unit.mul(sum, unit.power(shifted)), x, least)
}

#[inline(always)]
pub fn sigmoid<U: Unit>(unit: U, x: U::Floats) -> U::Floats {
    let one = unit.splat(1.0);
    unit.div(one, unit.add(one, exp(unit, unit.mul(x, unit.splat(-1.0)))))
}

#[inline(always)]
pub fn tanh<U: Unit>(unit: U, x: U::Floats) -> U::Floats {
    let one = unit.splat(1.0);
    let small = exp(unit, unit.mul(unit.splat(-2.0), unit.abs(x)));
    unit.signed(unit.div(unit.sub(one, small), unit.add(one, small)), x)
}

/// The natural logarithm of a positive number that is not subnormal.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // The exponent is chosen so that the rest lies around one, between the square roots of a half and of two.
    let bits = x.to_bits().wrapping_sub(0x3f35_04f3);
    let exponent = (bits as i32) >> 23;
    let rest = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let ratio = (rest - 1.0) / (rest + 1.0);
    let square = ratio * ratio;
    let mut sum = 1.0 / 9.0;
    for factor in [1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        sum = sum * square + factor;
    }
    exponent as f32 * std::f32::consts::LN_2 + 2.0 * ratio * sum
}

/// The sum of the columns, pairwise.
#[inline(always)]
fn folded<U: Unit>(unit: U, numbers: U::Floats) -> f32 {
    let mut columns = [0.0; LANES];
    unit.store(numbers, &mut columns);
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            columns[lane] += columns[lane + half];
        }
        half /= 2;
    }
    columns[0]
}

/// The largest of the columns.
#[inline(always)]
pub fn largest<U: Unit>(unit: U, numbers: U::Floats) -> f32 {
    let mut columns = [0.0; LANES];
    unit.store(numbers, &mut columns);
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            let other = columns[lane + half];
            columns[lane] = if columns[lane] > other { columns[lane] } else { other };
        }
        half /= 2;
    }
    columns[0]
}

/// The largest of rows that are filled up with [`NOTHING`].
#[inline(always)]
fn largest_of<U: Unit>(unit: U, chunks: &[[f32; LANES]]) -> U::Floats {
    let mut most = unit.splat(NOTHING);
    for chunk in chunks {
        most = unit.max(unit.load(chunk), most);
    }
    unit.splat(largest(unit, most))
}

/// Makes numbers shares of one: e to the power of each over the sum of all. What fills up the row is [`NOTHING`] and becomes 0.
#[inline(always)]
pub fn softmax<U: Unit>(unit: U, numbers: &mut [f32]) {
    let (chunks, _) = numbers.as_chunks_mut::<LANES>();
    let most = largest_of(unit, chunks);
    let mut columns = unit.splat(0.0);
    for chunk in chunks.iter_mut() {
        let power = exp(unit, unit.sub(unit.load(chunk), most));
        unit.store(power, chunk);
        columns = unit.add(columns, power);
    }
    let share = unit.splat(1.0 / folded(unit, columns));
    for chunk in chunks {
        unit.store(unit.mul(unit.load(chunk), share), chunk);
    }
}

vectorised! {
    /// Makes rows of numbers the logarithms of their shares. Each row is a multiple of [`LANES`] long, filled up with [`NOTHING`].
    pub fn log_softmax<'a>(unit, rows: &'a mut [f32], ends: &'a [usize]) {
        let mut begin = 0;
        for end in ends {
            let (chunks, _) = rows[begin..*end].as_chunks_mut::<LANES>();
            let most = largest_of(unit, chunks);
            let mut columns = unit.splat(0.0);
            for chunk in chunks.iter() {
                columns = unit.add(columns, exp(unit, unit.sub(unit.load(chunk), most)));
            }
            let mut first = [0.0; LANES];
            unit.store(most, &mut first);
            let total = unit.splat(first[0] + ln(folded(unit, columns)));
            for chunk in chunks {
                unit.store(unit.sub(unit.load(chunk), total), chunk);
            }
            begin = *end;
        }
    }
}

vectorised! {
    /// The hyperbolic tangent of each number; there are a multiple of [`LANES`].
    pub fn tanh_all<'a>(unit, numbers: &'a mut [f32]) {
        for chunk in numbers.as_chunks_mut::<LANES>().0 {
            unit.store(tanh(unit, unit.load(chunk)), chunk);
        }
    }
}

vectorised! {
    /// Adds to rows of numbers; there are a multiple of [`LANES`].
    pub fn add_all<'a>(unit, numbers: &'a mut [f32], more: &'a [f32]) {
        for (chunk, more) in numbers.as_chunks_mut::<LANES>().0.iter_mut().zip(more.as_chunks::<LANES>().0) {
            unit.store(unit.add(unit.load(chunk), unit.load(more)), chunk);
        }
    }
}

vectorised! {
    /// Brings each row to mean 0 and variance 1, then scales it.
    pub fn norm_rows<'a>(unit, rows: &'a [f32], norm: &'a Norm, out: &'a mut [f32]) {
        let width = norm.bias.len();
        let mut at = 0;
        while at + width <= rows.len() {
            normed(unit, &rows[at..at + width], norm, &mut out[at..at + width]);
            at += width;
        }
    }
}

/// The width is a multiple of [`LANES`].
#[inline(always)]
fn normed<U: Unit>(unit: U, row: &[f32], norm: &Norm, out: &mut [f32]) {
    let share = 1.0 / row.len() as f32;
    let (row, out) = (row.as_chunks::<LANES>().0, out.as_chunks_mut::<LANES>().0);
    let (scales, biases) = (norm.factor.as_chunks::<LANES>().0, norm.bias.as_chunks::<LANES>().0);
    let mut columns = unit.splat(0.0);
    for chunk in row {
        columns = unit.add(columns, unit.load(chunk));
    }
    let mean = unit.splat(folded(unit, columns) * share);
    let mut columns = unit.splat(0.0);
    for at in 0..row.len().min(out.len()) {
        let rest = unit.sub(unit.load(&row[at]), mean);
        unit.store(rest, &mut out[at]);
        columns = unit.add(columns, unit.mul(rest, rest));
    }
    let factor = unit.splat(1.0 / (folded(unit, columns) * share + 1e-5).sqrt());
    for at in 0..out.len().min(scales.len()).min(biases.len()) {
        let scaled = unit.mul(unit.mul(unit.load(&out[at]), factor), unit.load(&scales[at]));
        unit.store(unit.add(scaled, unit.load(&biases[at])), &mut out[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::unit::{Arch, Plain, units};
    use super::*;

    vectorised! {
        fn functions<'a>(unit, x: f32, out: &'a mut [f32; 3]) {
            let first = |numbers| {
                let mut all = [0.0; LANES];
                unit.store(numbers, &mut all);
                all[0]
            };
            let x = unit.splat(x);
            *out = [first(exp(unit, x)), first(tanh(unit, x)), first(sigmoid(unit, x))];
        }
    }

    #[test]
    fn functions_are_those_of_the_library_on_every_unit() {
        let of = |arch, x| {
            let mut out = [0.0; 3];
            functions(arch, x, &mut out);
            out
        };
        for at in -4000..4000 {
            let x = at as f32 * 0.01;
            let close = |ours: f32, theirs: f32| (ours - theirs).abs() <= 3e-6 * theirs.abs().max(0.1);
            let ours = of(Arch::SCALAR, x);
            let theirs = [x.exp(), x.tanh(), 1.0 / (1.0 + (-x).exp())];
            assert!(ours.into_iter().zip(theirs).all(|(ours, theirs)| close(ours, theirs)), "{x}: {ours:?} {theirs:?}");
            for arch in units() {
                assert_eq!(of(arch, x).map(f32::to_bits), ours.map(f32::to_bits), "{x}");
            }
            let positive = 1.0 + x.abs() * 50.0;
            assert!(close(ln(positive), positive.ln()), "ln {positive}");
        }
        assert_eq!((of(Arch::SCALAR, -1e9)[0], of(Arch::SCALAR, 0.0)[0], ln(1.0)), (0.0, 1.0, 0.0));
    }

    #[test]
    fn shares_sum_to_one() {
        let mut numbers: Vec<f32> = (0..37).map(|at| (at as f32 * 0.7).sin() * 9.0).collect();
        numbers.resize(48, NOTHING);
        let mut logarithms = numbers.clone();
        softmax(Plain, &mut numbers);
        log_softmax(Arch::SCALAR, &mut logarithms, &[48]);
        assert!((numbers.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let close = |(share, logarithm): (&f32, &f32)| (share.ln() - logarithm).abs() < 1e-4;
        assert!(numbers[..37].iter().zip(&logarithms).all(close));
        assert_eq!(numbers[37..], [0.0; 11]);
    }
}
