//! One number for a matrix of scores, and curves over all of them.
//!
//! Definitions follow Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
//! Precipice" (NeurIPS 2021), and its package rliable.

use crate::interval::{ascending, quantile_sorted};
use crate::{Scores, StatsError};

/// Mean over all runs and tasks.
pub fn mean(scores: &Scores) -> f64 {
    mean_of(&scores.task_means())
}

/// Median over tasks of the mean over runs.
pub fn median(scores: &Scores) -> f64 {
    quantile_sorted(&ascending(&scores.task_means()), 0.5)
}

/// Interquartile mean: the mean of all runs × tasks after dropping `⌊n/4⌋` values at each end. There
/// are no fractional weights, so below four values it is the plain mean.
pub fn interquartile_mean(scores: &Scores) -> f64 {
    interquartile_mean_of(scores.values())
}

/// [`interquartile_mean`] of plain values; NaN without any.
pub fn interquartile_mean_of(values: &[f64]) -> f64 {
    let sorted = ascending(values);
    let cut = sorted.len() / 4;
    mean_of(&sorted[cut..sorted.len() - cut])
}

/// How far scores stay below `target` on average: `target − mean(min(score, target))`. Lower is better.
pub fn optimality_gap(scores: &Scores, target: f64) -> f64 {
    target - mean_of(&scores.values().iter().map(|score| score.min(target)).collect::<Vec<_>>())
}

/// Mean of plain values; NaN without any.
pub(crate) fn mean_of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The aggregates of a report, as values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// [`mean`].
    Mean,
    /// [`median`].
    Median,
    /// [`interquartile_mean`].
    InterquartileMean,
    /// [`optimality_gap`] to this target.
    OptimalityGap(f64),
}

impl Aggregate {
    /// The aggregate of `scores`.
    pub fn of(self, scores: &Scores) -> f64 {
        match self {
            Self::Mean => mean(scores),
            Self::Median => median(scores),
            Self::InterquartileMean => interquartile_mean(scores),
            Self::OptimalityGap(target) => optimality_gap(scores, target),
        }
    }
}

/// Performance profile: for each `tau`, the share of runs × tasks that score strictly above it.
pub fn performance_profile(scores: &Scores, taus: &[f64]) -> Vec<f64> {
    share_above(scores.values(), taus)
}

/// For each `tau`, the share of tasks whose mean over runs is strictly above it.
pub fn average_score_profile(scores: &Scores, taus: &[f64]) -> Vec<f64> {
    share_above(&scores.task_means(), taus)
}

fn share_above(values: &[f64], taus: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    taus.iter().map(|tau| values.iter().filter(|value| *value > tau).count() as f64 / n).collect()
}

/// Quantiles over runs of each run's mean over tasks: what a single training run can turn out to be,
/// as opposed to how well its mean is known. `quantiles` lie in `[0, 1]`.
pub fn run_quantiles(scores: &Scores, quantiles: &[f64]) -> Result<Vec<f64>, StatsError> {
    if let Some(value) = quantiles.iter().copied().find(|q| !(0.0..=1.0).contains(q)) {
        return Err(StatsError::Parameter { name: "quantile", value, range: "[0, 1]" });
    }
    let sorted = ascending(&scores.run_means());
    Ok(quantiles.iter().map(|q| quantile_sorted(&sorted, *q)).collect())
}

/// Probability that a run of `x` beats a run of `y` on a task, averaged over tasks. Ties count ½
/// (the Mann–Whitney statistic divided by the number of pairs). Runs need not be paired.
pub fn probability_of_improvement(x: &Scores, y: &Scores) -> Result<f64, StatsError> {
    if x.tasks() != y.tasks() {
        return Err(StatsError::Mismatch {
            what: "number of tasks of two arms",
            left: x.tasks(),
            right: y.tasks(),
        });
    }
    let wins = |task| {
        x.task(task).map(|a| y.task(task).map(|b| crate::ordering::win(a, b)).sum::<f64>()).sum::<f64>()
    };
    let pairs = (x.runs() * y.runs()) as f64;
    Ok((0..x.tasks()).map(|task| wins(task) / pairs).sum::<f64>() / x.tasks() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matrix() -> impl Strategy<Value = (usize, usize, Vec<f64>)> {
        (1usize..7, 1usize..7).prop_flat_map(|(runs, tasks)| {
            (Just(runs), Just(tasks), prop::collection::vec(-1e3..1e3f64, runs * tasks))
        })
    }

    proptest! {
        #[test]
        fn the_interquartile_mean_lies_between_minimum_and_maximum((runs, tasks, values) in matrix()) {
            let iqm = interquartile_mean_of(&values);
            let sorted = ascending(&values);
            prop_assert!(sorted[0] - 1e-9 <= iqm && iqm <= sorted[sorted.len() - 1] + 1e-9);
            let scores = Scores::from_flat(runs, tasks, values).expect("finite");
            prop_assert_eq!(interquartile_mean(&scores), iqm);
        }

        #[test]
        fn permuting_the_runs_changes_no_aggregate((runs, tasks, values) in matrix(), turn in 0usize..7) {
            let mut turned = values.clone();
            turned.rotate_left(turn % runs * tasks);
            let a = Scores::from_flat(runs, tasks, values).expect("finite");
            let b = Scores::from_flat(runs, tasks, turned).expect("finite");
            for aggregate in [
                Aggregate::Mean, Aggregate::Median, Aggregate::InterquartileMean, Aggregate::OptimalityGap(1.0),
            ] {
                prop_assert!((aggregate.of(&a) - aggregate.of(&b)).abs() < 1e-9, "{:?}", aggregate);
            }
        }

        #[test]
        fn an_outlier_in_the_outer_quarter_does_not_move_the_interquartile_mean(
            mut values in prop::collection::vec(0.0..1.0f64, 4..40), outlier in 1.0..1e6f64,
        ) {
            values[0] = 1.0;
            let before = interquartile_mean_of(&values);
            values[0] = outlier;
            prop_assert!((interquartile_mean_of(&values) - before).abs() < 1e-12);
        }

        #[test]
        fn improvement_of_x_over_y_and_of_y_over_x_sum_to_one((runs, tasks, values) in matrix()) {
            let x = Scores::from_flat(runs, tasks, values.clone()).expect("finite");
            let y = Scores::from_flat(runs, tasks, values.iter().map(|v| v.round()).rev().collect()).expect("finite");
            let both = probability_of_improvement(&x, &y).expect("same tasks")
                + probability_of_improvement(&y, &x).expect("same tasks");
            prop_assert!((both - 1.0).abs() < 1e-12);
            prop_assert!((probability_of_improvement(&x, &x).expect("same") - 0.5).abs() < 1e-12);
        }
    }
}
