//! Any processor: one number after the other, or what the compiler makes of that.

use super::Unit;
use crate::parser::weights::LANES;

/// A sum and a product, rounded once. Where the processor is not known to have an instruction for it (virtual machines may hide what
/// theirs can do), it would be a call of the C library for each number.
#[inline(always)]
fn rounded_once(sum: f32, one: f32, other: f32) -> f32 {
    if cfg!(target_arch = "aarch64") { one.mul_add(other, sum) } else { by_doubles(sum, one, other) }
}

/// The product is exact in 64 bits. The sum is rounded to odd (Boldo and Melquiond, Emulation of FMA and Correctly Rounded Sums, 2008),
/// so that rounding it again to 32 bits is the only rounding that counts.
#[inline(always)]
fn by_doubles(sum: f32, one: f32, other: f32) -> f32 {
    let (product, sum) = (f64::from(one) * f64::from(other), f64::from(sum));
    let near = product + sum;
    let part = near - product;
    let lost = (product - (near - part)) + (sum - part);
    let bits = near.to_bits();
    // What is no number compares with nothing, and stays.
    let inexact = bits & 1 == 0 && lost.abs() > 0.0;
    let odd = match inexact {
        true if (lost > 0.0) == (near > 0.0) => bits + 1,
        true => bits - 1,
        false => bits,
    };
    f64::from_bits(odd) as f32
}

/// Any processor.
#[derive(Clone, Copy)]
pub struct Plain;

impl Plain {
    #[inline(always)]
    fn each(numbers: [f32; LANES], other: [f32; LANES], of: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
        std::array::from_fn(|lane| of(numbers[lane], other[lane]))
    }
}

impl Unit for Plain {
    type Floats = [f32; LANES];
    type Ints = [i32; LANES];
    type Weights = [u8; 2 * LANES];

    #[inline(always)]
    fn splat(self, number: f32) -> Self::Floats {
        [number; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::Floats {
        *from
    }

    #[inline(always)]
    fn store(self, numbers: Self::Floats, to: &mut [f32; LANES]) {
        *to = numbers;
    }

    #[inline(always)]
    fn add(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| one + other)
    }

    #[inline(always)]
    fn sub(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| one - other)
    }

    #[inline(always)]
    fn mul(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| one * other)
    }

    #[inline(always)]
    fn div(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| one / other)
    }

    #[inline(always)]
    fn add_product(self, sum: Self::Floats, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        std::array::from_fn(|lane| rounded_once(sum[lane], one[lane], other[lane]))
    }

    #[inline(always)]
    fn max(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| if one > other { one } else { other })
    }

    #[inline(always)]
    fn min(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        Self::each(one, other, |one, other| if one < other { one } else { other })
    }

    #[inline(always)]
    fn abs(self, numbers: Self::Floats) -> Self::Floats {
        numbers.map(f32::abs)
    }

    #[inline(always)]
    fn signed(self, numbers: Self::Floats, signs: Self::Floats) -> Self::Floats {
        Self::each(numbers, signs, f32::copysign)
    }

    #[inline(always)]
    fn kept(self, numbers: Self::Floats, of: Self::Floats, limit: Self::Floats) -> Self::Floats {
        std::array::from_fn(|lane| if of[lane] < limit[lane] { 0.0 } else { numbers[lane] })
    }

    #[inline(always)]
    fn power(self, shifted: Self::Floats) -> Self::Floats {
        shifted.map(|number| f32::from_bits((number.to_bits() << 23).wrapping_add(0x3f80_0000)))
    }

    #[inline(always)]
    fn lower_halves(self, numbers: Self::Floats) -> [i32; LANES / 2] {
        let half = |at: usize| numbers[at].to_bits() & 0xffff;
        std::array::from_fn(|at| (half(2 * at) | half(2 * at + 1) << 16) as i32)
    }

    #[inline(always)]
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        from.map(|number| f32::from(number as i8))
    }

    const SUMS: usize = 4;

    #[inline(always)]
    fn zeros(self) -> Self::Ints {
        [0; LANES]
    }

    #[inline(always)]
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights {
        *from
    }

    #[inline(always)]
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints {
        let (first, second) = (i32::from(pair as i16), pair >> 16);
        let weight = |at: usize| i32::from(weights[at] as i8);
        std::array::from_fn(|lane| sums[lane] + weight(2 * lane) * first + weight(2 * lane + 1) * second)
    }

    #[inline(always)]
    fn to_floats(self, sums: Self::Ints) -> Self::Floats {
        sums.map(|sum| sum as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::by_doubles;

    /// Against the C library's, over numbers of all sizes and over sums that lie half-way between two of 32 bits but for a little.
    #[test]
    fn a_sum_and_a_product_are_rounded_once() {
        let mut seed = 7u32;
        let mut number = |spread: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let exponent = 127 - spread / 2 + (seed >> 24) % spread;
            f32::from_bits((seed & 0x8000_0000) | exponent << 23 | (seed >> 1 & 0x007f_ffff))
        };
        for round in 0..400_000 {
            let spread = [4, 40, 200][round % 3];
            let (sum, one, other) = (number(spread), number(spread), number(spread));
            // Half of what the last bit of the sum stands for, times 1 - 2^-32 and 1 + 2^-36.
            let half = f32::from_bits((sum * 2f32.powi(-24)).to_bits() & 0xff80_0000);
            let (k, x) = (2f32.powi(-16), 2f32.powi(-12));
            let below = (half * (1.0 + k), 1.0 - k);
            let above = (half * (1.0 + x), 1.0 - x + x * x);
            for (one, other) in [(one, other), below, above, (-below.0, below.1), (-above.0, above.1)] {
                let (ours, exact) = (by_doubles(sum, one, other), one.mul_add(other, sum));
                assert_eq!(ours.to_bits(), exact.to_bits(), "{sum:e} + {one:e} * {other:e}");
            }
        }
        for odd in [f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0] {
            assert_eq!(by_doubles(odd, 1.0, 0.0).to_bits(), 1.0f32.mul_add(0.0, odd).to_bits());
        }
        assert!(by_doubles(f32::NAN, 1.0, 1.0).is_nan() && by_doubles(f32::INFINITY, f32::NEG_INFINITY, 1.0).is_nan());
    }
}
