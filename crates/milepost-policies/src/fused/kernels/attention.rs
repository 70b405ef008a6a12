//! Causal attention over one sequence, a few rows of scores at a time.

use super::{
    math::{softmax, sum},
    product::{Matrix, Target, product},
};
use crate::{fused::Heads, simd::Kernel};

/// Rows of scores that are worked on together.
const BLOCK: usize = 16;
/// Sizes are padded to this, a multiple of every tile.
const PAD: usize = 32;

/// `out[l, query width]` of `qkv[l, width]`.
pub(crate) struct Forward<'a> {
    pub(crate) qkv: &'a [f32],
    pub(crate) out: &'a mut [f32],
    pub(crate) heads: Heads,
}

/// `gradient[l, width]` of `qkv`, for the gradient `g[l, query width]` of `out`.
pub(crate) struct Backward<'a> {
    pub(crate) qkv: &'a [f32],
    pub(crate) out: &'a [f32],
    pub(crate) g: &'a [f32],
    pub(crate) gradient: &'a mut [f32],
    pub(crate) heads: Heads,
}

/// Columns of one head, copied out of a wider matrix into padded storage.
struct Part {
    values: Vec<f32>,
    stride: usize,
}

impl Part {
    fn zeros(rows: usize, columns: usize) -> Self {
        let stride = columns.next_multiple_of(PAD);
        Self { values: vec![0.0; rows.next_multiple_of(PAD) * stride], stride }
    }

    /// Copies the `size` columns from `start` of `from[l, width]`, times `scale`.
    #[inline(always)]
    fn copy(&mut self, from: &[f32], width: usize, start: usize, size: usize, scale: f32) {
        for (to, from) in self.values.chunks_exact_mut(self.stride).zip(from.chunks_exact(width)) {
            for (to, from) in to.iter_mut().zip(&from[start..start + size]) {
                *to = from * scale;
            }
        }
    }

    /// Copies the transpose: `[size, l]`.
    #[inline(always)]
    fn copy_transposed(&mut self, from: &[f32], width: usize, start: usize, size: usize) {
        for (row, from) in from.chunks_exact(width).enumerate() {
            for (column, value) in from[start..start + size].iter().enumerate() {
                self.values[column * self.stride + row] = *value;
            }
        }
    }

    /// Writes `scale` times itself into the `size` columns from `start` of `to[l, width]`.
    #[inline(always)]
    fn write(&self, to: &mut [f32], width: usize, start: usize, size: usize, scale: f32) {
        for (to, from) in to.chunks_exact_mut(width).zip(self.values.chunks_exact(self.stride)) {
            for (to, from) in to[start..start + size].iter_mut().zip(from) {
                *to = from * scale;
            }
        }
    }

    fn rows_from(&self, row: usize) -> Matrix<'_> {
        Matrix { values: &self.values[row * self.stride..], stride: self.stride }
    }

    fn target(&mut self, row: usize, add: bool) -> Target<'_> {
        Target { values: &mut self.values[row * self.stride..], stride: self.stride, add }
    }
}

