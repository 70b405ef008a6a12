//! The arithmetic. Loops over slices that the compiler turns into vector code of whatever width it is
//! compiled for. No fused multiply-add is written, and Rust never contracts one, so every width and every
//! remainder gives the same bits.
#![allow(
    clippy::inline_always,
    reason = "a loop must be compiled inside each caller to get that caller's vectors"
)]

use crate::simd::Kernel;

/// `tanh` of each element.
pub(super) struct Forward<'a>(pub(super) &'a mut [f32]);

/// `g ← g · (1 − y²)`.
pub(super) struct Backward<'a> {
    pub(super) g: &'a mut [f32],
    pub(super) y: &'a [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        for value in self.0 {
            *value = tanh_of(*value);
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        for (g, y) in self.g.iter_mut().zip(self.y) {
            *g *= 1.0 - y * y;
        }
    }
}

/// `x · P(x²) / Q(x²)` with the minimax coefficients of Eigen's `ptanh` (degree 13 over 6), on the range
/// outside which `tanh` is ±1 in single precision.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients as published")]
fn tanh_of(x: f32) -> f32 {
    const LIMIT: f32 = 7.905_311;
    const P: [f32; 7] = [
        4.89352455891786e-03,
        6.37261928875436e-04,
        1.48572235717979e-05,
        5.12229709037114e-08,
        -8.60467152213735e-11,
        2.00018790482477e-13,
        -2.76076847742355e-16,
    ];
    const Q: [f32; 4] =
        [4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06];
    let x = x.clamp(-LIMIT, LIMIT);
    let s = x * x;
    let p = P[0] + s * (P[1] + s * (P[2] + s * (P[3] + s * (P[4] + s * (P[5] + s * P[6])))));
    let q = Q[0] + s * (Q[1] + s * (Q[2] + s * Q[3]));
    (x * p / q).clamp(-1.0, 1.0)
}
