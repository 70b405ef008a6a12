//! Training on what a reward model says, while gold is watched.

mod evaluation;
mod method;

use milepost_algorithms::{IterationReport, TokenAgent, TokenParts, Trainer};
use milepost_core::ParameterCheck;
use milepost_eval::overoptimization::OveroptimizationPoint;
use milepost_microworlds::tokens::{SingleTurn, TraceLab};
use milepost_policies::CausalTransformer;
use milepost_rewards::reward_model::{ReferenceBook, RewardModel, RewardModelScorer, RewardScorerConfig};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Bench;
use crate::state::{self, bits};
use crate::{Recorder, StudyError};
use evaluation::Evaluation;
pub(crate) use evaluation::smoothed;

/// Which algorithm trains the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// PPO: GAE over tokens against a learned value, advantages normalised over the batch.
    #[default]
    Ppo,
    /// GRPO: the return against its group's mean, divided by the group's standard deviation.
    Grpo,
}

/// How a policy is trained, and how often it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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

/// What is read off the updates; part of the state to go on from.
pub(crate) trait Watch: Serialize + DeserializeOwned {
    fn see(&mut self, report: &IterationReport);
}

/// The part of a kept state that is not the trainer's.
const WATCHED: &str = "watched.json";

/// Evaluations in a file: divergence, proxy and gold of each.
#[derive(Serialize, Deserialize)]
struct Points(#[serde(with = "bits")] Vec<f64>);

impl From<&[OveroptimizationPoint]> for Points {
    fn from(points: &[OveroptimizationPoint]) -> Self {
        Self(points.iter().flat_map(|point| [point.divergence, point.proxy, point.gold]).collect())
    }
}

impl From<Points> for Vec<OveroptimizationPoint> {
    fn from(points: Points) -> Self {
        let (triples, _) = points.0.as_chunks::<3>();
        let point = |&[divergence, proxy, gold]: &[f64; 3]| OveroptimizationPoint { divergence, proxy, gold };
        triples.iter().map(point).collect()
    }
}

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

    /// Trains `base`; returns where it stood at each evaluation, the first before training. `watched` sees every update.
    pub(crate) fn run<W: Watch>(
        &self,
        bench: &Bench,
        base: &CausalTransformer,
        proxy: Proxy<'_>,
        seed: u64,
        recorder: &mut dyn Recorder,
        watched: &mut W,
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
        let mut points = match recorder.resume()? {
            Some(state) => {
                trainer.restore(&state).map_err(StudyError::part("the kept trainer"))?;
                let (points, seen): (Points, W) = state::read(&state, WATCHED)?;
                *watched = seen;
                points.into()
            }
            None => vec![evaluation.at(&mut trainer, recorder)?],
        };
        for iteration in trainer.iterations()..self.iterations {
            recorder.keep(&mut || {
                let mut state = trainer.checkpoint().map_err(StudyError::part("the trainer"))?;
                state.push(state::write(WATCHED, &(Points::from(&points[..]), &*watched))?);
                Ok(state)
            })?;
            recorder.advance(iteration, self.iterations)?;
            watched.see(&trainer.iterate().map_err(StudyError::part("training"))?);
            if (iteration + 1) % self.evaluate_every == 0 || iteration + 1 == self.iterations {
                points.push(evaluation.at(&mut trainer, recorder)?);
            }
        }
        Ok(points)
    }
}
