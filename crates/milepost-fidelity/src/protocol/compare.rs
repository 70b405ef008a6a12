use milepost_eval::{Bootstrap, Estimate, PairedDifferences};
use serde::{Deserialize, Serialize};

use crate::FidelityError;
use crate::record::Record;

use super::Metric;

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Small is good.
    Lower,
    /// Large is good.
    Higher,
}

/// What a paired comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The first arm is better: the interval of the difference excludes 0.
    Better,
    /// The first arm is worse: the interval of the difference excludes 0.
    Worse,
    /// The interval contains 0.
    Tie,
}

/// The difference of two arms in a metric, over seeds that share their episodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Difference {
    /// The metric.
    pub metric: Metric,
    /// First minus second, with its interval over seeds; `None` with fewer than two pairs.
    pub difference: Option<Estimate>,
    /// What it says; a tie unless the interval excludes 0.
    pub outcome: Finding,
    /// Pairs left out because the metric does not exist in one of them.
    pub undefined: usize,
}

/// Differences below this share of the values are rounding, however often they repeat.
const ROUNDING: f64 = 1e-9;

/// Compares the runs of two arms on one instance, record `i` of one with record `i` of the other: the same
/// seed, hence the same episodes.
pub fn compare(
    metric: Metric,
    first: &[&Record],
    second: &[&Record],
    bootstrap: &Bootstrap,
) -> Result<Difference, FidelityError> {
    if first.len() != second.len() {
        let what = format!("the runs of {}", second.first().map_or("the second arm", |r| r.arm.as_str()));
        return Err(FidelityError::Size { what, found: second.len(), expected: first.len() });
    }
    let pairs = first.iter().zip(second).filter_map(|(a, b)| metric.of(a).zip(metric.of(b)));
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let undefined = first.len() - a.len();
    let difference =
        if a.len() < 2 { None } else { Some(PairedDifferences::of_seeds(&a, &b)?.mean(bootstrap)?) };
    let sign = match metric.direction() {
        Direction::Lower => -1.0,
        Direction::Higher => 1.0,
    };
    let scale = a.iter().chain(&b).fold(0.0, |m: f64, v| m.max(v.abs()));
    let real = |estimate: &Estimate| estimate.value.abs() > ROUNDING * scale.max(ROUNDING);
    let outcome = match &difference {
        Some(estimate) if real(estimate) && (estimate.interval.low > 0.0 || estimate.interval.high < 0.0) => {
            if estimate.value * sign > 0.0 {
                Finding::Better
            } else {
                Finding::Worse
            }
        }
        _ => Finding::Tie,
    };
    Ok(Difference { metric, difference, outcome, undefined })
}
