//! Across trajectories: do successes score above failures, and do sums follow returns?

use super::{MetricValue, Rules, Summary};
use crate::StatsError;
use crate::classification::auroc;
use crate::correlation::pearson;

/// Area under the receiver operating characteristic of the final values; ties ½. Undefined where all
/// episodes succeed or all fail.
pub fn success_auc(success: &[bool], final_values: &[f64]) -> Result<MetricValue, StatsError> {
    if success.is_empty() && final_values.is_empty() {
        return Ok(MetricValue::undefined("there are no episodes", 0));
    }
    MetricValue::about(success.len(), auroc(success, final_values))
}

/// The share of (success, failure) pairs in which success has the higher final value. Ties count nothing:
/// this is the area without its half credit. `n` is the number of pairs.
pub fn success_ranking(success: &[bool], final_values: &[f64]) -> Result<MetricValue, StatsError> {
    if success.len() != final_values.len() {
        let what = "the outcomes against the final values";
        return Err(StatsError::Mismatch { what, left: success.len(), right: final_values.len() });
    }
    crate::error::all_finite("the final values", final_values)?;
    let of =
        |class: bool| success.iter().zip(final_values).filter(move |(s, _)| **s == class).map(|(_, v)| *v);
    let pairs = of(true).count() * of(false).count();
    let wins: usize = of(true).map(|winner| of(false).filter(|loser| winner > *loser).count()).sum();
    Ok(MetricValue::share(wins as f64, pairs, "both classes must occur"))
}

/// Pearson's correlation over episodes of summed rewards with the true returns. `n` counts episodes.
pub fn global_pearson(sums: &[f64], returns: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (x, y) = rules.pair("the sums against the returns", sums, returns)?;
    rules.correlate(x, y, pearson)
}

/// Pearson's correlation within each trajectory, averaged over those where it exists. Under
/// [`Rules::CompatLrm`] trajectories of fewer than three steps, or without variance, are skipped.
pub fn mean_pearson<'a>(
    trajectories: impl IntoIterator<Item = (&'a [f64], &'a [f64])>,
    rules: Rules,
) -> Result<Summary, StatsError> {
    let each = trajectories.into_iter().map(|(v, g)| global_pearson(v, g, rules));
    Ok(Summary::of(each.collect::<Result<Vec<_>, _>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn success_is_ranked_by_hand() {
        let success = [true, true, false, false];
        let both = |v: [f64; 4]| {
            [success_auc, success_ranking].map(|metric| metric(&success, &v).expect("finite").value())
        };
        assert_eq!(both([0.9, 0.8, 0.1, 0.2]), [Some(1.0), Some(1.0)]);
        // Two ties among four pairs: half credit or none.
        assert_eq!(both([0.9, 0.5, 0.5, 0.5]), [Some(0.75), Some(0.5)]);
        assert_eq!(both([0.3; 4]), [Some(0.5), Some(0.0)]);
        for metric in [success_auc, success_ranking] {
            assert_eq!(metric(&[true, true], &[0.1, 0.2]).expect("finite").value(), None);
            assert_eq!(metric(&[], &[]).expect("empty").value(), None);
            assert!(metric(&[true], &[0.1, 0.2]).is_err());
        }
    }

    #[test]
    fn sums_follow_returns_by_hand() {
        let global = |x: &[f64], y: &[f64]| global_pearson(x, y, Rules::Strict).expect("finite").value();
        assert_eq!(global(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Some(1.0));
        // Deviations (−1, 0, 1) and (−1, 1, 0): 1/2.
        assert!((global(&[1.0, 2.0, 3.0], &[0.0, 2.0, 1.0]).expect("varies") - 0.5).abs() < 1e-12);
        assert_eq!(global(&[1.0, 1.0, 1.0], &[0.0, 2.0, 1.0]), None);
        let short: (&[f64], &[f64]) = (&[0.0, 1.0], &[0.0, 1.0]);
        let constant: (&[f64], &[f64]) = (&[1.0; 4], &[0.0, 1.0, 2.0, 3.0]);
        let opposite: (&[f64], &[f64]) = (&[2.0, 1.0, 0.0], &[0.0, 1.0, 2.0]);
        let mean = |rules| {
            let summary = mean_pearson([short, constant, opposite], rules).expect("finite");
            (summary.mean.value(), summary.skipped)
        };
        assert_eq!(mean(Rules::Strict), (Some(0.0), 1));
        assert_eq!(mean(Rules::CompatLrm), (Some(-1.0), 2));
        assert_eq!(mean(Rules::Compat), (Some(0.0), 0));
    }

    proptest! {
        #[test]
        fn the_area_mirrors_with_the_sign_and_the_ranking_never_exceeds_it(
            items in prop::collection::vec((any::<bool>(), -3i8..3), 2..30),
        ) {
            let (mut success, values): (Vec<bool>, Vec<f64>) = items.into_iter().map(|(s, v)| (s, f64::from(v))).unzip();
            (success[0], success[1]) = (true, false);
            let opposite: Vec<f64> = values.iter().map(|v| -v).collect();
            let auc = |v: &[f64]| success_auc(&success, v).expect("finite").value().expect("both classes");
            prop_assert!((auc(&values) + auc(&opposite) - 1.0).abs() < 1e-12);
            let ranked = success_ranking(&success, &values).expect("finite").value().expect("both classes");
            prop_assert!(ranked <= auc(&values) + 1e-12);
        }
    }
}
