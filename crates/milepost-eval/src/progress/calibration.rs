//! Does a progress of 0.7 mean that seven tenths of the way are done?

use super::{MetricValue, Rules};
use crate::StatsError;

/// Mean squared error of values against the true progress.
pub fn mean_squared_error(values: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    mean_of(values, truth, rules, |error| error * error)
}

/// Mean absolute error of values against the true progress.
pub fn mean_absolute_error(values: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    mean_of(values, truth, rules, f64::abs)
}

fn mean_of(
    values: &[f64],
    truth: &[f64],
    rules: Rules,
    cost: fn(f64) -> f64,
) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the values against the truth", values, truth)?;
    let sum = v.iter().zip(g).map(|(v, g)| cost(v - g)).sum();
    Ok(MetricValue::share(sum, v.len(), "there are no values"))
}

/// Expected calibration error of progress: `Σ_b (n_b/N) |mean v − mean g|` over `bins` equal bins of `v` in
/// `[0, 1]`, values outside counting in the first or last bin. 10 bins are usual. Unlike the calibration of
/// probabilities, the truth is a number and not a class.
pub fn progress_calibration_error(
    values: &[f64],
    truth: &[f64],
    bins: usize,
    rules: Rules,
) -> Result<MetricValue, StatsError> {
    if bins == 0 {
        return Err(StatsError::Parameter { name: "the number of bins", value: 0.0, range: "[1, ∞)" });
    }
    let (v, g) = rules.pair("the values against the truth", values, truth)?;
    let mut gaps = vec![0.0; bins];
    let edges: Vec<f64> = (1..bins).map(|edge| edge as f64 / bins as f64).collect();
    for (v, g) in v.iter().zip(g) {
        gaps[edges.partition_point(|edge| edge <= v)] += v - g;
    }
    let sum = gaps.iter().map(|gap| gap.abs()).sum();
    Ok(MetricValue::share(sum, v.len(), "there are no values"))
}

/// `|v_T − y|`: how far the last value is from the episode's success (1) or failure (0).
pub fn final_progress_error(values: &[f64], success: bool) -> Result<MetricValue, StatsError> {
    crate::error::all_finite("the values", values)?;
    let target = f64::from(u8::from(success));
    Ok(values.last().map_or(MetricValue::undefined("there are no values", 0), |last| {
        MetricValue::of((last - target).abs(), 1)
    }))
}

/// Completion accuracy: the share of episodes whose judged class (success, partial success, failure) is the
/// true one.
pub fn completion_accuracy<C: PartialEq>(judged: &[C], truth: &[C]) -> Result<MetricValue, StatsError> {
    if judged.len() != truth.len() {
        let what = "the judged classes against the true ones";
        return Err(StatsError::Mismatch { what, left: judged.len(), right: truth.len() });
    }
    let right = judged.iter().zip(truth).filter(|(a, b)| a == b).count();
    Ok(MetricValue::share(right as f64, judged.len(), "there are no episodes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn defined(value: Result<MetricValue, StatsError>) -> f64 {
        value.expect("finite").value().expect("defined")
    }

    #[test]
    fn errors_by_hand() {
        let (v, g) = ([0.0, 0.5, 1.0], [0.0, 0.25, 0.5]);
        assert!((defined(mean_squared_error(&v, &g, Rules::Strict)) - (0.0625 + 0.25) / 3.0).abs() < 1e-15);
        assert_eq!(defined(mean_absolute_error(&v, &g, Rules::Strict)), 0.25);
        assert_eq!(defined(mean_absolute_error(&g, &g, Rules::Strict)), 0.0);
        assert_eq!(defined(final_progress_error(&v, true)), 0.0);
        assert_eq!(defined(final_progress_error(&[0.75], false)), 0.75);
        assert_eq!(defined(final_progress_error(&[0.25, 1.5], true)), 0.5);
        assert_eq!(final_progress_error(&[], true).expect("finite").value(), None);
        assert!(mean_squared_error(&v, &g[1..], Rules::Strict).is_err());
        assert_eq!(mean_squared_error(&v, &g[1..], Rules::Compat).expect("cut").n, 2);
    }

    #[test]
    fn calibration_by_hand() {
        let error =
            |v: &[f64], g: &[f64], bins| defined(progress_calibration_error(v, g, bins, Rules::Strict));
        // One bin: the gap of the means. Two bins: 0.2 and 0.3 apart, at one of two values each.
        assert!((error(&[0.2, 0.8], &[0.4, 0.5], 1) - 0.05).abs() < 1e-12);
        assert!((error(&[0.2, 0.8], &[0.4, 0.5], 2) - 0.25).abs() < 1e-12);
        // A tie at an edge belongs above it: 0.5 and 0.9 share a bin and their errors cancel.
        assert!(error(&[0.5, 0.9], &[0.7, 0.7], 2) < 1e-12);
        assert!(progress_calibration_error(&[0.1], &[0.1], 0, Rules::Strict).is_err());
        assert_eq!(defined(completion_accuracy(&["SE", "FE", "PSE", "FE"], &["SE", "FE", "FE", "FE"])), 0.75);
        assert_eq!(completion_accuracy::<u8>(&[], &[]).expect("matches").value(), None);
        assert!(completion_accuracy(&[1], &[1, 2]).is_err());
    }

    proptest! {
        #[test]
        fn calibration_error_lies_between_the_gap_of_the_means_and_the_mean_absolute_error(
            items in prop::collection::vec((0.0..=1.0f64, 0.0..=1.0f64), 1..40), bins in 1usize..20,
        ) {
            let (v, g): (Vec<f64>, Vec<f64>) = items.into_iter().unzip();
            let ece = defined(progress_calibration_error(&v, &g, bins, Rules::Strict));
            let gap = (v.iter().sum::<f64>() - g.iter().sum::<f64>()).abs() / v.len() as f64;
            prop_assert!(gap <= ece + 1e-12 && ece <= defined(mean_absolute_error(&v, &g, Rules::Strict)) + 1e-12);
        }
    }
}
