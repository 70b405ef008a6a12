//! What the logs of a run say, arm by arm and seed by seed.

use milepost_algorithms::ChannelTotal;

use crate::config::{BudgetUnit, MetricConfig, MetricName};
use crate::record::directory::{Done, read_json};
use crate::record::event::{Activity, Event, Timing, WarmStart};
use crate::record::trace::TraceRecord;
use crate::record::{RecordError, RunDirectory, log};

/// One finished arm and seed.
#[derive(Debug, Clone)]
pub(crate) struct SeedRecord {
    /// The seed.
    pub(crate) seed: u64,
    /// What was imitated before training.
    pub(crate) warm_start: Option<WarmStart>,
    /// The evaluations, in order.
    pub(crate) curve: Vec<Point>,
    /// The iterations, in order.
    pub(crate) iterations: Vec<Ledger>,
    /// Tokens drawn for training, those that a sampler threw away included.
    pub(crate) tokens: u64,
    /// Counters, summed over iterations.
    pub(crate) counters: Vec<(String, u64)>,
    /// Environment steps and seconds of training.
    pub(crate) training: (u64, f64),
    /// Environment steps and seconds of evaluation.
    pub(crate) evaluation: (u64, f64),
    /// Bytes of the logs that a crash left half-written.
    pub(crate) cut: u64,
    /// How it ended.
    pub(crate) done: Done,
    /// The recorded trajectory.
    pub(crate) trace: TraceRecord,
}

/// One evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// What was spent before it, in the unit of the budget.
    pub(crate) steps: u64,
    /// Success rate.
    pub(crate) success: f64,
    /// Mean return.
    pub(crate) total: f64,
}

/// What was paid in one iteration.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// What was spent so far, in the unit of the budget.
    pub(crate) steps: u64,
    /// The channels.
    pub(crate) channels: Vec<ChannelTotal>,
    /// Sum of the combined reward.
    pub(crate) combined: Option<f64>,
    /// Number of episodes that ended, and the sum of their returns.
    pub(crate) episodes: (usize, f64),
}

/// All finished seeds of one arm.
#[derive(Debug, Clone)]
pub(crate) struct ArmRecord {
    /// The arm.
    pub(crate) name: String,
    /// What it is, in words.
    pub(crate) about: String,
    /// Its finished seeds.
    pub(crate) seeds: Vec<SeedRecord>,
}

/// Reads all finished arms and seeds of a run.
pub(crate) fn read(run: &RunDirectory) -> Result<Vec<ArmRecord>, RecordError> {
    let experiment = run.experiment();
    let read_arm = |arm: &crate::config::Arm| {
        let seeds = (0..experiment.settings.seeds)
            .filter(|seed| run.task(&arm.name, *seed).is_done())
            .map(|seed| read_seed(run, &arm.name, seed))
            .collect::<Result<_, _>>()?;
        Ok(ArmRecord { name: arm.name.clone(), about: arm.about.clone(), seeds })
    };
    experiment.arms.iter().map(read_arm).collect()
}

fn read_seed(run: &RunDirectory, arm: &str, seed: u64) -> Result<SeedRecord, RecordError> {
    let folder = run.task(arm, seed);
    let events: log::Log<Event> = log::read(&folder.events())?;
    if events.header.config != run.meta().config {
        let reason =
            "it belongs to a run of another configuration; remove this arm and seed's folder and resume";
        return Err(RecordError::Mismatch { path: folder.events(), reason: reason.into() });
    }
    let timing: log::Log<Timing> = log::read(&folder.timing())?;
    let mut record = SeedRecord {
        seed,
        warm_start: None,
        curve: Vec::new(),
        iterations: Vec::new(),
        tokens: 0,
        counters: Vec::new(),
        training: (0, 0.0),
        evaluation: (0, 0.0),
        cut: events.cut + timing.cut,
        done: read_json(&folder.done())?,
        trace: read_json(&folder.traces())?,
    };
    let (unit, mut charged) = (run.experiment().settings.budget.unit(), 0);
    for event in events.lines {
        match event {
            Event::WarmStart(warm_start) => {
                charged = warm_start.charged;
                record.warm_start = Some(warm_start);
            }
            Event::Evaluation(evaluation) => record.curve.push(Point {
                steps: match unit {
                    BudgetUnit::EnvironmentSteps => evaluation.steps,
                    BudgetUnit::DrawnTokens => evaluation.tokens,
                },
                success: evaluation.success(),
                total: evaluation.mean_return(),
            }),
            Event::Iteration(iteration) => {
                add_counters(&mut record.counters, &iteration.counters);
                record.tokens += iteration.tokens;
                let combined = iteration.metrics.iter().find(|(name, _)| name == "combined_reward");
                record.iterations.push(Ledger {
                    steps: match unit {
                        BudgetUnit::EnvironmentSteps => iteration.steps,
                        BudgetUnit::DrawnTokens => charged + record.tokens,
                    },
                    combined: combined.and_then(|(_, value)| *value),
                    episodes: (
                        iteration.episodes.len(),
                        iteration.episodes.iter().map(|episode| episode.environment_return).sum(),
                    ),
                    channels: iteration.channels,
                });
            }
        }
    }
    for line in timing.lines {
        let (steps, seconds) = match line.activity {
            Activity::Training => &mut record.training,
            Activity::Evaluation => &mut record.evaluation,
        };
        *steps += line.steps;
        *seconds += line.seconds;
    }
    Ok(record)
}

