//! Do implicit process rewards say which step was good, and do they go on saying it as the policy moves?
//!
//! PRIME (arXiv 2502.01456) and iStar (arXiv 2509.19199) train a second policy on outcomes and pay its log-ratio to a
//! reference for every token or action. Here such a model is trained beside the policy in worlds where every step has
//! a truth that only evaluation reads: the values of a scratchpad, and the fewest steps to the goal of a box-pushing
//! level.

mod worlds;

use milepost_algorithms::{Agent, IterationReport, MethodConfig, Trainer};
use milepost_core::{ParameterCheck, TaskSeed};
use milepost_eval::classification::auroc;
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

pub use worlds::ImplicitWorld;
use worlds::Truth;

use crate::{Context, Measured, Metric, Recorder, Study, StudyError};

/// One method in one world, and what its implicit rewards are worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImplicitRewards {
    /// Where, and from which policy.
    pub world: ImplicitWorld,
    /// The method. Its reward model, if it has one, writes `channel`.
    pub method: MethodConfig,
    /// The channel of implicit rewards.
    #[serde(default = "process")]
    pub channel: String,
    /// Iterations.
    pub iterations: u64,
    /// Iterations at the start that are not compared with the end: those in which a frozen model is taught, the same
    /// for all arms.
    #[serde(default)]
    pub teaching: u64,
    /// Iterations between evaluations.
    pub evaluate_every: u64,
    /// Held-out tasks of an evaluation.
    pub tasks: u64,
    /// Episodes on each of them.
    #[serde(default = "four")]
    pub episodes: usize,
    /// The share of successes that `episodes-to-success` waits for. Default 0.3.
    #[serde(default = "three_tenths")]
    pub threshold: f64,
}

fn process() -> String {
    "process".to_owned()
}

const fn four() -> usize {
    4
}

const fn three_tenths() -> f64 {
    0.3
}

const METRICS: [Metric; 9] = [
    Metric::higher("final-success", "Share of held-out episodes that succeed at the end."),
    Metric::higher("area-under-success", "Mean of that share over all evaluations."),
    Metric::lower(
        "episodes-to-success",
        "Episodes of training before the first evaluation at which that share is at least `threshold`; all of them, \
         and counted, where it never is.",
    ),
    Metric::higher(
        "fresh-accuracy",
        "Share of new trajectories that the reward model calls right or wrong as they are, before it learns from \
         them; mean of the last fifth of the iterations.",
    ),
    Metric::higher("fresh-pairs", "Share of new pairs of a group that it orders rightly; mean likewise."),
    Metric::lower(
        "accuracy-lost",
        "Fresh accuracy of the first fifth of the iterations after the teaching, less that of the last fifth.",
    ),
    Metric::higher(
        "score-gain",
        "Mean sum of a new trajectory's implicit rewards over the last fifth of the iterations, less that over the first \
         fifth after the teaching. A gain without one in success is a reward model that is exploited.",
    ),
    Metric::higher(
        "success-gain",
        "Share of held-out episodes that succeed at the end, less that before training.",
    ),
    Metric::higher(
        "step-auroc",
        "Probability that a good step is paid more than a bad one, as the loop would pay at the end.",
    ),
];

impl Study for ImplicitRewards {
    fn metrics(&self) -> Vec<Metric> {
        METRICS.to_vec()
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("implicit-rewards");
        check.that(self.iterations >= 5, "iterations", self.iterations, "at least 5")?;
        let left = self.iterations - self.iterations / 5;
        check.that(
            self.teaching < left,
            "teaching",
            self.teaching,
            "before the last fifth of the iterations",
        )?;
        check.that(self.evaluate_every > 0, "evaluate-every", self.evaluate_every, "at least 1")?;
        check.that(self.tasks > 0, "tasks", self.tasks, "at least 1")?;
        check.that(self.episodes > 0, "episodes", self.episodes, "at least 1")?;
        let share = self.threshold > 0.0 && self.threshold <= 1.0;
        check.that(share, "threshold", self.threshold, "above 0 and at most 1")?;
        self.method.validate().map_err(StudyError::part("the method"))?;
        self.world.validate()
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        match &self.world {
            ImplicitWorld::ArithChain { task, network, tokens, warm_start, oracle } => {
                let oracle = oracle.as_deref();
                let (truth, trainer) = worlds::chains(
                    task,
                    network,
                    tokens,
                    warm_start,
                    oracle,
                    &self.method,
                    device,
                    context.seed,
                )?;
                self.follow(&truth, trainer, context.seed, recorder)
            }
            ImplicitWorld::BoxPushing { task, network, warm_start } => {
                let (truth, trainer) =
                    worlds::boxes(task, network, warm_start, &self.method, device, context.seed)?;
                self.follow(&truth, trainer, context.seed, recorder)
            }
        }
    }
}

/// What an evaluation finds.
struct Found {
    success: f64,
    /// Whether each judged step is good, and what it is paid.
    steps: (Vec<bool>, Vec<f64>),
}

