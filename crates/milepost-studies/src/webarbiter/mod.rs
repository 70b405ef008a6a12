//! Does a judge of actions judge better, and further afield, if it says why first?
//!
//! WebArbiter (arXiv 2601.21872): a judge is shown a state and two actions, writes the principles that matter, checks the
//! actions against the state, and ends with a verdict. It is first taught a teacher's rationales, then trained by the
//! correctness of its verdicts alone (`+1` or `−1`, GRPO with a divergence from the taught judge). Its verdicts then
//! choose among the actions of a random policy, and pay the steps of one that learns.

mod instances;
mod judge;
mod measure;
mod policy;
mod reward;
mod shares;
mod task;
#[cfg(test)]
mod tests;
mod train;
mod words;

use std::sync::Arc;

use milepost_core::ParameterCheck;
use milepost_gridworld::Gridworld;
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

pub use task::Rationale;

use crate::preference_lab::NetworkSize;
use crate::{Context, Metric, Recorder, Study, StudyError};
use instances::{Instance, Pool, instances};
use measure::{guided, measure, unguided};
use words::{ACTIONS, Words};

/// What kind of judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JudgeKind {
    /// One that writes.
    #[default]
    Generative,
    /// A scalar head on the same network, by the Bradley–Terry loss.
    Scalar,
}

/// A judge of pairs of actions, trained on one level and asked on two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct WebArbiter {
    /// One that writes, or a scalar head.
    pub judge: JudgeKind,
    /// What it writes before its verdict.
    pub rationale: Rationale,
    /// Where it is trained. Default `MiniGrid-DoorKey-6x6-v0`.
    pub level: String,
    /// Where it is asked besides. Default `MiniGrid-DoorKey-8x8-v0`.
    pub other_level: String,
    /// States to train on. Default 1000.
    pub states: usize,
    /// States of each level to be asked about, none of which training showed. Default 150.
    pub evaluation_states: usize,
    /// Rationales to be taught (or pairs, for a scalar judge); 0 leaves the stage out. Default 2000.
    pub examples: usize,
    /// Passes over them. Default 3.
    pub epochs: usize,
    /// Updates by the correctness of verdicts; 0 leaves the stage out. Default 60.
    pub iterations: u64,
    /// Pairs of one update, each judged eight times. Default 8.
    pub pairs: usize,
    /// Share of labels that are wrong. Default 0.
    pub flips: f64,
    /// `β` of the divergence from the taught judge. Default 0.01.
    pub kl: f64,
    /// Adam's step size of the second stage. Default 0.0005.
    pub learning_rate: f64,
    /// The network.
    pub network: NetworkSize,
    /// Episodes that a random policy plays with the judge's choice of four. Default 24.
    pub guided_episodes: u64,
    /// Steps of such an episode, and of those of a policy that learns. Default 60.
    pub guided_steps: u32,
    /// Updates of a policy that learns from the outcome and the judge's wins, and of one that learns from the outcome
    /// alone; 0 leaves both out. Default 0.
    pub policy_iterations: u64,
    /// Tasks of one such update. Default 4.
    pub policy_tasks: usize,
    /// Episodes on each of them. Default 8.
    pub policy_group: usize,
    /// Other actions that a taken one meets before the judge, 1 to 6. Default 3.
    pub policy_alternatives: u32,
    /// Weight of a step's share of wins beside the outcome, each in standard deviations over its group: an advantage is
    /// `(R − mean)/std` of the episode plus this times `(share − mean)/std` of the step. Default 1.
    pub policy_weight: f64,
    /// Episodes that a trained policy is judged by. Default 100.
    pub policy_evaluation: u64,
}

impl Default for WebArbiter {
    fn default() -> Self {
        Self {
            judge: JudgeKind::default(),
            rationale: Rationale::default(),
            level: "MiniGrid-DoorKey-6x6-v0".to_owned(),
            other_level: "MiniGrid-DoorKey-8x8-v0".to_owned(),
            states: 1000,
            evaluation_states: 150,
            examples: 2000,
            epochs: 3,
            iterations: 60,
            pairs: 8,
            flips: 0.0,
            kl: 0.01,
            learning_rate: 5e-4,
            network: NetworkSize { width: 48, layers: 2 },
            guided_episodes: 24,
            guided_steps: 60,
            policy_iterations: 0,
            policy_tasks: 4,
            policy_group: 8,
            policy_alternatives: 3,
            policy_weight: 1.0,
            policy_evaluation: 100,
        }
    }
}

fn world(level: &str) -> Result<Gridworld, StudyError> {
    Gridworld::make(level).map_err(StudyError::part("a level"))
}

fn pool_of(
    level: &str,
    count: usize,
    purpose: &str,
    seed: u64,
    shown: &[Instance],
) -> Result<Pool, StudyError> {
    let pool = instances(&world(level)?, count, A_LAYOUT, purpose, seed, shown)?;
    if pool.instances.is_empty() {
        let reason = format!("{level} has none with a right action that training did not show");
        return Err(StudyError::part("the states")(reason));
    }
    Ok(pool)
}

