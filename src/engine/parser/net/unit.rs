//! The vector unit that the processor has: [`LANES`] numbers at a time, and functions that are compiled once for each unit.
//!
//! Every unit gives the same bits: only what IEEE 754 and whole numbers define exactly is here, nothing is contracted, and where two
//! numbers do not compare (none of them is a number) all take the second. Loops that matter are written with a [`Unit`]: left to
//! the compiler, sums are kept in memory or taken one by one.

#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::cast;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
use pulp::{Arch, Simd, WithSimd};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256i, __m512, __m512i};

use crate::parser::weights::LANES;

/// Declares a function with one more argument in front, the [`pulp::Arch`] to run on; the body has the [`Unit`] under the name that
/// comes first. What it calls must be `inline(always)` to be compiled for the unit too. Closures are not: handed to a library
/// function they may stay outside.
macro_rules! vectorised {
    ($(#[$meta:meta])* $visible:vis fn $name:ident<$life:lifetime>($unit:ident, $($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name<$life>(arch: pulp::Arch, $($arg: $type),*) {
            struct Task<$life> {
                $($arg: $type,)*
                life: std::marker::PhantomData<&$life ()>,
            }
            impl<$life> $crate::parser::net::unit::Work for Task<$life> {
                #[inline(always)]
                fn run<U: $crate::parser::net::unit::Unit>(self, $unit: U) {
                    let Task { $($arg,)* .. } = self;
                    $body
                }
            }
            $crate::parser::net::unit::run(arch, Task { $($arg,)* life: std::marker::PhantomData })
        }
    };
}

pub(super) use vectorised;

/// What is compiled for each unit.
pub trait Work {
    fn run<U: Unit>(self, unit: U);
}

/// Runs it on a unit.
pub fn run(arch: Arch, work: impl Work) {
    match arch {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(unit) => Simd::vectorize(unit, Bound { unit, work }),
        #[cfg(target_arch = "x86_64")]
        Arch::V3(unit) => Simd::vectorize(unit, Bound { unit, work }),
        other => other.dispatch(Bound { unit: Plain, work }),
    }
}

/// Work and the unit to run it on, which is proof that the processor has it.
struct Bound<U, W> {
    unit: U,
    work: W,
}

impl<U: Unit, W: Work> WithSimd for Bound<U, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.work.run(self.unit);
    }
}

/// What a vector unit can do with [`LANES`] numbers.
pub trait Unit: Copy {
    /// Fractions.
    type Floats: Copy;
    /// Whole numbers of 32 bits.
    type Ints: Copy;
    /// Weights of [`LANES`] outputs, two for each.
    type Weights: Copy;

