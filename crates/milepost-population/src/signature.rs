//! Path signatures of depth two: descriptors of whole paths that need no moment in time to be chosen.
//!
//! For a piecewise linear path `x_0, …, x_N` in `d` dimensions, with segments of increments `δ`,
//!
//! ```text
//! one segment     S¹ = δ            S² = ½ δ ⊗ δ
//! one after another (Chen)          S¹ = a¹ + b¹,  S² = a² + b² + a¹ ⊗ b¹
//! ```
//!
//! so `S¹ = x_N − x_0`, and `S²_ij − S²_ji` is twice the signed area that the path sweeps in the plane `i, j`.
//! Laws: inserting points on a segment changes nothing; the path walked backwards has the inverse signature;
//! `S²_ij + S²_ji = S¹_i S¹_j` (shuffle).

/// The signature of a path up to depth two.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// `S¹`, `[d]`.
    pub first: Vec<f64>,
    /// `S²`, row-major `[d, d]`.
    pub second: Vec<f64>,
}

impl Signature {
    /// Of a path that does not move: zeros, the neutral element of [`Signature::then`].
    #[must_use]
    pub fn identity(dimensions: usize) -> Self {
        Self { first: vec![0.0; dimensions], second: vec![0.0; dimensions * dimensions] }
    }

