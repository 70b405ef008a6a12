//! The same loops, compiled again for wider vectors and picked at run time.
//!
//! # Safety
//! This is the crate's only unsafe code, and all of it is one thing: calling a function whose sole
//! difference from safe code is that it was compiled for an instruction set which the machine might
//! lack. Each call stands behind `is_x86_feature_detected!` of exactly the features that the callee
//! enables, so the machine has them. The functions themselves are safe: bounds-checked slices and
//! arithmetic on values.
#![allow(
    unsafe_code,
    reason = "run-time choice of the instruction set; the proof is in the module's documentation"
)]

use super::kernel::{tanh_backward_loop, tanh_loop};

macro_rules! widest {
    ($(#[$doc:meta])* $name:ident, $loop:ident, ($($argument:ident: $kind:ty),+)) => {
        $(#[$doc])*
        pub(super) fn $name($($argument: $kind),+) {
            #[target_feature(enable = "avx512f")]
            fn wide512($($argument: $kind),+) {
                $loop($($argument),+);
            }
            #[target_feature(enable = "avx2")]
            fn wide256($($argument: $kind),+) {
                $loop($($argument),+);
            }
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the machine has AVX-512F, all that the callee enables.
                unsafe { wide512($($argument),+) }
            } else if is_x86_feature_detected!("avx2") {
                // SAFETY: the machine has AVX2, all that the callee enables.
                unsafe { wide256($($argument),+) }
            } else {
                $loop($($argument),+);
            }
        }
    };
}

widest!(
    /// `tanh` of each element.
    tanh, tanh_loop, (values: &mut [f32])
);
widest!(
    /// `g ← g · (1 − y²)`.
    tanh_backward, tanh_backward_loop, (g: &mut [f32], y: &[f32])
);
