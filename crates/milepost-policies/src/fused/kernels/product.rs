//! Small matrix products whose operands stay in the cache.

/// A matrix in a slice, row-major with `stride` numbers from row to row.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
}

/// Where a product goes.
pub(super) struct Target<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) stride: usize,
    /// Added to what is there, or written over it.
    pub(super) add: bool,
}

/// `c[m, n] ← a b` or, if `TRANSPOSED`, `aᵀ b`, summed over `depth` in order. `m` is a multiple of `ROWS`
/// and `n` of `2 · LANES`.
#[inline(always)]
pub(super) fn product<const LANES: usize, const ROWS: usize, const TRANSPOSED: bool>(
    Target { values: c, stride, add }: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    [m, n, depth]: [usize; 3],
) {
    debug_assert!(m % ROWS == 0 && n % (2 * LANES) == 0);
    for i in (0..m).step_by(ROWS) {
        for j in (0..n).step_by(2 * LANES) {
            let mut sums = [[[0f32; LANES]; 2]; ROWS];
            if add {
                for (r, sums) in sums.iter_mut().enumerate() {
                    let row = &c[(i + r) * stride + j..][..2 * LANES];
                    sums.as_flattened_mut().copy_from_slice(row);
                }
            }
            for k in 0..depth {
                let row = &b.values[k * b.stride + j..][..2 * LANES];
                let column: [f32; ROWS] = if TRANSPOSED {
                    a.values[k * a.stride + i..][..ROWS].try_into().expect("ROWS long")
                } else {
                    std::array::from_fn(|r| a.values[(i + r) * a.stride + k])
                };
                for r in 0..ROWS {
                    for half in 0..2 {
                        for lane in 0..LANES {
                            let sum = &mut sums[r][half][lane];
                            *sum = column[r].mul_add(row[half * LANES + lane], *sum);
                        }
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let row = &mut c[(i + r) * stride + j..][..2 * LANES];
                row.copy_from_slice(sums.as_flattened());
            }
        }
    }
}
