//! Log-probability of one class of each row.

use super::math::{exp, largest, sum};
use crate::simd::Kernel;

pub(crate) struct Forward<'a> {
    /// `[r, v]`.
    pub(crate) logits: &'a [f32],
    pub(crate) targets: &'a [usize],
    /// `[r]`.
    pub(crate) out: &'a mut [f32],
}

pub(crate) struct Backward<'a> {
    /// `[r, v]`; becomes its own gradient.
    pub(crate) logits: &'a mut [f32],
    pub(crate) targets: &'a [usize],
    /// `[r]`.
    pub(crate) g: &'a [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { logits, targets, out } = self;
        let width = logits.len() / targets.len();
        for ((row, target), out) in logits.chunks_exact(width).zip(targets).zip(out) {
            let top = largest(row);
            let total = sum(width, |i| exp(row[i] - top));
            *out = row[*target] - top - libm::logf(total);
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = ();

    /// `g (onehot − softmax)`.
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { logits, targets, g } = self;
        let width = logits.len() / targets.len();
        for ((row, target), g) in logits.chunks_exact_mut(width).zip(targets).zip(g) {
            let top = largest(row);
            for value in &mut *row {
                *value = exp(*value - top);
            }
            let scale = -g / sum(width, |i| row[i]);
            for value in &mut *row {
                *value *= scale;
            }
            row[*target] += g;
        }
    }
}
