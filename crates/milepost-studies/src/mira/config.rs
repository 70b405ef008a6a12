use milepost_core::ParameterCheck;
use milepost_gridworld::Gridworld;
use milepost_gridworld::tasks::NoisyChecker;
use milepost_progress::Form;
use serde::{Deserialize, Serialize};

use super::learner::Update;
use crate::StudyError;

/// What is paid beside success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// `α` times the learned potential's difference.
    #[default]
    Critic,
    /// `α/K` when a milestone is in truth passed.
    Oracle,
}

/// MiRA's phases on one gridworld level, with one of its parts changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mira {
    /// The level. Default `MiniGrid-DoorKey-6x6-v0`.
    pub level: String,
    /// Steps of an episode. Default 80.
    pub max_steps: u32,
    /// How the policy follows its advantages.
    pub update: Update,
    /// What is paid beside success.
    pub progress: Progress,
    /// `α`: weight of what is paid beside success. Default 0.3; 0 pays nothing.
    pub alpha: f64,
    /// `delta` (the paper's `P(s') − P(s)`) or `shaped` (`γ P(s') − P(s)`, 0 at the end).
    pub shaping: Form,
    /// `λ`: weight of the temporal difference; the rest is Monte Carlo. Default 0.5.
    pub lambda: f64,
    /// `β` of the regression. Default 0.1.
    pub beta: f64,
    /// `γ`. Default 1: the value critic predicts success, which is not discounted.
    pub gamma: f64,
    /// Collect, label, fit, update: so many times. Default 6.
    pub phases: u64,
    /// Episodes of a phase. Default 128.
    pub episodes: usize,
    /// Share of a phase's tasks that are drawn from those that failed in the phase before. Default 0.5.
    pub repeat_failed: f64,
    /// Replayed episodes below this quantile of perplexity are left out. Default 0.1.
    pub familiar: f64,
    /// And those above this one. Default 0.9.
    pub foreign: f64,
    /// Probability that the checker overlooks a milestone at a step. Default 0.
    pub miss: f64,
    /// Probability that it reports one that does not hold, at each step. Default 0.
    pub false_positive: f64,
    /// Whether the policy learns to read the checker's report: shown in every other episode.
    pub report: bool,
    /// Demonstrations that the policy is cloned from first. Default 50.
    pub demonstrations: usize,
    /// Share of their actions that are drawn at random. Default 0.2.
    pub noise: f64,
    /// Passes over them. Default 12.
    pub epochs: usize,
    /// Updates of the policy in a phase. Default 80.
    pub updates: usize,
    /// Updates of the critics in a phase. Default 80.
    pub critic_updates: usize,
    /// Steps of one update. Default 512.
    pub minibatch: usize,
    /// Adam's step size of the policy. Default 0.001.
    pub learning_rate: f64,
    /// Adam's step size of the critics. Default 0.003.
    pub critic_learning_rate: f64,
    /// Width of both hidden layers of every tower. Default 64.
    pub width: usize,
    /// Evaluation tasks. Default 200.
    pub evaluation_tasks: u64,
}

impl Default for Mira {
    fn default() -> Self {
        Self {
            level: "MiniGrid-DoorKey-6x6-v0".to_owned(),
            max_steps: 80,
            update: Update::default(),
            progress: Progress::default(),
            alpha: 0.3,
            shaping: Form::Delta,
            lambda: 0.5,
            beta: 0.1,
            gamma: 1.0,
            phases: 6,
            episodes: 128,
            repeat_failed: 0.5,
            familiar: 0.1,
            foreign: 0.9,
            miss: 0.0,
            false_positive: 0.0,
            report: false,
            demonstrations: 50,
            noise: 0.2,
            epochs: 12,
            updates: 80,
            critic_updates: 80,
            minibatch: 512,
            learning_rate: 1e-3,
            critic_learning_rate: 3e-3,
            width: 64,
            evaluation_tasks: 200,
        }
    }
}

impl Mira {
    pub(super) fn world(&self) -> Result<Gridworld, StudyError> {
        let world = Gridworld::make(&self.level).map_err(StudyError::part("level"))?;
        world.with_max_steps(self.max_steps).map_err(StudyError::part("max-steps"))
    }

    pub(super) fn checker(&self) -> Result<NoisyChecker, StudyError> {
        NoisyChecker::new(self.miss, self.false_positive).map_err(StudyError::part("the checker"))
    }

    pub(super) fn check(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("mira");
        for (name, value) in [
            ("demonstrations", self.demonstrations),
            ("epochs", self.epochs),
            ("episodes", self.episodes),
            ("minibatch", self.minibatch),
            ("width", self.width),
            ("evaluation-tasks", self.evaluation_tasks as usize),
            ("phases", self.phases as usize),
        ] {
            check.that(value > 0, name, value, "at least 1")?;
        }
        for (name, value) in [
            ("lambda", self.lambda),
            ("gamma", self.gamma),
            ("repeat-failed", self.repeat_failed),
            ("familiar", self.familiar),
            ("foreign", self.foreign),
            ("noise", self.noise),
        ] {
            check.probability(name, value)?;
        }
        check.that(self.familiar <= self.foreign, "familiar", self.familiar, "at most `foreign`")?;
        check.not_negative("alpha", self.alpha)?;
        for (name, value) in [
            ("beta", self.beta),
            ("learning-rate", self.learning_rate),
            ("critic-learning-rate", self.critic_learning_rate),
        ] {
            check.that(value > 0.0 && value.is_finite(), name, value, "finite and above 0")?;
        }
        check.that(self.shaping != Form::Level, "shaping", "level", "`delta` or `shaped`")?;
        self.checker()?;
        self.world().map(drop)
    }
}
