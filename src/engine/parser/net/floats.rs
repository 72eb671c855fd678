//! Arithmetic with fractions that gives the same bits on every processor.
//!
//! Only what IEEE 754 defines exactly (addition, multiplication, division, square root), in an order that does not depend on how many
//! numbers the processor takes at once: sums go over [`LANES`] columns and then pairwise. No function of a mathematical library, which
//! may differ from system to system. Everything is inlined into the caller, which is compiled for the processor's vector unit.

use crate::parser::weights::{LANES, Norm};

/// Adding and subtracting it rounds to a whole number.
const ROUNDER: f32 = 12_582_912.0;

/// e to the power of `x`; 0 far below zero.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let kept = x.clamp(-87.0, 88.0);
    let shifted = kept * std::f32::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    // ln 2 in two parts, the first of few digits so that its product is exact.
    let rest = kept - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * rest + factor;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    if x < -87.0 { 0.0 } else { sum * power }
}

#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let small = exp(-2.0 * x.abs());
    ((1.0 - small) / (1.0 + small)).copysign(x)
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

/// The sum of what `of` makes of each number.
#[inline(always)]
pub fn sum(numbers: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut columns = [0.0f32; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            columns[lane] += of(chunk[lane]);
        }
    }
    for (column, number) in columns.iter_mut().zip(rest) {
        *column += of(*number);
    }
    folded(&mut columns)
}

/// The sum of the columns, pairwise.
#[inline(always)]
pub fn folded(columns: &mut [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            columns[lane] += columns[lane + half];
        }
        half /= 2;
    }
    columns[0]
}

/// The largest of some numbers.
#[inline(always)]
pub fn largest(numbers: &[f32]) -> f32 {
    let mut columns = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            columns[lane] = if chunk[lane] > columns[lane] { chunk[lane] } else { columns[lane] };
        }
    }
    columns.iter().chain(rest).fold(f32::NEG_INFINITY, |most, one| if *one > most { *one } else { most })
}

/// Makes numbers shares of one: e to the power of each over the sum of all.
#[inline(always)]
pub fn softmax(numbers: &mut [f32]) {
    let most = largest(numbers);
    numbers.iter_mut().for_each(|number| *number = exp(*number - most));
    let share = 1.0 / sum(numbers, |number| number);
    numbers.iter_mut().for_each(|number| *number *= share);
}

/// Makes numbers the logarithms of their shares.
#[inline(always)]
pub fn log_softmax(numbers: &mut [f32]) {
    let most = largest(numbers);
    let total = most + ln(sum(numbers, |number| exp(number - most)));
    numbers.iter_mut().for_each(|number| *number -= total);
}

/// Brings a row to mean 0 and variance 1, then scales it.
#[inline(always)]
pub fn normed(row: &[f32], norm: &Norm, out: &mut [f32]) {
    let share = 1.0 / row.len() as f32;
    let mean = sum(row, |number| number) * share;
    let variance = sum(row, |number| (number - mean) * (number - mean)) * share;
    let factor = 1.0 / (variance + 1e-5).sqrt();
    for (at, out) in out.iter_mut().enumerate() {
        *out = (row[at] - mean) * factor * norm.factor[at] + norm.bias[at];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_of_the_library() {
        for at in -4000..4000 {
            let x = at as f32 * 0.01;
            let close = |ours: f32, theirs: f32| (ours - theirs).abs() <= 3e-6 * theirs.abs().max(0.1);
            assert!(close(exp(x), x.exp()), "exp {x}: {} {}", exp(x), x.exp());
            assert!(close(tanh(x), x.tanh()), "tanh {x}");
            assert!(close(sigmoid(x), 1.0 / (1.0 + (-x).exp())), "sigmoid {x}");
            let positive = 1.0 + x.abs() * 50.0;
            assert!(close(ln(positive), positive.ln()), "ln {positive}");
        }
        assert_eq!((exp(-1e9), exp(0.0), ln(1.0)), (0.0, 1.0, 0.0));
    }

    #[test]
    fn shares_sum_to_one() {
        let mut numbers: Vec<f32> = (0..37).map(|at| (at as f32 * 0.7).sin() * 9.0).collect();
        let mut logarithms = numbers.clone();
        softmax(&mut numbers);
        log_softmax(&mut logarithms);
        assert!((sum(&numbers, |number| number) - 1.0).abs() < 1e-6);
        assert!(numbers.iter().zip(&logarithms).all(|(share, logarithm)| (share.ln() - logarithm).abs() < 1e-4));
    }
}
