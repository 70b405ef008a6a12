//! What the checks share.

use std::sync::atomic::AtomicBool;

use milepost_eval::Bootstrap;
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
pub(super) fn versus(metric: Metric, first: &[Record], second: &[Record]) -> Result<Difference, FidelityError> {
    compare(metric, &first.iter().collect::<Vec<_>>(), &second.iter().collect::<Vec<_>>(), &Bootstrap::default())
}

/// Whether the first arm is better beyond doubt, with the number that shows it.
pub(super) fn beats(
    metric: Metric,
    first: &[Record],
    second: &[Record],
) -> Result<(bool, Measured), FidelityError> {
    let difference = versus(metric, first, second)?;
    let name = |runs: &[Record]| runs.first().map_or_else(String::new, |record| record.arm.clone());
    let place = first.first().map_or("", |record| record.instance.as_str());
    let what = format!("{place}: {} of {} minus {}", metric.label(), name(first), name(second));
    let measured = match difference.difference {
        Some(estimate) => Measured { interval: Some(estimate.interval), ..Measured::new(what, estimate.value) },
        None => Measured::new(what, f64::NAN),
    };
    Ok((difference.outcome == Finding::Better, measured))
}

pub(super) const fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::DoesNotHold }
}

pub(super) const fn note(agrees: bool) -> Verdict {
    if agrees { Verdict::Agrees } else { Verdict::Disagrees }
}
