//! The vector unit that the processor has: [`LANES`] numbers at a time, and functions that are compiled once for each unit.
//!
//! Every unit gives the same bits: only what IEEE 754 and whole numbers define exactly is here, a product and a sum are rounded once
//! where [`Unit::add_product`] says so and nowhere else, and where two numbers do not compare (none of them is a number) all take the
//! second. Loops that matter are written with a [`Unit`]: left to the compiler, sums are kept in memory or taken one by one.

mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use crate::parser::weights::LANES;
pub use plain::Plain;
#[cfg(target_arch = "x86_64")]
use x86::Fused;

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
    /// Rows that are multiplied at once, where there are so many.
    const TOGETHER: usize = if Self::SUMS < 16 { 4 } else { 8 };
    fn zeros(self) -> Self::Ints;
    fn weights(self, from: &[u8; 2 * LANES]) -> Self::Weights;
    /// Adds to each sum the products of its two weights and the pair of 16 bits each.
    fn add_products(self, sums: Self::Ints, weights: Self::Weights, pair: i32) -> Self::Ints;
    fn to_floats(self, sums: Self::Ints) -> Self::Floats;
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
