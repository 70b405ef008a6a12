//! Rotation of half against half.

use crate::simd::Kernel;

pub(crate) struct Rotate<'a> {
    /// `[r, width]`; the first `heads` heads are rotated in place.
    pub(crate) x: &'a mut [f32],
    /// `[p, half]`, row `i mod p` for row `i`.
    pub(crate) cos: &'a [f32],
    pub(crate) sin: &'a [f32],
    pub(crate) width: usize,
    pub(crate) half: usize,
    pub(crate) heads: usize,
    /// 1 forwards, −1 for the gradient: a rotation's transpose turns back.
    pub(crate) direction: f32,
}

impl Kernel for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { x, cos, sin, width, half, heads, direction } = self;
        let tables = cos.chunks_exact(half).zip(sin.chunks_exact(half)).cycle();
        for (row, (cos, sin)) in x.chunks_exact_mut(width).zip(tables) {
            for head in row[..2 * half * heads].chunks_exact_mut(2 * half) {
                let (first, second) = head.split_at_mut(half);
                let (first, second) = (&mut first[..half], &mut second[..half]);
                for i in 0..half {
                    let (a, b, sin) = (first[i], second[i], direction * sin[i]);
                    first[i] = a * cos[i] - b * sin;
                    second[i] = b * cos[i] + a * sin;
                }
            }
        }
    }
}
