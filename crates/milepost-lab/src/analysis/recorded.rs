//! What the logs of a run say, arm by arm and seed by seed.

use milepost_algorithms::ChannelTotal;

use crate::claim::Results;
use crate::config::{BudgetUnit, Form, LENGTH, MetricName, RETURN, SUCCESS, Settings};
use crate::measures::measured;
use crate::record::directory::{Done, read_json};
use crate::record::event::{Activity, Event, Teacher, Timing, WarmStart};
use crate::record::trace::TraceRecord;
use crate::record::{RecordError, RunDirectory, log};

/// One finished arm and seed.
#[derive(Debug, Clone)]
pub(crate) struct SeedRecord {
    /// The seed.
    pub(crate) seed: u64,
    /// What was imitated before training.
    pub(crate) warm_start: Option<WarmStart>,
    /// The teacher that the method distils from.
    pub(crate) teacher: Option<Teacher>,
    /// The evaluations, in order.
    pub(crate) curve: Vec<Point>,
    /// The iterations, in order.
    pub(crate) iterations: Vec<Ledger>,
    /// Tokens drawn for training, those that a sampler threw away included.
    pub(crate) tokens: u64,
    /// Counters, summed over iterations.
    pub(crate) counters: Vec<(String, u64)>,
    /// Numbers of the loop: of each its sum over the iterations that report it, and how many they are.
    pub(crate) statistics: Vec<(String, f64, u64)>,
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
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// What was spent before it, in the unit of the budget.
    pub(crate) steps: u64,
    /// Success rate.
    pub(crate) success: f64,
    /// Mean return.
    pub(crate) total: f64,
    /// Mean length of an episode.
    pub(crate) length: f64,
    /// The environment's own measures, each the mean over the episodes in which it is defined.
    pub(crate) measures: Vec<(String, Option<f64>)>,
}

impl Point {
    /// A quantity, if this evaluation has it.
    pub(crate) fn quantity(&self, of: &str) -> Option<f64> {
        match of {
            SUCCESS => Some(self.success),
            RETURN => Some(self.total),
            LENGTH => Some(self.length),
            _ => self.measures.iter().find(|(name, _)| name == of)?.1,
        }
    }
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
    let mut arms: Vec<ArmRecord> = experiment.arms.iter().map(read_arm).collect::<Result<_, _>>()?;
    name_counters(&mut arms);
    Ok(arms)
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
        teacher: None,
        curve: Vec::new(),
        iterations: Vec::new(),
        tokens: 0,
        counters: Vec::new(),
        statistics: Vec::new(),
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
            Event::Teacher(teacher) => record.teacher = Some(teacher),
            Event::Evaluation(evaluation) => record.curve.push(Point {
                steps: match unit {
                    BudgetUnit::EnvironmentSteps => evaluation.steps,
                    BudgetUnit::DrawnTokens => evaluation.tokens,
                },
                success: evaluation.success(),
                total: evaluation.mean_return(),
                length: evaluation.mean_length(),
                measures: evaluation.measures.iter().map(|m| (m.name.clone(), m.mean)).collect(),
            }),
            Event::Iteration(iteration) => {
                add_counters(&mut record.counters, &iteration.counters);
                add_statistics(&mut record.statistics, &iteration.metrics);
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

fn add_statistics(sums: &mut Vec<(String, f64, u64)>, metrics: &[(String, Option<f64>)]) {
    for (name, value) in metrics {
        let Some(value) = value else { continue };
        match sums.iter_mut().find(|(known, ..)| known == name) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1),
            None => sums.push((name.clone(), *value, 1)),
        }
    }
}

/// A count that some run of the matrix reports is 0 in those that do not: what never happened is not reported.
pub(crate) fn name_counters(arms: &mut [ArmRecord]) {
    let mut names: Vec<(String, u64)> = Vec::new();
    for seed in arms.iter().flat_map(|arm| &arm.seeds) {
        let zeros: Vec<(String, u64)> = seed.counters.iter().map(|(name, _)| (name.clone(), 0)).collect();
        add_counters(&mut names, &zeros);
    }
    for seed in arms.iter_mut().flat_map(|arm| &mut arm.seeds) {
        add_counters(&mut seed.counters, &names);
    }
}

/// The finished seeds of an arm, with what they are measured by.
pub(crate) struct Measured<'a> {
    pub(crate) arm: &'a ArmRecord,
    pub(crate) settings: &'a Settings,
}

impl Results for Measured<'_> {
    fn name(&self) -> &str {
        &self.arm.name
    }

    fn results(&self, metric: &str) -> Vec<(u64, Result<f64, String>)> {
        let name = MetricName::try_from(metric.to_owned());
        let result = |seed: &SeedRecord| {
            let name = name.as_ref().map_err(Clone::clone)?;
            seed.metric(name, self.settings).ok_or_else(|| format!("{name} was never reported"))
        };
        self.arm.seeds.iter().map(|seed| (seed.seed, result(seed))).collect()
    }
}

