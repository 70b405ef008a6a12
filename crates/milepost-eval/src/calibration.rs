//! Do predicted probabilities mean what they say?

use crate::{StatsError, error};

/// How bins are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// `Σ (n_b/N) |gap_b|`: the expected calibration error.
    L1,
    /// `√(Σ (n_b/N) gap_b²)`, without correction for noise.
    L2,
    /// `max |gap_b|`.
    Max,
}

fn check(probabilities: &[f64], labels: &[bool]) -> Result<(), StatsError> {
    error::paired("probabilities against labels", probabilities, labels)?;
    match probabilities.iter().copied().find(|p| !(0.0..=1.0).contains(p)) {
        None => Ok(()),
        Some(value) => Err(StatsError::Parameter { name: "a probability", value, range: "[0, 1]" }),
    }
}

/// Calibration error of the probability of "true": the gap between mean probability and the share of
/// true labels, in `bins` equal bins of `[0, 1]`. A value on an inner edge belongs to the upper bin; a
/// probability of exactly 1 has a bin of its own (as in torchmetrics).
pub fn binary_calibration_error(
    probabilities: &[f64],
    labels: &[bool],
    bins: usize,
    norm: Norm,
) -> Result<f64, StatsError> {
    check(probabilities, labels)?;
    if bins == 0 {
        return Err(StatsError::Parameter { name: "the number of bins", value: 0.0, range: "[1, ∞)" });
    }
    // Per bin: count, sum of probabilities, number of true labels.
    let mut table = vec![(0.0, 0.0, 0.0); bins + 1];
    for (p, label) in probabilities.iter().zip(labels) {
        // Comparing with each edge as `edge/bins` decides exactly for probabilities such as 0.3.
        let guess = ((p * bins as f64) as usize).min(bins);
        let edge = |index: usize| index as f64 / bins as f64;
        let bin = if *p < edge(guess) {
            guess - 1
        } else if guess < bins && *p >= edge(guess + 1) {
            guess + 1
        } else {
            guess
        };
        let (count, sum, hits) = &mut table[bin];
        *count += 1.0;
        *sum += p;
        *hits += f64::from(u8::from(*label));
    }
    let n = probabilities.len() as f64;
    let gaps = table
        .iter()
        .filter(|(count, ..)| *count > 0.0)
        .map(|(count, sum, hits)| (count / n, ((sum - hits) / count).abs()));
    Ok(match norm {
        Norm::L1 => gaps.map(|(share, gap)| share * gap).sum(),
        Norm::L2 => gaps.map(|(share, gap)| share * gap * gap).sum::<f64>().sqrt(),
        Norm::Max => gaps.map(|(_, gap)| gap).fold(0.0, f64::max),
    })
}

/// Calibration error of the more likely class: confidence `max(p, 1 − p)` against whether it was right.
/// Bins still span `[0, 1]`. At ½ the prediction is "false".
pub fn top_class_calibration_error(
    probabilities: &[f64],
    labels: &[bool],
    bins: usize,
    norm: Norm,
) -> Result<f64, StatsError> {
    check(probabilities, labels)?;
    let (confidence, correct): (Vec<f64>, Vec<bool>) =
        probabilities.iter().zip(labels).map(|(p, label)| (p.max(1.0 - p), (*p > 0.5) == *label)).unzip();
    binary_calibration_error(&confidence, &correct, bins, norm)
}

/// Brier score: mean squared difference of probability and label.
pub fn brier_score(probabilities: &[f64], labels: &[bool]) -> Result<f64, StatsError> {
    check(probabilities, labels)?;
    let squares =
        probabilities.iter().zip(labels).map(|(p, label)| (p - f64::from(u8::from(*label))).powi(2));
    Ok(squares.sum::<f64>() / probabilities.len() as f64)
}

/// Mean negative log-probability of the labels. Undefined where a probability is exactly 0 or 1: a certain
/// prediction would cost infinitely much if wrong, and clipping it is the caller's decision.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> Result<f64, StatsError> {
    check(probabilities, labels)?;
    if probabilities.iter().any(|p| *p == 0.0 || *p == 1.0) {
        let reason = "a probability is exactly 0 or 1; clip it to what the model can really tell";
        return Err(StatsError::Undefined { what: "the log loss", reason });
    }
    let losses =
        probabilities.iter().zip(labels).map(|(p, label)| -libm::log(if *label { *p } else { 1.0 - p }));
    Ok(losses.sum::<f64>() / probabilities.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_norms_are_ordered(items in prop::collection::vec((0.0..=1.0f64, any::<bool>()), 1..50), bins in 1usize..20) {
            let (p, labels): (Vec<f64>, Vec<bool>) = items.into_iter().unzip();
            let error = |norm| binary_calibration_error(&p, &labels, bins, norm).expect("valid");
            prop_assert!(error(Norm::L1) <= error(Norm::L2) + 1e-12 && error(Norm::L2) <= error(Norm::Max) + 1e-12);
        }

        #[test]
        fn certain_and_right_is_calibrated(labels in prop::collection::vec(any::<bool>(), 1..30), bins in 1usize..20) {
            let p: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
            prop_assert_eq!(binary_calibration_error(&p, &labels, bins, Norm::Max), Ok(0.0));
            prop_assert_eq!(brier_score(&p, &labels), Ok(0.0));
        }
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let refused = brier_score(&[1.5], &[true]);
        assert!(matches!(refused, Err(StatsError::Parameter { value: 1.5, .. })));
        assert!(matches!(log_loss(&[f64::NAN], &[true]), Err(StatsError::Parameter { .. })));
    }
}