    fn splat(self, number: f32) -> Self::Floats;
    fn load(self, from: &[f32; LANES]) -> Self::Floats;
    fn store(self, numbers: Self::Floats, to: &mut [f32; LANES]);
    fn add(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    fn sub(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    fn mul(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    fn div(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    /// The larger; the second where they do not compare.
    fn max(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    /// The smaller; the second where they do not compare.
    fn min(self, one: Self::Floats, other: Self::Floats) -> Self::Floats;
    fn abs(self, numbers: Self::Floats) -> Self::Floats;
    /// The numbers with the signs of others; they have none of their own.
    fn signed(self, numbers: Self::Floats, signs: Self::Floats) -> Self::Floats;
    /// Zero where `of` is less than the limit.
    fn kept(self, numbers: Self::Floats, of: Self::Floats, limit: Self::Floats) -> Self::Floats;
    /// Two to the power of the whole number in the lower half of the bits.
    fn power(self, shifted: Self::Floats) -> Self::Floats;
    /// Whole numbers of 8 bits as fractions.
    fn widened(self, from: &[u8; LANES]) -> Self::Floats;

    /// Rows of activations that share each load of weights.
    const TOGETHER: usize;
    fn zeros(self) -> Self::Ints;
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights;
    /// Adds to each sum the products of its two weights and the pair of 16 bits each.
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints;
    fn to_floats(self, sums: Self::Ints) -> Self::Floats;
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
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        from.map(|number| f32::from(number as i8))
    }

    const TOGETHER: usize = 4;

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

#[cfg(target_arch = "x86_64")]
impl Unit for V4 {
    type Floats = __m512;
    type Ints = __m512i;
    type Weights = __m512i;

    #[inline(always)]
    fn splat(self, number: f32) -> Self::Floats {
        self.avx512f._mm512_set1_ps(number)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::Floats {
        cast(*from)
    }

    #[inline(always)]
    fn store(self, numbers: Self::Floats, to: &mut [f32; LANES]) {
        *to = cast(numbers);
    }

    #[inline(always)]
    fn add(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_add_ps(one, other)
    }

    #[inline(always)]
    fn sub(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_sub_ps(one, other)
    }

    #[inline(always)]
    fn mul(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_mul_ps(one, other)
    }

    #[inline(always)]
    fn div(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_div_ps(one, other)
    }

    #[inline(always)]
    fn max(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_max_ps(one, other)
    }

    #[inline(always)]
    fn min(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_min_ps(one, other)
    }

    #[inline(always)]
    fn abs(self, numbers: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_abs_ps(numbers)
    }

    #[inline(always)]
    fn signed(self, numbers: Self::Floats, signs: Self::Floats) -> Self::Floats {
        let sign = self.avx512dq._mm512_and_ps(signs, self.splat(-0.0));
        self.avx512dq._mm512_or_ps(numbers, sign)
    }

    #[inline(always)]
    fn kept(self, numbers: Self::Floats, of: Self::Floats, limit: Self::Floats) -> Self::Floats {
        let below = self.avx512f._mm512_cmp_ps_mask::<LESS>(of, limit);
        self.avx512f._mm512_mask_blend_ps(below, numbers, self.splat(0.0))
    }

    #[inline(always)]
    fn power(self, shifted: Self::Floats) -> Self::Floats {
        let one: __m512i = cast([0x3f80_0000u32; LANES]);
        cast(self.avx512f._mm512_add_epi32(self.avx512f._mm512_slli_epi32::<23>(cast(shifted)), one))
    }

    #[inline(always)]
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        self.avx512f._mm512_cvtepi32_ps(self.avx512f._mm512_cvtepi8_epi32(cast(*from)))
    }

    const TOGETHER: usize = 8;

    #[inline(always)]
    fn zeros(self) -> Self::Ints {
        self.avx512f._mm512_setzero_si512()
    }

    #[inline(always)]
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights {
        self.avx512bw._mm512_cvtepi8_epi16(cast(*from))
    }

    #[inline(always)]
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints {
        let products = self.avx512bw._mm512_madd_epi16(weights, self.avx512f._mm512_set1_epi32(pair));
        self.avx512f._mm512_add_epi32(sums, products)
    }

    #[inline(always)]
    fn to_floats(self, sums: Self::Ints) -> Self::Floats {
        self.avx512f._mm512_cvtepi32_ps(sums)
    }
}

/// The comparison "less, and neither is no number" of the processor.
#[cfg(target_arch = "x86_64")]
const LESS: i32 = 0x11;

#[cfg(target_arch = "x86_64")]
impl Unit for V3 {
    type Floats = [__m256; 2];
    type Ints = [__m256i; 2];
    type Weights = [__m256i; 2];

    #[inline(always)]
    fn splat(self, number: f32) -> Self::Floats {
        [self.avx._mm256_set1_ps(number); 2]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::Floats {
        cast(*from)
    }

    #[inline(always)]
    fn store(self, numbers: Self::Floats, to: &mut [f32; LANES]) {
        *to = cast(numbers);
    }

    #[inline(always)]
    fn add(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_add_ps(one[0], other[0]), self.avx._mm256_add_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn sub(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_sub_ps(one[0], other[0]), self.avx._mm256_sub_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn mul(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_mul_ps(one[0], other[0]), self.avx._mm256_mul_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn div(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_div_ps(one[0], other[0]), self.avx._mm256_div_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn max(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_max_ps(one[0], other[0]), self.avx._mm256_max_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn min(self, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.avx._mm256_min_ps(one[0], other[0]), self.avx._mm256_min_ps(one[1], other[1])]
    }

    #[inline(always)]
    fn abs(self, numbers: Self::Floats) -> Self::Floats {
        let sign = self.avx._mm256_set1_ps(-0.0);
        [self.avx._mm256_andnot_ps(sign, numbers[0]), self.avx._mm256_andnot_ps(sign, numbers[1])]
    }

    #[inline(always)]
    fn signed(self, numbers: Self::Floats, signs: Self::Floats) -> Self::Floats {
        let sign = self.avx._mm256_set1_ps(-0.0);
        let signs = [self.avx._mm256_and_ps(signs[0], sign), self.avx._mm256_and_ps(signs[1], sign)];
        [self.avx._mm256_or_ps(numbers[0], signs[0]), self.avx._mm256_or_ps(numbers[1], signs[1])]
    }

    #[inline(always)]
    fn kept(self, numbers: Self::Floats, of: Self::Floats, limit: Self::Floats) -> Self::Floats {
        let below = [self.avx._mm256_cmp_ps::<LESS>(of[0], limit[0]), self.avx._mm256_cmp_ps::<LESS>(of[1], limit[1])];
        [self.avx._mm256_andnot_ps(below[0], numbers[0]), self.avx._mm256_andnot_ps(below[1], numbers[1])]
    }

    #[inline(always)]
    fn power(self, shifted: Self::Floats) -> Self::Floats {
        let one: __m256i = cast([0x3f80_0000u32; LANES / 2]);
        let half = |half: __m256| cast(self.avx2._mm256_add_epi32(self.avx2._mm256_slli_epi32::<23>(cast(half)), one));
        [half(shifted[0]), half(shifted[1])]
    }

    #[inline(always)]
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        let halves: [[u8; LANES / 2]; 2] = cast(*from);
        let half =
            |half: [u8; LANES / 2]| self.avx._mm256_cvtepi32_ps(self.avx2._mm256_cvtepi8_epi32(cast([half, [0; LANES / 2]])));
        [half(halves[0]), half(halves[1])]
    }

    const TOGETHER: usize = 4;

    #[inline(always)]
    fn zeros(self) -> Self::Ints {
        [self.avx._mm256_setzero_si256(); 2]
    }

    #[inline(always)]
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights {
        let halves: [[u8; LANES]; 2] = cast(*from);
        [self.avx2._mm256_cvtepi8_epi16(cast(halves[0])), self.avx2._mm256_cvtepi8_epi16(cast(halves[1]))]
    }

    #[inline(always)]
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints {
        let pair = self.avx._mm256_set1_epi32(pair);
        let products = [self.avx2._mm256_madd_epi16(weights[0], pair), self.avx2._mm256_madd_epi16(weights[1], pair)];
        [self.avx2._mm256_add_epi32(sums[0], products[0]), self.avx2._mm256_add_epi32(sums[1], products[1])]
    }

    #[inline(always)]
    fn to_floats(self, sums: Self::Ints) -> Self::Floats {
        [self.avx._mm256_cvtepi32_ps(sums[0]), self.avx._mm256_cvtepi32_ps(sums[1])]
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
