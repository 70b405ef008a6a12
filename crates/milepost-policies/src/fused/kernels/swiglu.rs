//! `silu(gate) · up`.

use super::math::sigmoid;
use crate::simd::Kernel;

pub(crate) struct Forward<'a> {
    /// `[r, 2f]`: gate, then up.
    pub(crate) gate_up: &'a [f32],
    /// `[r, f]`.
    pub(crate) out: &'a mut [f32],
    pub(crate) width: usize,
}

pub(crate) struct Backward<'a> {
    pub(crate) gate_up: &'a [f32],
    pub(crate) g: &'a [f32],
    /// `[r, 2f]`.
    pub(crate) gradient: &'a mut [f32],
    pub(crate) width: usize,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { gate_up, out, width } = self;
        for (row, out) in gate_up.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
            let (gate, up) = row.split_at(width);
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                *out = gate * sigmoid(*gate) * up;
            }
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// `dgate = g · up · σ(1 + gate(1 − σ))`, `dup = g · gate · σ`.
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { gate_up, g, gradient, width } = self;
        let rows = gate_up.chunks_exact(2 * width).zip(gradient.chunks_exact_mut(2 * width));
        for ((row, gradient), g) in rows.zip(g.chunks_exact(width)) {
            let (gate, up) = row.split_at(width);
            let (dgate, dup) = gradient.split_at_mut(width);
            let (g, up, dgate, dup) = (&g[..width], &up[..width], &mut dgate[..width], &mut dup[..width]);
            for i in 0..width {
                let s = sigmoid(gate[i]);
                dgate[i] = g[i] * up[i] * s * gate[i].mul_add(1.0 - s, 1.0);
                dup[i] = g[i] * gate[i] * s;
            }
        }
    }
}
