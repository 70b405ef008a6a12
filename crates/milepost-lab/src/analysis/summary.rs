//! The numbers of a run: per arm with intervals, per comparison with the reference, and the verdict.

use milepost_eval::aggregate::{
    interquartile_mean, mean, optimality_gap, probability_of_improvement, run_quantiles,
};
use milepost_eval::verdict::Direction;
use milepost_eval::{Bootstrap, Estimate, PairedDifferences, Scores, StatsError, Verdict, VerdictRule};
use serde::{Deserialize, Serialize};

use super::recorded::ArmRecord;
use crate::config::{Experiment, MetricName, Scale};

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
    /// Success rate and mean return of each evaluation, by arm and seed.
    pub curves: Vec<Curve>,
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
    let primary = settings.metric.primary;
    let direction = direction(primary);
    let reference = &settings.verdict.than;
    let bootstrap = Bootstrap { level: settings.verdict.confidence, ..Bootstrap::default() };
    let scores_of = |arm: &ArmRecord, metric: MetricName| -> Vec<(u64, f64)> {
        let budget = settings.budget.amount();
        let score = |seed: &super::recorded::SeedRecord| {
            Some((seed.seed, seed.metric(metric, &settings.metric, budget)?))
        };
        arm.seeds.iter().filter_map(score).collect()
    };
    let reference_scores = arms.iter().find(|arm| &arm.name == reference).map(|arm| scores_of(arm, primary));
    let mut summaries = Vec::with_capacity(arms.len());
    let rate = matches!(primary, MetricName::AreaUnderSuccess | MetricName::FinalSuccess);
    for arm in arms {
        let base = reference_scores.as_ref().filter(|_| &arm.name != reference);
        let base = base.map(|scores| (reference.as_str(), scores.as_slice()));
        let mut numbers = arm_summary(&arm.name, scores_of(arm, primary), base, direction, &bootstrap)?;
        if rate {
            numbers.optimality_gap = numbers.estimate(&bootstrap, &|scores| optimality_gap(scores, 1.0))?;
        }
        let secondary = settings.metric.secondary.iter().filter_map(|metric| {
            let scores = scores_of(arm, *metric);
            let count = scores.len() as f64;
            let total: f64 = scores.into_iter().map(|(_, score)| score).sum();
            (count > 0.0).then(|| (metric.name().to_owned(), total / count))
        });
        numbers.secondary = secondary.collect();
        summaries.push(numbers);
    }
    let (verdict, sentence) = judge(experiment, &summaries, &bootstrap)?;
    Ok(Summary {
        experiment: settings.name.clone(),
        config: config.to_owned(),
        metric: primary.name().to_owned(),
        confidence: settings.verdict.confidence,
        exploratory: summaries.iter().any(|arm| arm.seeds.len() < FEWEST_SEEDS),
        arms: summaries,
        verdict,
        sentence,
        curves: arms.iter().flat_map(curves).collect(),
    })
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

const fn direction(metric: MetricName) -> Direction {
    if metric.higher_is_better() { Direction::HigherIsBetter } else { Direction::LowerIsBetter }
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

fn judge(
    experiment: &Experiment,
    arms: &[ArmSummary],
    bootstrap: &Bootstrap,
) -> Result<(Option<Verdict>, String), StatsError> {
    let settings = &experiment.settings;
    let rule = &settings.verdict;
    if settings.scale == Scale::Smoke {
        return Ok((None, "no verdict: the smoke scale only shows that the machinery runs".into()));
    }
    let scores = |name: &str| -> Vec<(u64, f64)> {
        let arm = arms.iter().find(|arm| arm.arm == name);
        arm.map_or_else(Vec::new, |arm| arm.seeds.iter().copied().zip(arm.scores.iter().copied()).collect())
    };
    let higher = settings.metric.primary.higher_is_better();
    let best = |first: &String, others: &[String]| {
        let mut of_seeds = scores(first);
        for other in others {
            of_seeds = better_of(&of_seeds, &scores(other), higher);
        }
        of_seeds
    };
    let side = |first: &String, others: &[String]| match others {
        [] => first.clone(),
        others => format!("the best of {first}, {}", others.join(", ")),
    };
    let (better, than) = (side(&rule.better, &rule.better_or), side(&rule.than, &rule.than_or));
    let (a, b) = paired(&best(&rule.better, &rule.better_or), &best(&rule.than, &rule.than_or));
    if a.is_empty() {
        let sentence = format!("no verdict: {better} and {than} have no finished seed in common");
        return Ok((None, sentence));
    }
    let verdict_rule = VerdictRule {
        level: rule.confidence,
        agree: rule.agree as usize,
        of: rule.of as usize,
        minimum_seeds: FEWEST_SEEDS,
        direction: direction(settings.metric.primary),
    };
    let verdict = verdict_rule.judge(&PairedDifferences::of_seeds(&a, &b)?, bootstrap)?;
    let sentence = format!("{better} over {than}, {}: {verdict}", settings.metric.primary.name());
    Ok((Some(verdict), sentence))
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
