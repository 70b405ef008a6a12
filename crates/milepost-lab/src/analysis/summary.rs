//! The numbers of a run: per arm with intervals, per comparison with the reference, and the verdict.

use milepost_eval::aggregate::{
    interquartile_mean, mean, optimality_gap, probability_of_improvement, run_quantiles,
};
use milepost_eval::verdict::Direction;
use milepost_eval::{Bootstrap, Estimate, PairedDifferences, Scores, StatsError, Verdict};
use serde::{Deserialize, Serialize};

use super::recorded::{ArmRecord, Measured};
use crate::claim::{Circumstances, Judged, Results, judge};
use crate::config::{Experiment, Form, MetricName};
use crate::measures::measured;

/// Below this number of seeds a comparison is only an exploration.
pub(crate) const FEWEST_SEEDS: usize = 5;
/// Run-wise percentiles shown beside intervals.
const PERCENTILES: [f64; 3] = [10.0, 50.0, 90.0];

/// A value with its interval, if there were seeds enough for one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The statistic of the data themselves.
    pub value: f64,
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ArmSummary {
    /// Its name.
    pub arm: String,
    /// Its finished seeds.
    pub seeds: Vec<u64>,
    /// The primary metric of each of them.
    pub scores: Vec<f64>,
    /// Interquartile mean.
    pub interquartile_mean: Option<Value>,
    /// Mean.
    pub mean: Option<Value>,
    /// Mean shortfall below 1, for metrics that are rates.
    pub optimality_gap: Option<Value>,
    /// Percentiles over single runs.
    pub percentiles: Vec<(f64, f64)>,
    /// Means of the secondary metrics.
    pub secondary: Vec<(String, f64)>,
    /// Against the reference arm, on the seeds that both have.
    pub comparison: Option<Comparison>,
}

/// An arm against the reference arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// The arm it is compared with.
    pub reference: String,
    /// Mean paired difference, the reference subtracted.
    pub paired_difference: Value,
    /// Probability that a run of this arm is better than one of the reference.
    pub probability_of_improvement: Value,
    /// Pairs in which this arm is better.
    pub agreeing: usize,
    /// Pairs.
    pub pairs: usize,
}

/// All numbers of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// The experiment.
    pub experiment: String,
    /// Hash of the resolved configuration.
    pub config: String,
    /// The primary metric.
    pub metric: String,
    /// Nominal coverage of every interval.
    pub confidence: f64,
    /// Whether there are too few seeds for a comparison.
    pub exploratory: bool,
    /// The arms.
    pub arms: Vec<ArmSummary>,
    /// The verdict, where the compared arms have seeds in common and the scale is not `smoke`.
    pub verdict: Option<Verdict>,
    /// The verdict, or why there is none, in one sentence.
    pub sentence: String,
    /// Every claim with what became of it, the verdict's first.
    #[serde(default)]
    pub claims: Vec<Judged>,
    /// Every metric that is claimed or shown, the primary first.
    #[serde(default)]
    pub metrics: Vec<MetricSummary>,
    /// Success rate and mean return of each evaluation, by arm and seed.
    pub curves: Vec<Curve>,
}

/// One metric of all arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MetricSummary {
    /// Its name.
    pub metric: String,
    /// What it is, with its unit.
    pub about: String,
    /// Which of two values is better.
    pub direction: Direction,
    /// The arms.
    pub arms: Vec<ArmSummary>,
}

/// The evaluations of one arm and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// Environment steps of training.
    pub steps: Vec<u64>,
    /// Success rate.
    pub success: Vec<f64>,
    /// Mean return.
    #[serde(rename = "return")]
    pub total: Vec<f64>,
}

