//! How much of a space of behaviours a search has covered, and how evenly.

use crate::StatsError;

/// Counts points in the cells of a grid over a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Occupancy {
    least: Vec<f64>,
    most: Vec<f64>,
    bins: usize,
    counts: Vec<u64>,
    outside: u64,
}

impl Occupancy {
    /// An empty grid of `bins` cells along each axis, over the box between two corners.
    pub fn new(least: Vec<f64>, most: Vec<f64>, bins: usize) -> Result<Self, StatsError> {
        let ordered = least.len() == most.len()
            && least.iter().zip(&most).all(|(a, b)| a < b && a.is_finite() && b.is_finite());
        let cells = bins.checked_pow(least.len() as u32).filter(|cells| (1..=1 << 24).contains(cells));
        let (true, Some(cells)) = (ordered, cells) else {
            let range = "ordered finite corners, and 1 to 2^24 cells in all";
            return Err(StatsError::Parameter {
                name: "the grid's cells along an axis",
                value: bins as f64,
                range,
            });
        };
        Ok(Self { least, most, bins, counts: vec![0; cells], outside: 0 })
    }

    /// `bins × bins` cells over the unit square.
    pub fn unit_square(bins: usize) -> Result<Self, StatsError> {
        Self::new(vec![0.0; 2], vec![1.0; 2], bins)
    }

    /// Counts a point. The upper rim of the box belongs to it; points outside, and points that are not finite or
    /// of another dimension, are counted as outside.
    pub fn add(&mut self, point: &[f64]) {
        match self.cell(point) {
            Some(cell) => self.counts[cell] += 1,
            None => self.outside += 1,
        }
    }

    fn cell(&self, point: &[f64]) -> Option<usize> {
        if point.len() != self.least.len() {
            return None;
        }
        let mut cell = 0;
        for ((x, least), most) in point.iter().zip(&self.least).zip(&self.most) {
            if !(least..=most).contains(&x) {
                return None;
            }
            let index = ((x - least) / (most - least) * self.bins as f64) as usize;
            cell = cell * self.bins + index.min(self.bins - 1);
        }
        Some(cell)
    }

    /// Points in each cell, the last axis fastest.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Points that lay in no cell.
    #[must_use]
    pub const fn outside(&self) -> u64 {
        self.outside
    }

    /// The share of cells with a point in them, in `[0, 1]`.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.counts.iter().filter(|count| **count > 0).count() as f64 / self.counts.len() as f64
    }

    /// `1 − JSD`, with the Jensen–Shannon *distance* (the root of the divergence) between the points' distribution
    /// over the cells and the uniform one. Undefined without points.
    pub fn uniformity(&self, base: LogBase) -> Result<f64, StatsError> {
        let total: u64 = self.counts.iter().sum();
        if total == 0 {
            return Err(StatsError::Empty { what: "the grid" });
        }
        let uniform = 1.0 / self.counts.len() as f64;
        let shares = self.counts.iter().map(|count| *count as f64 / total as f64);
        Ok(1.0 - jensen_shannon_distance(shares.map(|share| (share, uniform)), base))
    }
}

/// The base of logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogBase {
    /// e, as in the released analyses of quality-diversity: the distance is at most `√ln 2 ≈ 0.833`.
    Natural,
    /// 2: the distance is at most 1.
    Two,
}

/// `√(½ Σ p log(p / m) + ½ Σ q log(q / m))` with `m = (p + q) / 2`, over the pairs `(p, q)` of two distributions.
pub fn jensen_shannon_distance(pairs: impl IntoIterator<Item = (f64, f64)>, base: LogBase) -> f64 {
    let term = |p: f64, m: f64| if p > 0.0 { p * libm::log(p / m) } else { 0.0 };
    let divergence: f64 = pairs
        .into_iter()
        .map(|(p, q)| {
            let m = f64::midpoint(p, q);
            f64::midpoint(term(p, m), term(q, m))
        })
        .sum();
    let divergence = match base {
        LogBase::Natural => divergence,
        LogBase::Two => divergence / std::f64::consts::LN_2,
    };
    divergence.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(points: &[[f64; 2]], bins: usize) -> Occupancy {
        let mut grid = Occupancy::unit_square(bins).expect("valid");
        for point in points {
            grid.add(point);
        }
        grid
    }

    #[test]
    fn cells_are_half_open_but_for_the_upper_rim() {
        let grid = filled(&[[0.0, 0.0], [0.5, 0.0], [1.0, 1.0], [1.1, 0.5], [f64::NAN, 0.5]], 2);
        assert_eq!(grid.counts(), [1, 0, 1, 1]);
        assert_eq!((grid.outside(), grid.coverage()), (2, 0.75));
    }

    #[test]
    fn uniformity_is_one_of_an_even_spread_and_least_of_a_single_cell() {
        let even = filled(&[[0.1, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.9]], 2);
        assert_eq!(even.uniformity(LogBase::Natural).expect("points"), 1.0);
        let single = filled(&[[0.1, 0.1]; 3], 50);
        let (natural, two) = (LogBase::Natural, LogBase::Two);
        // p = 1 against 1/2500: ½ ln(1/m) + ½ (1/2500 ln((1/2500)/m) + 2499/2500 ln 2), m = 1250.5/2500.
        let (m, q) = (1250.5 / 2500.0_f64, 1.0 / 2500.0_f64);
        let divergence = 0.5 * (1.0 / m).ln() + 0.5 * (q * (q / m).ln() + 2499.0 * q * 2f64.ln());
        assert!((single.uniformity(natural).expect("points") - (1.0 - divergence.sqrt())).abs() < 1e-12);
        let base2 = (divergence / 2f64.ln()).sqrt();
        assert!((single.uniformity(two).expect("points") - (1.0 - base2)).abs() < 1e-12);
        assert!(filled(&[], 5).uniformity(natural).is_err());
    }

    #[test]
    fn grids_without_cells_are_refused() {
        assert!(Occupancy::new(vec![0.0], vec![0.0], 5).is_err());
        assert!(Occupancy::new(vec![0.0], vec![1.0], 0).is_err());
        assert!(Occupancy::new(vec![0.0; 9], vec![1.0; 9], 50).is_err());
    }

    proptest! {
        #[test]
        fn the_distance_is_symmetric_and_at_most_one_in_base_two(
            raw in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0), 1..20),
        ) {
            let (p, q): (f64, f64) = raw.iter().fold((1e-9, 1e-9), |(p, q), (a, b)| (p + a, q + b));
            let pairs: Vec<(f64, f64)> = raw.iter().map(|(a, b)| (a / p, b / q)).collect();
            let there = jensen_shannon_distance(pairs.iter().copied(), LogBase::Two);
            let back = jensen_shannon_distance(pairs.iter().map(|(p, q)| (*q, *p)), LogBase::Two);
            prop_assert!((there - back).abs() < 1e-12 && (0.0..=1.0 + 1e-9).contains(&there));
        }

        #[test]
        fn more_points_never_cover_less(
            points in prop::collection::vec([0.0f64..1.0, 0.0f64..1.0], 0..40), bins in 1usize..12,
        ) {
            let coverage = |n: usize| filled(&points[..n], bins).coverage();
            prop_assert!((0..points.len()).all(|n| coverage(n) <= coverage(n + 1)));
        }
    }
}
