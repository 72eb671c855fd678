//! The vector unit that the processor has: [`LANES`] numbers at a time, and functions that are compiled once for each unit.
//!
//! Every unit gives the same bits: only what IEEE 754 and whole numbers define exactly is here, a product and a sum are rounded once
//! where [`Unit::add_product`] says so and nowhere else, and where two numbers do not compare (none of them is a number) all take the
//! second. Loops that matter are written with a [`Unit`]: left to the compiler, sums are kept in memory or taken one by one.

use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::cast;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256i, __m512, __m512i};

use crate::parser::weights::LANES;

/// Declares a function with one more argument in front, the [`Arch`] to run on; the body has the [`Unit`] under the name that
/// comes first. What it calls must be `inline(always)` to be compiled for the unit too. Closures are not: handed to a library
/// function they may stay outside.
macro_rules! vectorised {
    ($(#[$meta:meta])* $visible:vis fn $name:ident<$life:lifetime>($unit:ident, $($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name<$life>(arch: $crate::parser::net::unit::Arch, $($arg: $type),*) {
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

/// The vector unit of a processor.
#[derive(Debug, Clone, Copy)]
pub enum Arch {
    /// Whatever else `pulp` knows, or none.
    Other(pulp::Arch),
    #[cfg(target_arch = "x86_64")]
    V3(V3),
    #[cfg(target_arch = "x86_64")]
    V4(V4),
    #[cfg(target_arch = "x86_64")]
    Fused(Fused, V4),
}

impl Arch {
    /// One number at a time, on any processor.
    #[cfg(test)]
    pub const SCALAR: Arch = Arch::Other(pulp::Arch::Scalar);

    /// The best that this processor has.
    pub fn best() -> Arch {
        match pulp::Arch::new() {
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V4(unit) => Fused::try_new().map_or(Arch::V4(unit), |fused| Arch::Fused(fused, unit)),
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V3(unit) => Arch::V3(unit),
            other => Arch::Other(other),
        }
    }
}

#[cfg(target_arch = "x86_64")]
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

/// Runs it on a unit.
pub fn run(arch: Arch, work: impl Work) {
    match arch {
        #[cfg(target_arch = "x86_64")]
        Arch::Fused(fused, unit) => fused.vectorize(Bound { unit, work }),
        #[cfg(target_arch = "x86_64")]
        Arch::V4(unit) => unit.vectorize(Bound { unit, work }),
        #[cfg(target_arch = "x86_64")]
        Arch::V3(unit) => unit.vectorize(Bound { unit, work }),
        Arch::Other(other) => other.dispatch(Bound { unit: Plain, work }),
    }
}

/// Work and the unit to run it on, which is proof that the processor has it.
struct Bound<U, W> {
    unit: U,
    work: W,
}

impl<U: Unit, W: Work> NullaryFnOnce for Bound<U, W> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
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
    /// A sum and a product, rounded once.
    fn add_product(self, sum: Self::Floats, one: Self::Floats, other: Self::Floats) -> Self::Floats;
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
    /// The lower halves of the bits of all numbers, every two of them together.
    fn lower_halves(self, numbers: Self::Floats) -> [i32; LANES / 2];
    /// Whole numbers of 8 bits as fractions.
    fn widened(self, from: &[u8; LANES]) -> Self::Floats;

    /// How many sums its registers keep beside what goes into them.
    const SUMS: usize;
    fn zeros(self) -> Self::Ints;
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights;
    /// Adds to each sum the products of its two weights and the pair of 16 bits each.
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints;
    fn to_floats(self, sums: Self::Ints) -> Self::Floats;
}

/// A sum and a product, rounded once. Where the processor is not known to have an instruction for it, the C library's own takes some
/// hundred cycles; virtual machines that hide what their processor can do would wait seconds for an answer.
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
    let even = bits & 1 == 0;
    let odd = match (even && lost > 0.0, even && lost < 0.0) {
        (true, _) => {
            if near > 0.0 {
                bits + 1
            } else {
                bits - 1
            }
        }
        (_, true) => {
            if near > 0.0 {
                bits - 1
            } else {
                bits + 1
            }
        }
        _ => bits,
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

/// Every unit that this processor has, the plain one first.
#[cfg(test)]
pub fn units() -> Vec<Arch> {
    let mut units = vec![Arch::SCALAR];
    #[cfg(target_arch = "x86_64")]
    {
        units.extend(V3::try_new().map(Arch::V3));
        units.extend(V4::try_new().map(Arch::V4));
        units.extend(Fused::try_new().zip(V4::try_new()).map(|(fused, unit)| Arch::Fused(fused, unit)));
    }
    units
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
