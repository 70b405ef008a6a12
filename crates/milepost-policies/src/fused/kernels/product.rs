//! Matrix products, tile by tile in registers. Each number of a result is a sum in the order of the depth,
//! whatever the size of the tile, the machine's vectors or the number of rows: a row's result is its own.

/// Rows of a tile: with two vectors each, enough sums to hide the latency of an addition.
pub(super) const ROWS: usize = 4;

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

/// `c[m, n] ← a b` or, if `TRANSPOSED`, `aᵀ b`. `m` is a multiple of `ROWS` and `n` of `2 · LANES`.
#[inline(always)]
pub(super) fn product<const LANES: usize, const TRANSPOSED: bool>(
    Target { values: c, stride, add }: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    [m, n, depth]: [usize; 3],
) {
    debug_assert!(m % ROWS == 0 && n % (2 * LANES) == 0);
    for j in (0..n).step_by(2 * LANES) {
        let b = Matrix { values: &b.values[j..], stride: b.stride };
        for i in (0..m).step_by(ROWS) {
            let c = &mut c[i * stride + j..];
            tile::<LANES, ROWS, TRANSPOSED>(Target { values: c, stride, add }, a, i, b, depth);
        }
    }
}

/// `HEIGHT` (1 or 4) by `2 · LANES` sums: rows `i..` of `a` (columns, if `TRANSPOSED`) times the first columns
/// of `b`.
#[inline(always)]
pub(super) fn tile<const LANES: usize, const HEIGHT: usize, const TRANSPOSED: bool>(
    Target { values: c, stride, add }: Target<'_>,
    a: Matrix<'_>,
    i: usize,
    b: Matrix<'_>,
    depth: usize,
) {
    let row =
        |r: usize| -> &[f32] { if TRANSPOSED { &[] } else { &a.values[(i + r) * a.stride..][..depth] } };
    let column = |k: usize| &a.values[k * a.stride + i..][..HEIGHT];
    if HEIGHT == 1 {
        let mut sums = Sums::<LANES>::read(c, add);
        let row = row(0);
        for k in 0..depth {
            let b = Sums::read(&b.values[k * b.stride..], true);
            sums = sums.plus(if TRANSPOSED { column(k)[0] } else { row[k] }, b);
        }
        sums.write(c);
        return;
    }
    // Written out, because the compiler keeps an array of rows in memory.
    debug_assert!(HEIGHT == 4);
    let (mut s0, mut s1) = (Sums::<LANES>::read(c, add), Sums::<LANES>::read(&c[stride..], add));
    let (mut s2, mut s3) =
        (Sums::<LANES>::read(&c[2 * stride..], add), Sums::<LANES>::read(&c[3 * stride..], add));
    let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
    for k in 0..depth {
        let b = Sums::read(&b.values[k * b.stride..], true);
        let [a0, a1, a2, a3] = if TRANSPOSED {
            let column = column(k);
            [column[0], column[1], column[2], column[3]]
        } else {
            [r0[k], r1[k], r2[k], r3[k]]
        };
        s0 = s0.plus(a0, b);
        s1 = s1.plus(a1, b);
        s2 = s2.plus(a2, b);
        s3 = s3.plus(a3, b);
    }
    s0.write(c);
    s1.write(&mut c[stride..]);
    s2.write(&mut c[2 * stride..]);
    s3.write(&mut c[3 * stride..]);
}

/// Two vectors of neighbouring numbers.
#[derive(Clone, Copy)]
struct Sums<const LANES: usize>([f32; LANES], [f32; LANES]);

impl<const LANES: usize> Sums<LANES> {
    /// The first numbers of `from`, or zeros.
    #[inline(always)]
    fn read(from: &[f32], filled: bool) -> Self {
        let mut both = Self([0.0; LANES], [0.0; LANES]);
        if filled {
            let from = &from[..2 * LANES];
            both.0.copy_from_slice(&from[..LANES]);
            both.1.copy_from_slice(&from[LANES..]);
        }
        both
    }

    #[inline(always)]
    fn plus(self, a: f32, b: Self) -> Self {
        Self(fused(self.0, a, &b.0), fused(self.1, a, &b.1))
    }

    #[inline(always)]
    fn write(self, to: &mut [f32]) {
        let to = &mut to[..2 * LANES];
        to[..LANES].copy_from_slice(&self.0);
        to[LANES..].copy_from_slice(&self.1);
    }
}

/// `sum + a b`, lane by lane.
#[inline(always)]
fn fused<const LANES: usize>(mut sum: [f32; LANES], a: f32, b: &[f32; LANES]) -> [f32; LANES] {
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum = a.mul_add(*b, *sum);
    }
    sum
}
