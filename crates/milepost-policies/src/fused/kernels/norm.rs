//! Normalisation of rows: `y = (x − m) / √(mean((x − m)²) + ε) · gain` with `m` the row's mean (LayerNorm)
//! or 0 (RMSNorm).

use super::math::sum;
use crate::simd::Kernel;

pub(crate) struct Forward<'a> {
    /// `[r, d]`, overwritten.
    pub(crate) x: &'a mut [f32],
    /// `[d]`.
    pub(crate) gain: &'a [f32],
    pub(crate) epsilon: f32,
    pub(crate) centred: bool,
}

pub(crate) struct Backward<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) gain: &'a [f32],
    /// Gradient of the output; becomes that of `x`.
    pub(crate) g: &'a mut [f32],
    /// Gradient of the gain, added to.
    pub(crate) gain_gradient: &'a mut [f32],
    pub(crate) epsilon: f32,
    pub(crate) centred: bool,
}

/// Mean (or 0) and `1/√(mean square + ε)` of a row.
#[inline(always)]
fn moments(x: &[f32], epsilon: f32, centred: bool) -> (f32, f32) {
    let per = (x.len() as f32).recip();
    let mean = if centred { sum(x.len(), |i| x[i]) * per } else { 0.0 };
    let square = sum(x.len(), |i| (x[i] - mean) * (x[i] - mean)) * per;
    (mean, (square + epsilon).sqrt().recip())
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { x, gain, epsilon, centred } = self;
        for x in x.chunks_exact_mut(gain.len()) {
            let (mean, scale) = moments(x, epsilon, centred);
            for (x, gain) in x.iter_mut().zip(gain) {
                *x = (*x - mean) * scale * gain;
            }
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// With `n = (x − m) · s` and `h = g · gain`: `dx = s (h − [mean h] − n mean(h n))`, `dgain = Σ g n`.
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { x, gain, g, gain_gradient, epsilon, centred } = self;
        let d = gain.len();
        let gain_gradient = &mut gain_gradient[..d];
        let per = (d as f32).recip();
        for (x, g) in x.chunks_exact(d).zip(g.chunks_exact_mut(d)) {
            let (mean, scale) = moments(x, epsilon, centred);
            let slope = sum(d, |i| g[i] * gain[i] * (x[i] - mean)) * scale * per;
            let shift = if centred { sum(d, |i| g[i] * gain[i]) * per } else { 0.0 };
            for i in 0..d {
                let n = (x[i] - mean) * scale;
                gain_gradient[i] = g[i].mul_add(n, gain_gradient[i]);
                g[i] = scale * (g[i] * gain[i] - shift - n * slope);
            }
        }
    }
}