/// Adds counts to counts of the same name.
pub(crate) fn add_counters(totals: &mut Vec<(String, u64)>, counts: &[(String, u64)]) {
    for (name, count) in counts {
        match totals.iter_mut().find(|(total, _)| total == name) {
            Some((_, total)) => *total += count,
            None => totals.push((name.clone(), *count)),
        }
    }
}

impl SeedRecord {
    /// One of the metrics. `None` without evaluations.
    pub(crate) fn metric(&self, name: MetricName, config: &MetricConfig, budget: u64) -> Option<f64> {
        let last = self.curve.last()?;
        Some(match name {
            MetricName::AreaUnderSuccess => self.area(|point| point.success),
            MetricName::AreaUnderReturn => self.area(|point| point.total),
            MetricName::FinalSuccess => last.success,
            MetricName::FinalReturn => last.total,
            MetricName::StepsToSuccess => {
                let reached = self.curve.iter().find(|point| point.success >= config.threshold);
                reached.map_or(budget.max(last.steps), |point| point.steps) as f64
            }
        })
    }

    /// Area under the curve by the trapezoid rule, divided by its length.
    fn area(&self, height: impl Fn(&Point) -> f64) -> f64 {
        let length: u64 = self.curve.windows(2).map(|pair| pair[1].steps - pair[0].steps).sum();
        if length == 0 {
            return self.curve.last().map_or(f64::NAN, height);
        }
        let area: f64 = self
            .curve
            .windows(2)
            .map(|pair| (pair[1].steps - pair[0].steps) as f64 * 0.5 * (height(&pair[0]) + height(&pair[1])))
            .sum();
        area / length as f64
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A seed with these success rates, its returns their negatives.
    pub(in super::super) fn seed(seed: u64, points: &[(u64, f64)]) -> SeedRecord {
        let curve =
            points.iter().map(|&(steps, success)| Point { steps, success, total: -success }).collect();
        SeedRecord {
            seed,
            warm_start: None,
            curve,
            iterations: Vec::new(),
            tokens: 0,
            counters: Vec::new(),
            training: (0, 0.0),
            evaluation: (0, 0.0),
            cut: 0,
            done: Done { config: String::new(), iterations: 0, steps: 0, overflows: 0 },
            trace: TraceRecord {
                task: 0,
                ending: String::new(),
                success: false,
                length: 0,
                channels: Vec::new(),
                steps: Vec::new(),
                frames: Vec::new(),
                no_exact_values: None,
            },
        }
    }

    #[test]
    fn metrics_follow_from_the_curve() {
        let config = MetricConfig { primary: MetricName::FinalReturn, secondary: Vec::new(), threshold: 0.9 };
        let record = seed(0, &[(0, 0.0), (100, 0.5), (300, 1.0)]);
        let metric = |name| record.metric(name, &config, 300).expect("a curve");
        assert!((metric(MetricName::AreaUnderSuccess) - (25.0 + 150.0) / 300.0).abs() < 1e-12);
        assert_eq!(metric(MetricName::FinalSuccess), 1.0);
        assert_eq!(metric(MetricName::FinalReturn), -1.0);
        assert_eq!(metric(MetricName::StepsToSuccess), 300.0);
        let never = seed(0, &[(0, 0.0), (310, 0.5)]);
        assert_eq!(never.metric(MetricName::StepsToSuccess, &config, 300), Some(310.0));
        assert_eq!(seed(0, &[]).metric(MetricName::FinalSuccess, &config, 300), None);
    }
}