/// Computes everything from what was recorded.
pub(crate) fn summarize(
    experiment: &Experiment,
    config: &str,
    arms: &[ArmRecord],
) -> Result<Summary, StatsError> {
    let settings = &experiment.settings;
    let measures = measured(settings);
    let primary = &settings.metric.primary;
    let bootstrap = Bootstrap { level: settings.verdict.confidence, ..Bootstrap::default() };
    let results: Vec<Measured<'_>> = arms.iter().map(|arm| Measured { arm, settings }).collect();
    let direction = |name: &str| {
        MetricName::try_from(name.to_owned())
            .map_or(Direction::HigherIsBetter, |metric| metric.direction(&measures))
    };
    let name = primary.to_string();
    let circumstances = Circumstances {
        scale: settings.scale,
        words: &settings.claim,
        primary: &name,
        direction: &direction,
    };
    let claims = std::iter::once(&settings.verdict).chain(&settings.further);
    let claims: Vec<Judged> =
        claims.map(|claim| judge(&circumstances, claim, &results)).collect::<Result<_, _>>()?;
    let reference = settings.verdict.than.as_deref();
    let metric = |metric: MetricName| -> Result<MetricSummary, StatsError> {
        let (name, direction) = (metric.to_string(), metric.direction(&measures));
        let arms = compared(&results, &name, reference, direction, &bootstrap)?;
        Ok(MetricSummary { metric: name, about: metric.about(&measures), direction, arms })
    };
    let metrics: Vec<MetricSummary> = shown(experiment).into_iter().map(metric).collect::<Result<_, _>>()?;
    let mut summaries = metrics[0].arms.clone();
    for (index, numbers) in summaries.iter_mut().enumerate() {
        if primary.is_rate() {
            numbers.optimality_gap = numbers.estimate(&bootstrap, &|scores| optimality_gap(scores, 1.0))?;
        }
        let secondary =
            metrics.iter().filter(|m| settings.metric.secondary.iter().any(|s| s.to_string() == m.metric));
        let means = secondary.filter_map(|m| Some((m.metric.clone(), m.arms[index].mean?.value)));
        numbers.secondary = means.collect();
    }
    Ok(Summary {
        experiment: settings.name.clone(),
        config: config.to_owned(),
        metric: name.clone(),
        confidence: settings.verdict.confidence,
        exploratory: summaries.iter().any(|arm| arm.seeds.len() < FEWEST_SEEDS),
        arms: summaries,
        verdict: claims[0].verdict,
        sentence: claims[0].sentence.clone(),
        claims,
        metrics,
        curves: arms.iter().flat_map(curves).collect(),
    })
}

