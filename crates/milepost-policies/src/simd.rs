//! The same loops, compiled again for wider vectors and picked at run time.
//!
//! Kernels are plain loops over slices, which the compiler turns into vector code of whatever width it is
//! compiled for. Each element's arithmetic is written out, fused multiply-adds included, and the compiler
//! never contracts or reorders it, so every width gives the same bits.
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

/// A computation that is worth compiling for several vector widths.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;

    /// The computation. Implementations are `#[inline(always)]`, so that they are compiled inside each
    /// caller and get that caller's vectors. `LANES` numbers fill a vector register.
    fn run<const LANES: usize>(self) -> Self::Output;
}

/// Runs `kernel` with the widest vectors of this machine.
#[cfg(target_arch = "x86_64")]
pub(crate) fn widest<K: Kernel>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,fma")]
    fn wide512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<16>()
    }
    #[target_feature(enable = "avx2,fma")]
    fn wide256<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<8>()
    }
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma") {
        // SAFETY: the machine has AVX-512F and FMA, all that the callee enables.
        unsafe { wide512(kernel) }
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the machine has AVX2 and FMA, all that the callee enables.
        unsafe { wide256(kernel) }
    } else {
        kernel.run::<4>()
    }
}

/// Runs `kernel` with the vectors that every machine of this architecture has.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn widest<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<4>()
}
