//! Functions that are compiled once for each vector unit, and run on the one that the processor has.

/// Declares a function with one more argument in front: the [`pulp::Arch`] to run on. What it calls must be `inline(always)` to be
/// compiled for the unit too. Closures are not: handed to a library function they may stay outside, so loops are written out.
macro_rules! vectorised {
    ($(#[$meta:meta])* $visible:vis fn $name:ident<$life:lifetime>($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name<$life>(arch: pulp::Arch, $($arg: $type),*) {
            struct Task<$life> {
                $($arg: $type,)*
                life: std::marker::PhantomData<&$life ()>,
            }
            impl<$life> pulp::WithSimd for Task<$life> {
                type Output = ();

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) {
                    let Task { $($arg,)* .. } = self;
                    $body
                }
            }
            arch.dispatch(Task { $($arg,)* life: std::marker::PhantomData })
        }
    };
}

pub(super) use vectorised;
