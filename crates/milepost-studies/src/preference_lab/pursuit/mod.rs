//! Training on what a reward model says, while gold is watched.

mod evaluation;
mod method;

use milepost_algorithms::{IterationReport, TokenAgent, TokenParts, Trainer};
use milepost_core::ParameterCheck;
use milepost_eval::overoptimization::OveroptimizationPoint;
use milepost_microworlds::tokens::{SingleTurn, TraceLab};
use milepost_policies::CausalTransformer;
use milepost_rewards::reward_model::{ReferenceBook, RewardModel, RewardModelScorer, RewardScorerConfig};
use serde::{Deserialize, Serialize};

use super::Bench;
use crate::{Recorder, StudyError};
use evaluation::Evaluation;
pub(crate) use evaluation::smoothed;

/// Which algorithm trains the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// PPO: GAE over tokens against a learned value, advantages normalised over the batch.
    #[default]
    Ppo,
    /// GRPO: the return against its group's mean, divided by the group's standard deviation.
    Grpo,
}

/// How a policy is trained, and how often it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pursuit {
    /// PPO or GRPO.
    pub algorithm: Algorithm,
    /// Updates of the policy. Default 60.
    pub iterations: u64,
    /// Prompts of one update, each answered eight times. Default 8.
    pub prompts: usize,
    /// Adam's step size. Default 0.003.
    pub learning_rate: f64,
    /// `β` of the divergence charged to the reward. Default 0.005.
    pub kl: f64,
    /// Updates between evaluations. Default 5.
    pub evaluate_every: u64,
    /// Prompts of an evaluation. Default 192.
    pub evaluation_prompts: u64,
}

impl Default for Pursuit {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            iterations: 60,
            prompts: 8,
            learning_rate: 3e-3,
            kl: 0.005,
            evaluate_every: 5,
            evaluation_prompts: 192,
        }
    }
}

/// Answers to each prompt in one update.
const GROUP: usize = 8;

type Loop = Trainer<TokenAgent<SingleTurn<TraceLab>, CausalTransformer>>;

/// What is pursued: a reward model through a transform.
pub(crate) struct Proxy<'a> {
    pub(crate) model: &'a RewardModel<CausalTransformer>,
    pub(crate) config: RewardScorerConfig,
    pub(crate) references: ReferenceBook,
}

impl Pursuit {
    pub(crate) fn check(&self, check: ParameterCheck) -> Result<(), StudyError> {
        check.that(self.prompts > 0, "prompts", self.prompts, "at least 1")?;
        check.that(
            self.evaluation_prompts > 0,
            "evaluation-prompts",
            self.evaluation_prompts,
            "at least 1",
        )?;
        check.that(self.evaluate_every > 0, "evaluate-every", self.evaluate_every, "at least 1")?;
        Ok(check.not_negative("kl", self.kl)?)
    }

    /// Trains `base`; returns where it stood at each evaluation, the first before training. `each` sees every update.
    pub(crate) fn run(
        &self,
        bench: &Bench,
        base: &CausalTransformer,
        proxy: Proxy<'_>,
        seed: u64,
        recorder: &mut dyn Recorder,
        each: &mut dyn FnMut(&IterationReport),
    ) -> Result<Vec<OveroptimizationPoint>, StudyError> {
        let scorer = RewardModelScorer::new(&proxy.config, proxy.model.clone(), proxy.references)
            .map_err(StudyError::part("the scorer"))?;
        let mut trainer: Loop = Trainer::over_tokens(TokenParts {
            environment: bench.environment(),
            probes: Vec::new(),
            network: base.clone(),
            method: self.method(),
            settings: Bench::settings(),
            device: bench.device.clone(),
            run_seed: seed,
        })
        .map_err(StudyError::part("the trainer"))?
        .with_scorer(scorer);
        let evaluation = Evaluation::new(bench, base, proxy.model, self.evaluation_prompts, seed);
        let mut points = vec![evaluation.at(&mut trainer, recorder)?];
        for iteration in 0..self.iterations {
            recorder.advance(iteration, self.iterations)?;
            each(&trainer.iterate().map_err(StudyError::part("training"))?);
            if (iteration + 1) % self.evaluate_every == 0 || iteration + 1 == self.iterations {
                points.push(evaluation.at(&mut trainer, recorder)?);
            }
        }
        Ok(points)
    }
}
