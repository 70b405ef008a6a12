//! Products of many rows with a weight matrix.

use super::product::{Matrix, ROWS, Target, tile};
use crate::simd::Kernel;

/// Depth that is summed in one go, so that what a panel of columns needs stays in the first cache.
const DEPTH: usize = 256;

/// `out[m, n] ← x[m, depth] w[depth, n]`, or with `TRANSPOSED` `x[depth, m]ᵀ w`. For a part of the rows of
/// `out`, `x` is the whole and `first` their first.
pub(crate) struct Product<'a, const TRANSPOSED: bool> {
    pub(crate) x: &'a [f32],
    pub(crate) w: &'a [f32],
    /// `[rows, n]`, overwritten.
    pub(crate) out: &'a mut [f32],
    pub(crate) first: usize,
    /// Numbers in a row of `x`.
    pub(crate) stride: usize,
    pub(crate) depth: usize,
    pub(crate) n: usize,
}

impl<const TRANSPOSED: bool> Kernel for Product<'_, TRANSPOSED> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { x, w, out, first, stride, depth, n } = self;
        let panel = 2 * LANES;
        let rows = out.len() / n;
        let mut packed = vec![0f32; DEPTH.min(depth) * panel];
        let mut edge = vec![0f32; ROWS * panel];
        for start in (0..depth).step_by(DEPTH) {
            let deep = DEPTH.min(depth - start);
            let (add, x) = (start > 0, &x[if TRANSPOSED { start * stride } else { start }..]);
            let a = Matrix { values: x, stride };
            for j in (0..n).step_by(panel) {
                let columns = panel.min(n - j);
                let w = &w[start * n + j..];
                let b = if columns == panel {
                    Matrix { values: w, stride: n }
                } else {
                    for (to, from) in packed.chunks_exact_mut(panel).zip(w.chunks(n)).take(deep) {
                        to[..columns].copy_from_slice(&from[..columns]);
                    }
                    Matrix { values: &packed, stride: panel }
                };
                let mut i = 0;
                while i < rows {
                    let height = ROWS.min(rows - i);
                    let c = &mut out[i * n + j..];
                    if height == ROWS && columns == panel {
                        let c = Target { values: c, stride: n, add };
                        tile::<LANES, ROWS, TRANSPOSED>(c, a, first + i, b, deep);
                    } else if height == ROWS {
                        border::<LANES, ROWS, TRANSPOSED>(
                            c,
                            [n, columns],
                            add,
                            &mut edge,
                            a,
                            first + i,
                            b,
                            deep,
                        );
                    } else {
                        for r in 0..height {
                            let c = &mut c[r * n..];
                            border::<LANES, 1, TRANSPOSED>(
                                c,
                                [n, columns],
                                add,
                                &mut edge,
                                a,
                                first + i + r,
                                b,
                                deep,
                            );
                        }
                    }
                    i += height;
                }
            }
        }
    }
}

/// A tile that is wider than what is left of the columns: computed aside.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "a tile's arguments and its surroundings")]
fn border<const LANES: usize, const HEIGHT: usize, const TRANSPOSED: bool>(
    c: &mut [f32],
    [n, columns]: [usize; 2],
    add: bool,
    edge: &mut [f32],
    a: Matrix<'_>,
    i: usize,
    b: Matrix<'_>,
    depth: usize,
) {
    let stride = 2 * LANES;
    for (edge, c) in edge.chunks_exact_mut(stride).zip(c.chunks(n)).take(HEIGHT) {
        edge[..columns].copy_from_slice(&c[..columns]);
    }
    tile::<LANES, HEIGHT, TRANSPOSED>(Target { values: edge, stride, add }, a, i, b, depth);
    for (edge, c) in edge.chunks_exact(stride).zip(c.chunks_mut(n)).take(HEIGHT) {
        c[..columns].copy_from_slice(&edge[..columns]);
    }
}

/// `w[rows, columns]ᵀ`, a block at a time.
pub(crate) fn transposed(w: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 16;
    let mut out = vec![0f32; w.len()];
    for i in (0..rows).step_by(BLOCK) {
        for j in (0..columns).step_by(BLOCK) {
            for r in i..rows.min(i + BLOCK) {
                for c in j..columns.min(j + BLOCK) {
                    out[c * rows + r] = w[r * columns + c];
                }
            }
        }
    }
    out
}
