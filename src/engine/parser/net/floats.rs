//! Arithmetic with fractions that gives the same bits on every processor.
//!
//! Only what IEEE 754 defines exactly (addition, multiplication, division, square root), in an order that does not depend on how many
//! numbers the processor takes at once: sums go over [`LANES`] columns and then pairwise. No function of a mathematical library, which
//! may differ from system to system.

use super::unit::vectorised;
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

/// The sum of some numbers.
#[inline(always)]
pub fn sum(numbers: &[f32]) -> f32 {
    let mut columns = [0.0f32; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            columns[lane] += chunk[lane];
        }
    }
    for (column, number) in columns.iter_mut().zip(rest) {
        *column += *number;
    }
    folded(&mut columns)
}

/// The sum of the columns, pairwise.
#[inline(always)]
fn folded(columns: &mut [f32; LANES]) -> f32 {
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
    let mut most = f32::NEG_INFINITY;
    for number in rest.iter().chain(&columns) {
        most = if *number > most { *number } else { most };
    }
    most
}

/// Makes numbers shares of one: e to the power of each over the sum of all.
#[inline(always)]
pub fn softmax(numbers: &mut [f32]) {
    let most = largest(numbers);
    for number in numbers.iter_mut() {
        *number = exp(*number - most);
    }
    let share = 1.0 / sum(numbers);
    for number in numbers {
        *number *= share;
    }
}

vectorised! {
    /// Makes numbers the logarithms of their shares.
    pub fn log_softmax<'a>(numbers: &'a mut [f32]) {
        let most = largest(numbers);
        let mut columns = [0.0f32; LANES];
        for numbers in numbers.chunks(LANES) {
            for (column, number) in columns.iter_mut().zip(numbers) {
                *column += exp(*number - most);
            }
        }
        let total = most + ln(folded(&mut columns));
        for number in numbers {
            *number -= total;
        }
    }
}

vectorised! {
    /// The hyperbolic tangent of each number.
    pub fn tanh_all<'a>(numbers: &'a mut [f32]) {
        for number in numbers {
            *number = tanh(*number);
        }
    }
}

vectorised! {
    /// Brings each row to mean 0 and variance 1, then scales it.
    pub fn norm_rows<'a>(rows: &'a [f32], norm: &'a Norm, out: &'a mut [f32]) {
        let width = norm.bias.len();
        for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            normed(row, norm, out);
        }
    }
}

#[inline(always)]
fn normed(row: &[f32], norm: &Norm, out: &mut [f32]) {
    let share = 1.0 / row.len() as f32;
    let mean = sum(row) * share;
    for (out, number) in out.iter_mut().zip(row) {
        *out = *number - mean;
    }
    let mut columns = [0.0f32; LANES];
    for numbers in out.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            columns[lane] += numbers[lane] * numbers[lane];
        }
    }
    let factor = 1.0 / (folded(&mut columns) * share + 1e-5).sqrt();
    for ((out, scale), bias) in out.iter_mut().zip(&norm.factor).zip(&norm.bias) {
        *out = *out * factor * *scale + *bias;
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
        log_softmax(pulp::Arch::Scalar, &mut logarithms);
        assert!((sum(&numbers) - 1.0).abs() < 1e-6);
        assert!(numbers.iter().zip(&logarithms).all(|(share, logarithm)| (share.ln() - logarithm).abs() < 1e-4));
    }
}