/// Attention weights of the rows from `first`: `softmax(q kᵀ)` up to each row's own column, 0 behind.
#[inline(always)]
fn weights<const LANES: usize>(scores: &mut Part, q: &Part, keys: &Part, [first, length, size]: [usize; 3]) {
    let columns = (first + BLOCK).next_multiple_of(PAD);
    product::<LANES, false>(
        scores.target(0, false),
        q.rows_from(first),
        keys.rows_from(0),
        [BLOCK, columns, size],
    );
    let stride = scores.stride;
    for (r, row) in scores.values.chunks_exact_mut(stride).take(BLOCK.min(length - first)).enumerate() {
        softmax(&mut row[..columns], first + r + 1);
    }
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { qkv, out, heads } = self;
        let (size, width) = (heads.head_dim, heads.width());
        let length = qkv.len() / width;
        let (query, key) = (heads.query_width(), heads.key_width());
        let mut q = Part::zeros(length, size);
        let mut keys = Part::zeros(size, length);
        let mut values = Part::zeros(length, size);
        let mut scores = Part::zeros(BLOCK, length);
        let mut result = Part::zeros(length, size);
        let columns = result.stride;
        for kv in 0..heads.kv_heads {
            keys.copy_transposed(qkv, width, query + kv * size, size);
            values.copy(qkv, width, query + key + kv * size, size, 1.0);
            for head in kv * heads.group()..(kv + 1) * heads.group() {
                q.copy(qkv, width, head * size, size, heads.scale() as f32);
                for first in (0..length).step_by(BLOCK) {
                    weights::<LANES>(&mut scores, &q, &keys, [first, length, size]);
                    let depth = length.min(first + BLOCK);
                    product::<LANES, false>(
                        result.target(first, false),
                        scores.rows_from(0),
                        values.rows_from(0),
                        [BLOCK, columns, depth],
                    );
                }
                result.write(out, query, head * size, size, 1.0);
            }
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { qkv, out, g, gradient, heads } = self;
        let (size, width, scale) = (heads.head_dim, heads.width(), heads.scale() as f32);
        let length = qkv.len() / width;
        let (query, key) = (heads.query_width(), heads.key_width());
        let rows = || Part::zeros(length, size);
        let (mut q, mut k, mut dout, mut dq, mut dk, mut dv) =
            (rows(), rows(), rows(), rows(), rows(), rows());
        let mut keys = Part::zeros(size, length);
        let mut values = Part::zeros(size, length);
        let mut p = Part::zeros(BLOCK, length);
        let mut dp = Part::zeros(BLOCK, length);
        let columns = q.stride;
        for kv in 0..heads.kv_heads {
            keys.copy_transposed(qkv, width, query + kv * size, size);
            values.copy_transposed(qkv, width, query + key + kv * size, size);
            k.copy(qkv, width, query + kv * size, size, 1.0);
            dk.values.fill(0.0);
            dv.values.fill(0.0);
            for head in kv * heads.group()..(kv + 1) * heads.group() {
                let start = head * size;
                q.copy(qkv, width, start, size, scale);
                dout.copy(g, query, start, size, 1.0);
                for first in (0..length).step_by(BLOCK) {
                    let depth = length.min(first + BLOCK);
                    let wide = depth.next_multiple_of(PAD);
                    weights::<LANES>(&mut p, &q, &keys, [first, length, size]);
                    product::<LANES, false>(
                        dp.target(0, false),
                        dout.rows_from(first),
                        values.rows_from(0),
                        [BLOCK, wide, size],
                    );
                    // dS = P ∘ (dP − rowsum(dO ∘ O))
                    for r in 0..depth - first {
                        let at = (first + r) * query + start;
                        let (y, g) = (&out[at..at + size], &g[at..at + size]);
                        let overlap = sum(size, |i| y[i] * g[i]);
                        let (p, dp) =
                            (&p.values[r * p.stride..][..wide], &mut dp.values[r * dp.stride..][..wide]);
                        for (dp, p) in dp.iter_mut().zip(p) {
                            *dp = p * (*dp - overlap);
                        }
                    }
                    product::<LANES, false>(
                        dq.target(first, false),
                        dp.rows_from(0),
                        k.rows_from(0),
                        [BLOCK, columns, depth],
                    );
                    product::<LANES, true>(
                        dv.target(0, true),
                        p.rows_from(0),
                        dout.rows_from(first),
                        [wide, columns, depth - first],
                    );
                    product::<LANES, true>(
                        dk.target(0, true),
                        dp.rows_from(0),
                        q.rows_from(first),
                        [wide, columns, depth - first],
                    );
                }
                dq.write(gradient, width, start, size, scale);
            }
            dk.write(gradient, width, query + kv * size, size, 1.0);
            dv.write(gradient, width, query + key + kv * size, size, 1.0);
        }
    }
}
