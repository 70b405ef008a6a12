//! How noisy is credit for a step, and its gradient, when whole trajectories are compared instead of candidates for
//! that step?
//!
//! SLATE's theorem (arXiv 2602.23440): with the same rewards, independent given the prefix and of equal variance, the
//! mean-baselined advantage of a step has `T` times the variance when trajectories of `T` steps are compared. Here a
//! fixed random policy plays look-up questions; a judge whose parts are random with probability `noise` rates every
//! step. Nothing is trained.

mod gradient;

use milepost_algorithms::sampling::judge::{Each, Judge, JudgeError, Noisy, Panel, StepQuery, Verdict};
use milepost_algorithms::sampling::table::TablePolicy;
use milepost_algorithms::sampling::tree::{ByTrial, STEP_VALUE, TreeRollout};
use milepost_algorithms::sampling::{
    ContextRule, RatedGroups, SamplerSettings, StepTree, TokenRollout, TokenSampler,
};
use milepost_core::{Environment, ParameterCheck, Probe, TaskSeed, TokenEnvironment};
use milepost_taskworlds::lookup::{LookupAction, LookupConfig, LookupProbe, LookupQa};
use serde::{Deserialize, Serialize};

use crate::{Context, Measured, Metric, Recorder, Study, StudyError};
use gradient::Moments;

/// One judge on one length of questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct StepVariance {
    /// Relations to follow. Default 3.
    pub hops: u32,
    /// The most turns. Default 4.
    pub turns: u32,
    /// Candidates of a step, and trajectories of a group. Default 5.
    pub candidates: u32,
    /// Questions: one prefix each, the question itself. Default 2000.
    pub questions: u32,
    /// Probability that a part of the judge's verdict is any of −1, 0 and 1. Default 0.2.
    pub noise: f64,
    /// Tokens that the policy reads. Default 2.
    pub order: u32,
    /// Standard deviation of its logits. Default 1.
    pub spread: f64,
}

impl Default for StepVariance {
    fn default() -> Self {
        Self { hops: 3, turns: 4, candidates: 5, questions: 2000, noise: 0.2, order: 2, spread: 1.0 }
    }
}

/// A part of the oracle's verdict: of the thought, or of the act.
#[derive(Debug, Clone, Copy)]
enum Part {
    Thought,
    Act,
}

impl Judge<StepQuery<'_, LookupQa>> for Part {
    fn judge(&mut self, query: &StepQuery<'_, LookupQa>) -> Verdict {
        let mut after = query.environment.clone();
        if after.step(&query.turn.to_vec()).is_err() {
            return Verdict::ABSTAIN;
        }
        Verdict::of(match (&self, after.events().last().map(|event| &event.action)) {
            (Self::Thought, _) => LookupProbe::Thought.read(&after),
            (Self::Act, Some(LookupAction::Search { .. } | LookupAction::Malformed { .. })) => {
                LookupProbe::Query.read(&after)
            }
            (Self::Act, _) => LookupProbe::Answer.read(&after),
        })
    }
}

type Rater = Each<Panel<Noisy<Part>>>;

/// Everything that both samplers draw with.
struct Scene {
    world: LookupQa,
    policy: TablePolicy,
    settings: SamplerSettings,
    rater: Rater,
}

impl StepVariance {
    fn scene(&self, seed: u64) -> Result<Scene, StudyError> {
        let config =
            LookupConfig { hops: self.hops, turns: self.turns, name_len: 1, ..LookupConfig::default() };
        let world = LookupQa::new(config)?;
        let context = ContextRule::full(world.config().token_bound());
        let judge =
            |(part, index)| Ok(Noisy::new(part, self.noise, vec![-1.0, 0.0, 1.0], seed)?.for_part(index));
        let parts = [(Part::Thought, 0), (Part::Act, 1)].map(judge).into_iter();
        let parts: Vec<Noisy<Part>> =
            parts.collect::<Result<_, JudgeError>>().map_err(StudyError::part("the judge"))?;
        Ok(Scene {
            policy: TablePolicy::random(world.vocabulary().len(), self.order as usize, seed, self.spread),
            settings: SamplerSettings {
                constrained: true,
                ..SamplerSettings::training(seed, context, self.turns)
            },
            world,
            rater: Each(Panel::new(parts)),
        })
    }

