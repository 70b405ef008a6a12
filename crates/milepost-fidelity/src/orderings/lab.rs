//! What the checks share.

use std::sync::atomic::AtomicBool;

use milepost_eval::{Bootstrap, PairedDifferences};
use milepost_microworlds::TaskConfig;

use super::{Effort, Measured, Verdict};
use crate::FidelityError;
use crate::config::{EstimatorConfig, InstanceConfig};
use crate::protocol::{Difference, Finding, Instance, Metric, Sampling, compare, run};
use crate::record::Record;

pub(super) struct Lab<'a> {
    pub(super) effort: Effort,
    pub(super) stop: &'a AtomicBool,
}

impl Lab<'_> {
    /// The runs of an arm, one for each seed.
    pub(super) fn runs(
        &self,
        instance: &Instance,
        arm: &EstimatorConfig,
        group: usize,
    ) -> Result<Vec<Record>, FidelityError> {
        let Effort { seeds, batches } = self.effort;
        (0..seeds)
            .map(|seed| run(instance, arm.build().as_mut(), Sampling { group, batches, seed }, self.stop))
            .collect()
    }
}

pub(super) fn solve(task: TaskConfig) -> Result<Instance, FidelityError> {
    InstanceConfig::from(task).build()
}

/// Mean of a metric over runs.
pub(super) fn mean(metric: Metric, runs: &[Record]) -> f64 {
    let values: Vec<f64> = runs.iter().filter_map(|record| metric.of(record)).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// The first arm against the second, by paired differences.
pub(super) fn versus(
    metric: Metric,
    first: &[Record],
    second: &[Record],
) -> Result<Difference, FidelityError> {
    compare(
        metric,
        &first.iter().collect::<Vec<_>>(),
        &second.iter().collect::<Vec<_>>(),
        &Bootstrap::default(),
    )
}

/// Whether the first arm is better beyond doubt, with the number that shows it.
pub(super) fn beats(
    metric: Metric,
    first: &[Record],
    second: &[Record],
) -> Result<(bool, Measured), FidelityError> {
    let difference = versus(metric, first, second)?;
    let of = |runs: &[Record], read: fn(&Record) -> &str| {
        runs.first().map_or_else(String::new, |record| read(record).to_owned())
    };
    let (here, there) = (of(first, |r| &r.instance), of(second, |r| &r.instance));
    let elsewhere = if here == there { String::new() } else { format!(" on {there}") };
    let (left, right) = (of(first, |r| &r.arm), of(second, |r| &r.arm));
    let what = format!("{here}: {} of {left} minus {right}{elsewhere}", metric.label());
    let measured = match difference.difference {
        Some(estimate) => {
            Measured { interval: Some(estimate.interval), ..Measured::new(what, estimate.value) }
        }
        None => Measured::new(what, f64::NAN),
    };
    Ok((difference.outcome == Finding::Better, measured))
}

/// A metric of the first arm minus that of the second, seed by seed.
pub(super) fn gains(metric: Metric, first: &[Record], second: &[Record]) -> Vec<f64> {
    let both = first.iter().zip(second).filter_map(|(a, b)| metric.of(a).zip(metric.of(b)));
    both.map(|(a, b)| a - b).collect()
}

/// Whether the first numbers exceed the second beyond doubt, seed by seed.
pub(super) fn exceeds(what: &str, first: &[f64], second: &[f64]) -> Result<(bool, Measured), FidelityError> {
    let estimate = PairedDifferences::of_seeds(first, second)?.mean(&Bootstrap::default())?;
    let measured = Measured { interval: Some(estimate.interval), ..Measured::new(what, estimate.value) };
    Ok((estimate.interval.low > 0.0, measured))
}

pub(super) const fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::DoesNotHold }
}

pub(super) const fn note(agrees: bool) -> Verdict {
    if agrees { Verdict::Agrees } else { Verdict::Disagrees }
}