impl SeedRecord {
    /// One of the metrics. `None` without evaluations, and where it is not defined.
    pub(crate) fn metric(&self, name: &MetricName, settings: &Settings) -> Option<f64> {
        let height = |point: &Point| point.quantity(name.of());
        let last = || self.curve.last().and_then(height);
        let heights = || self.curve.iter().filter_map(height);
        let higher = name.quantity_is_better_higher(&measured(settings));
        let peak = || heights().reduce(if higher { f64::max } else { f64::min });
        match name.form() {
            Form::Final => last(),
            Form::AreaUnder => self.area(height),
            Form::Peak => peak(),
            Form::Lost => Some((peak()? - last()?).abs()),
            Form::StepsTo => {
                let last = self.curve.last()?;
                let reached = self.curve.iter().find(|p| p.success >= settings.metric.threshold);
                let spent = reached.map_or(settings.budget.amount().max(last.steps), |point| point.steps);
                Some(spent as f64)
            }
            Form::Training => self.statistic(name.of()),
        }
    }

    /// The mean over iterations of a number or count of the loop.
    fn statistic(&self, name: &str) -> Option<f64> {
        let number = self.statistics.iter().find(|(known, ..)| known == name);
        let number = number.map(|(_, sum, count)| sum / *count as f64);
        let iterations = self.iterations.len();
        let count = || self.counters.iter().find(|(known, _)| known == name);
        number.or_else(|| (iterations > 0).then(count).flatten().map(|(_, n)| *n as f64 / iterations as f64))
    }

    /// Area under the curve by the trapezoid rule, divided by its length, over the points that have a height.
    fn area(&self, height: impl Fn(&Point) -> Option<f64>) -> Option<f64> {
        let points: Vec<(u64, f64)> = self.curve.iter().filter_map(|p| Some((p.steps, height(p)?))).collect();
        let length: u64 = points.windows(2).map(|pair| pair[1].0 - pair[0].0).sum();
        if length == 0 {
            return points.last().map(|point| point.1);
        }
        let trapezoid = |pair: &[(u64, f64)]| (pair[1].0 - pair[0].0) as f64 * 0.5 * (pair[0].1 + pair[1].1);
        Some(points.windows(2).map(trapezoid).sum::<f64>() / length as f64)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{Request, load};

    /// A seed with these success rates, its returns their negatives.
    pub(in super::super) fn seed(seed: u64, points: &[(u64, f64)]) -> SeedRecord {
        let curve = points
            .iter()
            .map(|&(steps, success)| Point {
                steps,
                success,
                total: -success,
                length: 1.0,
                measures: vec![("f1".into(), (success > 0.0).then_some(1.0 - success))],
            })
            .collect();
        SeedRecord {
            seed,
            warm_start: None,
            teacher: None,
            curve,
            iterations: Vec::new(),
            tokens: 0,
            counters: Vec::new(),
            statistics: Vec::new(),
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

    fn settings() -> Settings {
        let request = Request { experiment: "quickstart".into(), ..Request::default() };
        let mut settings = load(&request).expect("valid").settings;
        settings.budget.environment_steps = Some(300);
        settings.metric.threshold = 0.9;
        settings
    }

    #[test]
    fn metrics_follow_from_the_curve() {
        let settings = settings();
        let record = seed(0, &[(0, 0.0), (100, 0.5), (300, 1.0)]);
        let of = |record: &SeedRecord, name: &str| {
            record.metric(&MetricName::try_from(name.to_owned()).expect("a metric"), &settings)
        };
        let metric = |name| of(&record, name).expect("a curve");
        assert!((metric("area-under-success") - (25.0 + 150.0) / 300.0).abs() < 1e-12);
        assert_eq!(metric("final-success"), 1.0);
        assert_eq!(metric("final-return"), -1.0);
        assert_eq!(metric("steps-to-success"), 300.0);
        assert_eq!((metric("peak-return"), metric("lost-return")), (0.0, 1.0));
        assert_eq!(metric("final-length"), 1.0);
        // Where it is defined: 0.5 at 100 and 0 at 300.
        assert_eq!((metric("area-under-f1"), metric("peak-f1"), metric("lost-f1")), (0.25, 0.5, 0.5));
        let never = seed(0, &[(0, 0.0), (310, 0.5)]);
        assert_eq!(of(&never, "steps-to-success"), Some(310.0));
        assert_eq!(of(&seed(0, &[]), "final-success"), None);
    }

    #[test]
    fn statistics_of_training_are_means_over_iterations_and_counts_that_others_report_are_zero() {
        let settings = settings();
        let ledger = Ledger { steps: 0, channels: Vec::new(), combined: None, episodes: (0, 0.0) };
        let with = |index: u64, counters: &[(&str, u64)]| SeedRecord {
            iterations: vec![ledger.clone(); 4],
            counters: counters.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
            statistics: vec![("entropy".into(), 3.0, 2)],
            ..seed(index, &[])
        };
        let arm = |name: &str, seeds| ArmRecord { name: name.into(), about: String::new(), seeds };
        let mut arms = [arm("a", vec![with(0, &[("dropped", 6)])]), arm("b", vec![with(0, &[])])];
        name_counters(&mut arms);
        let scores = |arm: &ArmRecord, metric: &str| Measured { arm, settings: &settings }.scores(metric);
        assert_eq!(scores(&arms[0], "training-dropped"), [(0, 1.5)]);
        assert_eq!(scores(&arms[1], "training-dropped"), [(0, 0.0)]);
        assert_eq!(scores(&arms[0], "training-entropy"), [(0, 1.5)]);
        let unknown = Measured { arm: &arms[0], settings: &settings }.results("training-nothing");
        assert!(unknown[0].1.as_ref().expect_err("never reported").contains("training-nothing"));
    }
}
