//! AVX2 (with FMA), AVX-512, and AVX-512 with VNNI.

use pulp::bytemuck::cast;
use pulp::x86::{V3, V4};
use std::arch::x86_64::{__m256, __m256i, __m512, __m512i};

use super::Unit;
use crate::parser::weights::LANES;

pulp::simd_type!({
    /// [`V4`] and VNNI: compiled for it, [`Unit::add_products`] is one instruction instead of two.
    pub struct Fused {
        pub sse: f!("sse"),
        pub sse2: f!("sse2"),
        pub fxsr: f!("fxsr"),
        pub sse3: f!("sse3"),
        pub ssse3: f!("ssse3"),
        pub sse4_1: f!("sse4.1"),
        pub sse4_2: f!("sse4.2"),
        pub popcnt: f!("popcnt"),
        pub avx: f!("avx"),
        pub avx2: f!("avx2"),
        pub bmi1: f!("bmi1"),
        pub bmi2: f!("bmi2"),
        pub fma: f!("fma"),
        pub lzcnt: f!("lzcnt"),
        pub avx512f: f!("avx512f"),
        pub avx512bw: f!("avx512bw"),
        pub avx512cd: f!("avx512cd"),
        pub avx512dq: f!("avx512dq"),
        pub avx512vl: f!("avx512vl"),
        pub avx512vnni: f!("avx512vnni"),
    }
});

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
    fn add_product(self, sum: Self::Floats, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        self.avx512f._mm512_fmadd_ps(one, other, sum)
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
    fn lower_halves(self, numbers: Self::Floats) -> [i32; LANES / 2] {
        cast(self.avx512f._mm512_cvtepi32_epi16(cast(numbers)))
    }

    #[inline(always)]
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        self.avx512f._mm512_cvtepi32_ps(self.avx512f._mm512_cvtepi8_epi32(cast(*from)))
    }

    const SUMS: usize = 16;

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
const LESS: i32 = 0x11;

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
    fn add_product(self, sum: Self::Floats, one: Self::Floats, other: Self::Floats) -> Self::Floats {
        [self.fma._mm256_fmadd_ps(one[0], other[0], sum[0]), self.fma._mm256_fmadd_ps(one[1], other[1], sum[1])]
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
    fn lower_halves(self, numbers: Self::Floats) -> [i32; LANES / 2] {
        // Of each four bytes the first two, to the front of each half of the register.
        const NONE: u8 = 0x80;
        let front = [0, 1, 4, 5, 8, 9, 12, 13, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE];
        let half =
            |half: __m256| -> [[i32; LANES / 8]; 4] { cast(self.avx2._mm256_shuffle_epi8(cast(half), cast([front, front]))) };
        let ([a, _, b, _], [c, _, d, _]) = (half(numbers[0]), half(numbers[1]));
        cast([a, b, c, d])
    }

    #[inline(always)]
    fn widened(self, from: &[u8; LANES]) -> Self::Floats {
        let halves: [[u8; LANES / 2]; 2] = cast(*from);
        let half =
            |half: [u8; LANES / 2]| self.avx._mm256_cvtepi32_ps(self.avx2._mm256_cvtepi8_epi32(cast([half, [0; LANES / 2]])));
        [half(halves[0]), half(halves[1])]
    }

    const SUMS: usize = 4;

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