impl ImplicitRewards {
    /// Trains, evaluates, reports.
    fn follow<A: Agent, T: Truth<A::Observation>>(
        &self,
        truth: &T,
        mut trainer: Trainer<A>,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<(), StudyError> {
        let (mut accuracy, mut pairs, mut scores) = (Vec::new(), Vec::new(), Vec::new());
        let mut successes = Vec::new();
        let (mut episodes, mut reached) = (0_usize, None);
        let mut found = self.evaluate(truth, &mut trainer, seed)?;
        for iteration in 0..=self.iterations {
            recorder.advance(iteration, self.iterations)?;
            if iteration % self.evaluate_every == 0 || iteration == self.iterations {
                found = self.evaluate(truth, &mut trainer, seed)?;
                successes.push(found.success);
                if found.success >= self.threshold {
                    reached = reached.or(Some(episodes));
                }
                let costs = [("episodes", episodes as f64), ("iterations", iteration as f64)];
                let known = |name, numbers: &Vec<(u64, f64)>| numbers.last().map(|(_, value)| (name, *value));
                let values: Vec<(&str, f64)> = std::iter::once(("success", found.success))
                    .chain(found.auroc().map(|auroc| ("step-auroc", auroc)))
                    .chain(known("fresh-accuracy", &accuracy))
                    .chain(known("fresh-pairs", &pairs))
                    .chain(known("reward-mean", &scores))
                    .collect();
                recorder.point(&costs, &values)?;
            }
            if iteration < self.iterations {
                let report = trainer.iterate().map_err(StudyError::part("training"))?;
                episodes += report.episodes.len();
                accuracy.extend(self.metric(&report, "outcome_accuracy").map(|value| (iteration, value)));
                pairs.extend(self.metric(&report, "pair_accuracy").map(|value| (iteration, value)));
                scores.extend(self.metric(&report, "reward_mean").map(|value| (iteration, value)));
                for (name, times) in &report.counters {
                    if name == "policy_waited" || name.starts_with(&self.channel) {
                        recorder.count(name, *times);
                    }
                }
            }
        }
        recorder.result("final-success", found.success.into())?;
        let area = successes.iter().sum::<f64>() / successes.len() as f64;
        recorder.result("area-under-success", area.into())?;
        recorder.count("runs that stay below the threshold", u64::from(reached.is_none()));
        recorder.result("episodes-to-success", (reached.unwrap_or(episodes) as f64).into())?;
        let [early, late] = self.ends(&accuracy);
        recorder.result("fresh-accuracy", late.clone())?;
        let [_, late_pairs] = self.ends(&pairs);
        recorder.result("fresh-pairs", late_pairs)?;
        recorder.result("accuracy-lost", change([late, early]))?;
        recorder.result("score-gain", change(self.ends(&scores)))?;
        recorder.result("success-gain", (found.success - successes[0]).into())?;
        let auroc = found.auroc().ok_or("no implicit rewards, or all judged steps are of one kind");
        recorder.result("step-auroc", auroc.into())
    }

    /// Means over the first fifth of the iterations after the teaching, and over the last fifth.
    fn ends(&self, numbers: &[(u64, f64)]) -> [Measured; 2] {
        let fifth = self.iterations / 5;
        let early = self.teaching..self.teaching + fifth;
        [early, self.iterations - fifth..self.iterations].map(|iterations| mean(numbers, iterations))
    }

    fn metric(&self, report: &IterationReport, name: &str) -> Option<f64> {
        let wanted = format!("{}.{name}", self.channel);
        report.metrics.iter().find(|(known, _)| *known == wanted).map(|(_, value)| *value)
    }

    /// Episodes of the current policy on held-out tasks, paid as the loop would pay them: a model that learns before it
    /// scores does so here too, and forgets it.
    fn evaluate<A: Agent, T: Truth<A::Observation>>(
        &self,
        truth: &T,
        trainer: &mut Trainer<A>,
        seed: u64,
    ) -> Result<Found, StudyError> {
        let (mut won, mut played) = (0, 0);
        let mut steps = (Vec::new(), Vec::new());
        for index in 0..self.tasks {
            let traces = trainer.trace(TaskSeed::evaluation(seed, index), self.episodes);
            for trace in traces.map_err(StudyError::part("evaluation"))? {
                played += 1;
                won += usize::from(trace.trajectory.ending.is_success());
                for (good, paid) in truth.steps(&trace.trajectory, &self.channel)? {
                    steps.0.push(good);
                    steps.1.push(paid);
                }
            }
        }
        Ok(Found { success: won as f64 / f64::from(played.max(1)), steps })
    }
}

impl Found {
    /// `None` where nothing is paid or all steps are of one kind.
    fn auroc(&self) -> Option<f64> {
        auroc(&self.steps.0, &self.steps.1).ok()
    }
}

/// How much larger the second is than the first.
fn change(ends: [Measured; 2]) -> Measured {
    match ends {
        [Measured::Value(from), Measured::Value(to)] => (to - from).into(),
        [undefined @ Measured::Undefined(_), _] | [_, undefined] => undefined,
    }
}

/// The mean over some iterations.
fn mean(numbers: &[(u64, f64)], iterations: std::ops::Range<u64>) -> Measured {
    let chosen: Vec<f64> =
        numbers.iter().filter(|(at, _)| iterations.contains(at)).map(|(_, value)| *value).collect();
    if chosen.is_empty() {
        return Measured::Undefined("there is no reward model, or nothing for it to be right about".into());
    }
    Measured::from(chosen.iter().sum::<f64>() / chosen.len() as f64)
}

#[cfg(test)]
mod tests;