/// The metrics that are claimed or shown, each once: the primary, the secondary ones, those of claims, and the final
/// value of everything that the environment measures.
fn shown(experiment: &Experiment) -> Vec<MetricName> {
    let settings = &experiment.settings;
    let claimed = settings.further.iter().filter_map(|claim| claim.metric.clone());
    let claimed = claimed.filter_map(|name| MetricName::try_from(name).ok());
    let measured = measured(settings).into_iter().map(|known| MetricName::new(Form::Final, known.name));
    let wanted = std::iter::once(settings.metric.primary.clone());
    let wanted = wanted.chain(settings.metric.secondary.iter().cloned()).chain(claimed).chain(measured);
    let mut metrics: Vec<MetricName> = Vec::new();
    for metric in wanted {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

/// One metric of all arms, each against the reference.
pub(crate) fn compared(
    arms: &[impl Results],
    metric: &str,
    reference: Option<&str>,
    direction: Direction,
    bootstrap: &Bootstrap,
) -> Result<Vec<ArmSummary>, StatsError> {
    let base = reference.and_then(|name| arms.iter().find(|arm| arm.name() == name));
    let base = base.map(|arm| (arm.name(), arm.scores(metric)));
    arms.iter()
        .map(|arm| {
            let base = base.as_ref().filter(|(name, _)| *name != arm.name());
            let base = base.map(|(name, scores)| (*name, scores.as_slice()));
            arm_summary(arm.name(), arm.scores(metric), base, direction, bootstrap)
        })
        .collect()
}

/// The statistics of one arm's scores, and against those of the reference arm, which is given by name.
pub(crate) fn arm_summary(
    arm: &str,
    scores: Vec<(u64, f64)>,
    reference: Option<(&str, &[(u64, f64)])>,
    direction: Direction,
    bootstrap: &Bootstrap,
) -> Result<ArmSummary, StatsError> {
    let comparison = match reference {
        Some((name, base)) => compare(&scores, base, name, direction, bootstrap)?,
        None => None,
    };
    let (seeds, scores): (Vec<u64>, Vec<f64>) = scores.into_iter().unzip();
    let mut numbers = ArmSummary {
        arm: arm.to_owned(),
        seeds,
        scores,
        interquartile_mean: None,
        mean: None,
        optimality_gap: None,
        percentiles: Vec::new(),
        secondary: Vec::new(),
        comparison,
    };
    numbers.interquartile_mean = numbers.estimate(bootstrap, &interquartile_mean)?;
    numbers.mean = numbers.estimate(bootstrap, &mean)?;
    if !numbers.scores.is_empty() {
        let matrix = Scores::single_task(&numbers.scores)?;
        let quantiles = run_quantiles(&matrix, &PERCENTILES.map(|percent| percent / 100.0))?;
        numbers.percentiles = PERCENTILES.into_iter().zip(quantiles).collect();
    }
    Ok(numbers)
}

impl ArmSummary {
    /// A statistic of the scores; none without scores.
    fn estimate(
        &self,
        bootstrap: &Bootstrap,
        statistic: &dyn Fn(&Scores) -> f64,
    ) -> Result<Option<Value>, StatsError> {
        if self.scores.is_empty() {
            return Ok(None);
        }
        value(bootstrap, &Scores::single_task(&self.scores)?, statistic).map(Some)
    }
}

fn curves(arm: &ArmRecord) -> impl Iterator<Item = Curve> + '_ {
    arm.seeds.iter().map(|seed| Curve {
        arm: arm.name.clone(),
        seed: seed.seed,
        steps: seed.curve.iter().map(|point| point.steps).collect(),
        success: seed.curve.iter().map(|point| point.success).collect(),
        total: seed.curve.iter().map(|point| point.total).collect(),
    })
}

/// Scores of the seeds that both have, in the same order.
pub(crate) fn paired(a: &[(u64, f64)], b: &[(u64, f64)]) -> (Vec<f64>, Vec<f64>) {
    a.iter().filter_map(|(seed, x)| b.iter().find(|(other, _)| other == seed).map(|(_, y)| (*x, *y))).unzip()
}

fn compare(
    scores: &[(u64, f64)],
    base: &[(u64, f64)],
    reference: &str,
    direction: Direction,
    bootstrap: &Bootstrap,
) -> Result<Option<Comparison>, StatsError> {
    let (a, b) = paired(scores, base);
    if a.is_empty() {
        return Ok(None);
    }
    let differences = PairedDifferences::of_seeds(&a, &b)?;
    let (x, y) = (Scores::single_task(&a)?, Scores::single_task(&b)?);
    let signs = differences.signs();
    let higher = direction == Direction::HigherIsBetter;
    let (better, worse) = if higher { (&x, &y) } else { (&y, &x) };
    let improvement = if a.len() < 2 {
        Value { value: probability_of_improvement(better, worse)?, interval: None }
    } else {
        bootstrap.estimate_two(better, worse, probability_of_improvement)?.into()
    };
    Ok(Some(Comparison {
        reference: reference.to_owned(),
        paired_difference: value(bootstrap, differences.scores(), &mean)?,
        probability_of_improvement: improvement,
        agreeing: if higher { signs.higher } else { signs.lower },
        pairs: a.len(),
    }))
}

/// The better score of each seed that both have.
pub(crate) fn better_of(a: &[(u64, f64)], b: &[(u64, f64)], higher: bool) -> Vec<(u64, f64)> {
    let pick = |x: f64, y: f64| if higher { x.max(y) } else { x.min(y) };
    let of = |(seed, x): &(u64, f64)| {
        b.iter().find(|(other, _)| other == seed).map(|(_, y)| (*seed, pick(*x, *y)))
    };
    a.iter().filter_map(of).collect()
}

/// A statistic with its interval; without one below two seeds.
pub(crate) fn value(
    bootstrap: &Bootstrap,
    scores: &Scores,
    statistic: &dyn Fn(&Scores) -> f64,
) -> Result<Value, StatsError> {
    if scores.runs() < 2 {
        return Ok(Value { value: statistic(scores), interval: None });
    }
    Ok(bootstrap.estimate(scores, statistic)?.into())
}

impl From<Estimate> for Value {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, interval: Some((estimate.interval.low, estimate.interval.high)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_two_arms_is_taken_seed_by_seed() {
        let (a, b) = ([(0, 0.2), (1, 0.9), (2, 0.5)], [(1, 0.4), (0, 0.3), (7, 1.0)]);
        assert_eq!(better_of(&a, &b, true), [(0, 0.3), (1, 0.9)]);
        assert_eq!(better_of(&a, &b, false), [(0, 0.2), (1, 0.4)]);
    }
}