    /// Of a path, given as points of one length; with fewer than two points it is the identity.
    pub fn of_path<'a>(dimensions: usize, points: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let mut signature = Self::identity(dimensions);
        let mut before: Option<&[f64]> = None;
        let mut step = vec![0.0; dimensions];
        for point in points {
            if let Some(before) = before {
                for ((delta, now), then) in step.iter_mut().zip(point).zip(before) {
                    *delta = now - then;
                }
                signature.extend(&step);
            }
            before = Some(point);
        }
        signature
    }

    /// As [`Signature::of_path`] with time as a further, last coordinate, running evenly from 0 to `scale`: then
    /// the speed along the path shows.
    pub fn of_timed_path<'a>(
        dimensions: usize,
        points: impl IntoIterator<Item = &'a [f64], IntoIter: ExactSizeIterator>,
        scale: f64,
    ) -> Self {
        let points = points.into_iter();
        let last = points.len().saturating_sub(1).max(1) as f64;
        let timed: Vec<Vec<f64>> = points
            .enumerate()
            .map(|(index, point)| point.iter().copied().chain([scale * index as f64 / last]).collect())
            .collect();
        Self::of_path(dimensions + 1, timed.iter().map(Vec::as_slice))
    }

    /// Goes on in a straight line by `step`.
    fn extend(&mut self, step: &[f64]) {
        let d = self.first.len();
        for (i, row) in self.second.chunks_exact_mut(d.max(1)).enumerate() {
            for (entry, along) in row.iter_mut().zip(step) {
                *entry += (self.first[i] + 0.5 * step[i]) * along;
            }
        }
        for (sum, delta) in self.first.iter_mut().zip(step) {
            *sum += delta;
        }
    }

    /// The signature of this path followed by another (Chen's identity). `None` if their dimensions differ.
    #[must_use]
    pub fn then(&self, other: &Self) -> Option<Self> {
        let d = self.first.len();
        if other.first.len() != d {
            return None;
        }
        let first = self.first.iter().zip(&other.first).map(|(a, b)| a + b).collect();
        let entry = |ij: usize| self.second[ij] + other.second[ij] + self.first[ij / d] * other.first[ij % d];
        Some(Self { first, second: (0..d * d).map(entry).collect() })
    }

    /// The logarithm at level two, `½ (S²_ij − S²_ji)`, row-major `[d, d]`: signed areas, 0 on the diagonal.
    #[must_use]
    pub fn areas(&self) -> Vec<f64> {
        let d = self.first.len();
        let entry = |ij: usize| 0.5 * (self.second[ij] - self.second[ij % d * d + ij / d]);
        (0..d * d).map(entry).collect()
    }

    /// The signature as a descriptor: `S¹`, then `S²`; `d + d²` numbers.
    #[must_use]
    pub fn to_code(&self) -> Vec<f64> {
        [self.first.as_slice(), &self.second].concat()
    }

    /// The log-signature as a descriptor: `S¹`, then the areas above the diagonal; `d + d (d − 1) / 2` numbers,
    /// which say as much as [`Signature::to_code`].
    #[must_use]
    pub fn to_log_code(&self) -> Vec<f64> {
        let (d, areas) = (self.first.len(), self.areas());
        let above = (0..d).flat_map(|i| (i + 1..d).map(move |j| i * d + j)).map(|ij| areas[ij]);
        self.first.iter().copied().chain(above).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(points: &[[f64; 3]]) -> Signature {
        Signature::of_path(3, points.iter().map(<[f64; 3]>::as_slice))
    }

    fn near(a: &Signature, b: &Signature) -> bool {
        a.to_code().iter().zip(b.to_code()).all(|(x, y)| (x - y).abs() < 1e-9)
    }

    fn path() -> impl Strategy<Value = Vec<[f64; 3]>> {
        prop::collection::vec(prop::array::uniform3(-1.0f64..1.0), 2..12)
    }

    #[test]
    fn one_segment_is_its_increment_and_half_its_square() {
        let signature = of(&[[1.0, 0.0, 0.0], [3.0, 1.0, 0.0]]);
        assert_eq!(signature.first, [2.0, 1.0, 0.0]);
        assert_eq!(signature.second, [2.0, 1.0, 0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_closed_unit_square_sweeps_area_one_with_the_sign_of_its_sense() {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
        let forwards = Signature::of_path(2, square.iter().map(<[f64; 2]>::as_slice));
        assert_eq!(forwards.areas(), [0.0, 1.0, -1.0, 0.0]);
        assert_eq!(forwards.to_log_code(), [0.0, 0.0, 1.0]);
        let backwards = Signature::of_path(2, square.iter().rev().map(<[f64; 2]>::as_slice));
        assert_eq!(backwards.areas(), [0.0, -1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_single_point_and_no_point_have_the_identity() {
        assert_eq!(of(&[[4.0, 5.0, 6.0]]), Signature::identity(3));
        assert_eq!(of(&[]), Signature::identity(3));
        assert_eq!(Signature::of_timed_path(1, [[2.0].as_slice()], 1.0), Signature::identity(2));
    }

    #[test]
    fn time_shows_the_speed() {
        let at = |xs: &[[f64; 1]]| Signature::of_timed_path(1, xs.iter().map(<[f64; 1]>::as_slice), 2.0);
        let (early, late) = (at(&[[0.0], [1.0], [1.0]]), at(&[[0.0], [0.0], [1.0]]));
        assert_eq!(early.first, [1.0, 2.0]);
        assert_eq!((early.areas()[1], late.areas()[1]), (0.5, -0.5));
    }

    proptest! {
        #[test]
        fn points_on_a_segment_change_nothing(path in path(), place in 0usize..11, share in 0.0f64..1.0) {
            let place = place % (path.len() - 1);
            let [a, b] = [path[place], path[place + 1]];
            let between = std::array::from_fn(|i| a[i] + share * (b[i] - a[i]));
            let mut longer = path.clone();
            longer.insert(place + 1, between);
            prop_assert!(near(&of(&path), &of(&longer)));
        }

        #[test]
        fn a_path_and_its_way_back_cancel(path in path()) {
            let back: Vec<_> = path.iter().rev().copied().collect();
            let round = of(&path).then(&of(&back)).expect("same dimensions");
            prop_assert!(near(&round, &Signature::identity(3)));
        }

        #[test]
        fn chen_holds_at_every_split(path in path(), place in 0usize..12) {
            let place = place % path.len();
            let parts = of(&path[..=place]).then(&of(&path[place..])).expect("same dimensions");
            prop_assert!(near(&parts, &of(&path)));
        }

        #[test]
        fn symmetric_parts_are_products(path in path()) {
            let s = of(&path);
            for i in 0..3 {
                for j in 0..3 {
                    let sum = s.second[3 * i + j] + s.second[3 * j + i];
                    prop_assert!((sum - s.first[i] * s.first[j]).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn shifts_do_not_show(path in path(), by in prop::array::uniform3(-3.0f64..3.0)) {
            let moved: Vec<[f64; 3]> = path.iter().map(|p| std::array::from_fn(|i| p[i] + by[i])).collect();
            prop_assert!(near(&of(&path), &of(&moved)));
        }
    }
}
