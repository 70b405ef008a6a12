use std::sync::Arc;

use milepost_algorithms::config::{CodeCompat, CreditConfig, LearnerConfig, SamplerConfig, StepCreditConfig};
use milepost_algorithms::{ActionMode, Device, FeatureAgent, MethodConfig, Trainer, TrainerParts};
use milepost_core::{DiscreteEnvironment, Encoder, TaskSeed};
use milepost_eval::evaluate;
use milepost_gridworld::{FlatImage, Gridworld};
use milepost_policies::{Network, NetworkConfig};
use milepost_rewards::{OutcomeSource, ScorerConfig};

use super::WebArbiter;
use super::judge::Judge;
use super::shares::{JudgeShares, SHARE};
use crate::{Measured, Recorder, StudyError};

/// A policy that plays the training level.
pub(super) type Player = FeatureAgent<Gridworld, Network>;

/// The part of the study that failures are reported of.
const PART: &str = "the policy";

impl WebArbiter {
    /// Trains two policies from one start on the same tasks: on the outcome alone, and with the judge's wins as step
    /// rewards besides.
    pub(super) fn policies(
        &self,
        judge: Judge,
        world: &Gridworld,
        device: &Device,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<(), StudyError> {
        if self.policy_iterations == 0 {
            for metric in ["policy-success", "policy-success-outcome", "policy-gain", "policy-share"] {
                recorder.result(metric, Measured::Undefined("this arm trains no policy".into()))?;
            }
            return Ok(());
        }
        let mut player = self.player(world, None, device, seed)?;
        self.train(&mut player, recorder)?;
        let outcome = self.success_of(&player, world, seed)?;
        let shares = JudgeShares::new(judge, world.clone(), self.policy_alternatives as usize, seed);
        let mut player = self.player(world, Some(shares), device, seed)?;
        let share = self.train(&mut player, recorder)?;
        let judged = self.success_of(&player, world, seed)?;
        recorder.result("policy-success", judged.into())?;
        recorder.result("policy-success-outcome", outcome.into())?;
        recorder.result("policy-gain", (judged - outcome).into())?;
        recorder.result("policy-share", share.into())
    }

    /// An untrained policy in its loop; its start depends on the seed alone.
    pub(super) fn player(
        &self,
        world: &Gridworld,
        shares: Option<JudgeShares>,
        device: &Device,
        seed: u64,
    ) -> Result<Trainer<Player>, StudyError> {
        let encoder = Arc::new(FlatImage::new(world.settings().view_size));
        let network = NetworkConfig::default();
        let network = network.init(encoder.len(), world.action_count(), seed, &device.clone().autodiff());
        let credit = match &shares {
            None => CreditConfig::Broadcast,
            Some(_) => CreditConfig::ImplicitSteps {
                steps: SHARE.to_owned(),
                alpha: self.policy_weight,
                // A share compares the actions of one state already; what follows is the outcome's business.
                credit: StepCreditConfig::Immediate,
                code_compat: CodeCompat::default(),
            },
        };
        let parts = TrainerParts {
            environment: world.clone(),
            encoder,
            probes: Vec::new(),
            network: network.map_err(StudyError::part(PART))?,
            method: self.policy_method(credit),
            device: device.clone(),
            run_seed: seed,
        };
        let trainer = Trainer::new(parts).map_err(StudyError::part(PART))?;
        Ok(match shares {
            None => trainer,
            Some(shares) => trainer.with_model_scorer(shares),
        })
    }

    /// GRPO on success, with this credit.
    fn policy_method(&self, credit: CreditConfig) -> MethodConfig {
        let grpo = MethodConfig::grpo();
        MethodConfig {
            sampler: SamplerConfig::Groups { tasks: self.policy_tasks, group_size: self.policy_group },
            scorers: vec![ScorerConfig::Outcome {
                channel: "outcome".to_owned(),
                source: OutcomeSource::Success,
                format_penalty: None,
            }],
            // Where all fail alike, steps still differ.
            drop_zero_variance: false,
            credit,
            learner: LearnerConfig { epochs: 4, minibatch: 8, ..grpo.learner.clone() },
            ..grpo
        }
    }

    /// Trains to the end; the mean share of wins that steps had in the last iteration, NaN without a judge.
    fn train(&self, trainer: &mut Trainer<Player>, recorder: &mut dyn Recorder) -> Result<f64, StudyError> {
        let mut share = f64::NAN;
        for iteration in 0..self.policy_iterations {
            recorder.advance(iteration, self.policy_iterations)?;
            let report = trainer.iterate().map_err(StudyError::part(PART))?;
            for (name, times) in report.counters.iter().filter(|(name, _)| name.starts_with(SHARE)) {
                recorder.count(name, *times);
            }
            let paid = report.channels.iter().find(|channel| channel.name == SHARE);
            share = paid.map_or(f64::NAN, |paid| paid.sum / paid.present as f64);
        }
        Ok(share)
    }

    /// The success of a policy on tasks of its own level.
    fn success_of(&self, trainer: &Trainer<Player>, world: &Gridworld, seed: u64) -> Result<f64, StudyError> {
        let tasks = 0..self.policy_evaluation;
        let tasks: Vec<TaskSeed> = tasks.map(|index| TaskSeed::evaluation(seed, index)).collect();
        let mut policy = trainer.evaluation_policy(ActionMode::Sampled);
        let mut failure = None;
        let gold = evaluate(world, &tasks, |observations, keys, actions| {
            if let Err(error) = policy.act(observations, keys, actions) {
                failure.get_or_insert(error);
            }
        });
        let gold = gold.map_err(StudyError::part(PART))?;
        match failure {
            Some(error) => Err(StudyError::part(PART)(error)),
            None => Ok(gold.iter().filter(|gold| gold.success()).count() as f64 / gold.len() as f64),
        }
    }
}
