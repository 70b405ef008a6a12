//! Energy distance between two samples of points.

use crate::StatsError;

/// `2·E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖` between two samples of points (Székely and Rizzo 2013), every pair taken
/// once and points with themselves included (the V-statistic): at least 0, and 0 for equal samples.
///
/// `O((n + m)²)` distances.
///
/// # Errors
/// An empty sample, points of different dimensions, or a coordinate that is not finite.
pub fn energy_distance(x: &[Vec<f64>], y: &[Vec<f64>]) -> Result<f64, StatsError> {
    let dimension = x.first().ok_or(StatsError::Empty { what: "the first sample" })?.len();
    if y.is_empty() {
        return Err(StatsError::Empty { what: "the second sample" });
    }
    for (what, sample) in [("the first sample", x), ("the second sample", y)] {
        for (row, point) in sample.iter().enumerate() {
            if point.len() != dimension {
                return Err(StatsError::Mismatch { what: "dimensions", left: dimension, right: point.len() });
            }
            if let Some(column) = point.iter().position(|c| !c.is_finite()) {
                return Err(StatsError::NotFinite { what, row, column, value: point[column] });
            }
        }
    }
    Ok(2.0 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y))
}

fn mean_distance(x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    let total: f64 = x.iter().map(|a| y.iter().map(|b| distance(a, b)).sum::<f64>()).sum();
    total / (x.len() * y.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples() -> impl Strategy<Value = Vec<Vec<f64>>> {
        prop::collection::vec(prop::collection::vec(-5.0f64..5.0, 2), 1..12)
    }

    #[test]
    fn two_points_give_twice_their_distance() {
        let d = energy_distance(&[vec![0.0, 0.0]], &[vec![3.0, 4.0]]).expect("two points");
        assert_eq!(d, 10.0);
    }

    #[test]
    fn bad_samples_are_refused() {
        assert!(matches!(energy_distance(&[], &[vec![0.0]]), Err(StatsError::Empty { .. })));
        assert!(matches!(energy_distance(&[vec![0.0]], &[]), Err(StatsError::Empty { .. })));
        assert!(matches!(energy_distance(&[vec![0.0]], &[vec![0.0, 1.0]]), Err(StatsError::Mismatch { .. })));
        let error = energy_distance(&[vec![0.0]], &[vec![f64::NAN]]);
        assert!(matches!(error, Err(StatsError::NotFinite { .. })));
    }

    proptest! {
        #[test]
        fn it_is_a_symmetric_divergence_that_no_shift_changes(x in samples(), y in samples(), by in -3.0f64..3.0) {
            let d = energy_distance(&x, &y).expect("finite");
            prop_assert!(d > -1e-12);
            prop_assert!((d - energy_distance(&y, &x).expect("finite")).abs() < 1e-12);
            prop_assert!(energy_distance(&x, &x).expect("finite").abs() < 1e-12);
            let shift = |s: &[Vec<f64>]| s.iter().map(|p| p.iter().map(|c| c + by).collect()).collect::<Vec<_>>();
            prop_assert!((d - energy_distance(&shift(&x), &shift(&y)).expect("finite")).abs() < 1e-9);
        }
    }
}