/// States of each layout.
const A_LAYOUT: usize = 4;
const TRAINING: &str = "webarbiter/training";
const ASKED: &str = "webarbiter/asked";

impl Study for WebArbiter {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "best-of-five-out",
                "share of states of the other level in which the right action beats all four distractors",
            ),
            Metric::higher(
                "best-of-five-in",
                "the same in the training level, in states that training did not show",
            ),
            Metric::higher(
                "pairs-out",
                "share of pairs of a right action and a distractor, each asked in both orders, that are decided rightly \
                 in the other level; a draw counts one half",
            ),
            Metric::higher(
                "pairs-in",
                "the same in the training level, in states that training did not show",
            ),
            Metric::higher(
                "consistency",
                "share of pairs of the other level whose verdict names the same action in both orders",
            ),
            Metric::higher(
                "true-principles",
                "share of the principles named on the other level, in either order, that hold in their state",
            ),
            Metric::higher(
                "guided-success",
                "success on the training level of a random policy with the judge's choice among four of its actions",
            ),
            Metric::higher("unguided-success", "success of the random policy alone on the same tasks"),
            Metric::higher("guided-gain", "guided success less unguided success"),
            Metric::higher(
                "policy-success",
                "success on the training level of a policy that learned from the outcome and the judge's wins",
            ),
            Metric::higher(
                "policy-success-outcome",
                "the same of a policy that learned from the outcome alone, from the same start",
            ),
            Metric::higher("policy-gain", "success with the judge's wins less that with the outcome alone"),
            Metric::higher(
                "policy-share",
                "mean share of wins of a step in the last iteration of the policy that learned from them",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("webarbiter");
        for (name, value) in [
            ("states", self.states),
            ("evaluation-states", self.evaluation_states),
            ("epochs", self.epochs),
            ("pairs", self.pairs),
            ("network.width", self.network.width),
            ("guided-episodes", self.guided_episodes as usize),
            ("guided-steps", self.guided_steps as usize),
            ("policy-tasks", self.policy_tasks),
            ("policy-evaluation", self.policy_evaluation as usize),
        ] {
            check.that(value > 0, name, value, "at least 1")?;
        }
        check.probability("flips", self.flips)?;
        check.not_negative("kl", self.kl)?;
        check.that(self.policy_group > 1, "policy-group", self.policy_group, "at least 2")?;
        check.between("policy-alternatives", self.policy_alternatives, 1, ACTIONS - 1)?;
        check.not_negative("policy-weight", self.policy_weight)?;
        check.that(self.learning_rate > 0.0, "learning-rate", self.learning_rate, "above 0")?;
        let scalar = self.judge == JudgeKind::Scalar;
        check.that(
            !scalar || self.examples > 0,
            "examples",
            self.examples,
            "at least 1 for a scalar judge",
        )?;
        check.that(!scalar || self.iterations == 0, "iterations", self.iterations, "0 for a scalar judge")?;
        world(&self.level)?;
        world(&self.other_level).map(drop)
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let seed = context.seed;
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let words = Arc::new(Words::new().map_err(StudyError::part("the words"))?);
        let training = pool_of(&self.level, self.states, TRAINING, seed, &[])?;
        let asked = |level: &str| pool_of(level, self.evaluation_states, ASKED, seed, &training.instances);
        let (inside, outside) = (asked(&self.level)?, asked(&self.other_level)?);
        recorder.count("training states that were not found", training.missing);
        recorder.count("evaluation states that were not found", inside.missing + outside.missing);
        let repeated = inside.repeated + outside.repeated;
        recorder.count("draws left out because training showed the state", repeated);

        let training = Arc::new(training.instances);
        let judge = self.trained(&words, &training, seed, &device, recorder)?;
        let (home, abroad) = (measure(&judge, &inside.instances)?, measure(&judge, &outside.instances)?);
        recorder.result("best-of-five-out", abroad.best_of_five.into())?;
        recorder.result("best-of-five-in", home.best_of_five.into())?;
        recorder.result("pairs-out", abroad.pairs.into())?;
        recorder.result("pairs-in", home.pairs.into())?;
        recorder.result("consistency", abroad.consistency.into())?;
        recorder.result("true-principles", abroad.true_principles)?;
        let world = world(&self.level)?;
        let world = world.with_max_steps(self.guided_steps).map_err(StudyError::part("guided-steps"))?;
        let with_judge = guided(&judge, &world, self.guided_episodes, seed)?;
        let alone = unguided(&world, self.guided_episodes, seed)?;
        recorder.result("guided-success", with_judge.into())?;
        recorder.result("unguided-success", alone.into())?;
        recorder.result("guided-gain", (with_judge - alone).into())?;
        self.policies(judge, &world, &device, seed, recorder)
    }
}