    /// Trees and groups on the same questions.
    fn draw(
        &self,
        scene: &Scene,
        tasks: &[(u64, TaskSeed)],
    ) -> Result<(TreeRollout, TokenRollout), StudyError> {
        let Scene { world, policy, settings, rater } = scene;
        let (k, rater) = (self.candidates, rater.clone());
        let mut tree = StepTree {
            trees: 1,
            candidates: k,
            temperature: 0.7,
            early_bonus: 0.0,
            rater: rater.clone(),
            protocol: ByTrial,
        };
        let grown =
            tree.grow(world, tasks, policy, &mut [], settings).map_err(StudyError::part("the tree"))?;
        let mut groups = RatedGroups { group_size: k, early_bonus: 0.0, rater, protocol: ByTrial };
        let rated =
            groups.sample(world, tasks, policy, &mut [], settings).map_err(StudyError::part("the groups"))?;
        Ok((grown, rated))
    }
}

/// Questions that are drawn together.
const PORTION: u32 = 100;

impl Study for StepVariance {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "variance-ratio",
                "variance of a trajectory's summed reward around its group's mean, over that of a candidate's reward for the first step",
            ),
            Metric::higher("mean-steps", "mean number of steps of a trajectory"),
            Metric::higher(
                "ratio-a-step",
                "variance ratio divided by the mean number of steps; 1 by the theorem",
            ),
            Metric::lower("excess", "distance of that from 1"),
            Metric::lower("tree-tokens", "tokens drawn for a question by the tree, all candidates counted"),
            Metric::lower("group-tokens", "tokens drawn for a question by the group of whole trajectories"),
            Metric::higher(
                "gradient-noise-ratio",
                "noise scale of the gradient (trace of its covariance over its squared norm) of whole trajectories, over that of trees, per drawn token",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("step-variance");
        check.between("hops", self.hops, 1, 4)?;
        check.between("turns", self.turns, self.hops + 1, 64)?;
        check.between("candidates", self.candidates, 2, 64)?;
        check.between("questions", self.questions, 2, 1_000_000)?;
        check.between("order", self.order, 0, 64)?;
        check.probability("noise", self.noise)?;
        Ok(check.not_negative("spread", self.spread)?)
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let scene = self.scene(context.seed)?;
        let (mut of_steps, mut of_trajectories) = (Mean::default(), Mean::default());
        let mut steps = Mean::default();
        let (mut trees, mut groups) = (Moments::default(), Moments::default());
        let (mut tree_tokens, mut group_tokens) = (0, 0);
        let mut first = 0;
        while first < self.questions {
            recorder.advance(u64::from(first), u64::from(self.questions))?;
            let portion = first..self.questions.min(first + PORTION);
            first = portion.end;
            let tasks: Vec<_> = portion
                .map(|index| (u64::from(index), TaskSeed::train(context.seed, u64::from(index))))
                .collect();
            let (grown, rated) = self.draw(&scene, &tasks)?;
            for set in grown.sets.iter().filter(|set| set.step == 0) {
                of_steps.add(variance(&set.candidates.iter().map(|c| c.value).collect::<Vec<_>>()));
            }
            for group in &rated.batch.groups {
                let sum = |t: &milepost_core::Trajectory<()>| {
                    t.signals.get(STEP_VALUE).map_or(0.0, milepost_core::Channel::sum)
                };
                of_trajectories.add(variance(&group.members().iter().map(sum).collect::<Vec<_>>()));
                for member in group.members() {
                    steps.add(member.turns.len() as f64);
                }
            }
            tree_tokens += grown.ledger.candidates;
            group_tokens += rated.ledger.kept;
            gradient::of_trees(&scene.policy, &scene.settings.context, &grown, &mut trees)?;
            gradient::of_groups(&scene.policy, &scene.settings.context, &rated.batch, &mut groups)?;
        }
        let ratio = of_trajectories.value() / of_steps.value();
        recorder.result("variance-ratio", ratio.into())?;
        recorder.result("mean-steps", steps.value().into())?;
        recorder.result("ratio-a-step", (ratio / steps.value()).into())?;
        recorder.result("excess", (ratio / steps.value() - 1.0).abs().into())?;
        // What a sample of one question costs each sampler, by which noise is made comparable.
        let [tree_cost, group_cost] =
            [tree_tokens, group_tokens].map(|tokens: u64| tokens as f64 / f64::from(self.questions));
        recorder.result("tree-tokens", tree_cost.into())?;
        recorder.result("group-tokens", group_cost.into())?;
        let noise = match (groups.noise_scale(), trees.noise_scale()) {
            (Some(groups), Some(trees)) => Measured::from(group_cost * groups / (tree_cost * trees)),
            _ => Measured::Undefined("the gradient is too small to be told from its noise".into()),
        };
        recorder.result("gradient-noise-ratio", noise)
    }
}

/// Variance around the mean, with `n − 1`.
fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (values.len() - 1) as f64
}

/// A running mean.
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

#[cfg(test)]
mod tests;
