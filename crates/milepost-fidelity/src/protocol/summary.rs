use milepost_eval::{Bootstrap, Interval, Scores, aggregate};
use serde::{Deserialize, Serialize};

use crate::record::Record;
use crate::{CaIdCard, FidelityError};

use super::Metric;

/// A metric of an arm over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MetricSummary {
    /// The metric.
    pub metric: Metric,
    /// Mean over the seeds in which it exists; `None` if it exists in none.
    pub mean: Option<f64>,
    /// Bootstrap interval of the mean; `None` with fewer than two seeds.
    pub interval: Option<Interval>,
    /// Seeds in which it does not exist.
    pub undefined: usize,
}

/// An arm on an instance over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArmSummary {
    /// Name of the instance.
    pub instance: String,
    /// Name of the estimator.
    pub arm: String,
    /// What it claims.
    pub card: CaIdCard,
    /// Episodes in a batch.
    pub group: usize,
    /// Number of seeds.
    pub seeds: usize,
    /// Every metric.
    pub metrics: Vec<MetricSummary>,
}

impl ArmSummary {
    /// A metric of the arm.
    pub fn get(&self, metric: Metric) -> Option<&MetricSummary> {
        self.metrics.iter().find(|m| m.metric == metric)
    }
}

/// Sums up the runs of one arm on one instance.
pub fn summarize(records: &[&Record], bootstrap: &Bootstrap) -> Result<ArmSummary, FidelityError> {
    let first = records.first().ok_or(FidelityError::Empty { what: "the list of runs of an arm" })?;
    let summary = |metric: Metric| -> Result<MetricSummary, FidelityError> {
        let values: Vec<f64> = records.iter().filter_map(|record| metric.of(record)).collect();
        let undefined = records.len() - values.len();
        let interval = if values.len() < 2 {
            None
        } else {
            Some(bootstrap.estimate(&Scores::single_task(&values)?, aggregate::mean)?.interval)
        };
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        Ok(MetricSummary { metric, mean, interval, undefined })
    };
    Ok(ArmSummary {
        instance: first.instance.clone(),
        arm: first.arm.clone(),
        card: first.card.clone(),
        group: first.group,
        seeds: records.len(),
        metrics: Metric::ALL.into_iter().map(summary).collect::<Result<_, _>>()?,
    })
}
