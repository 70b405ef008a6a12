//! The loop: sample, score, combine, credit, update.

use std::sync::Arc;

use burn::tensor::Device;
use milepost_core::{Batch, DiscreteEnvironment, Encoder, Probe, Purpose, TaskSeed, Trajectory, Version};
use milepost_policies::{ActorCritic, Adam, AdamConfig};
use milepost_rewards::{ScoreReport, Scorer, ScorerContext, combine_counted};

use crate::TrainError;
use crate::config::{MethodConfig, Pairing, SamplerConfig};
use crate::credit::{CreditAssigner, Credits, StandardCredit};
use crate::learner::Update;
use crate::objective::Objective;
use crate::report::{ChannelTotal, IterationReport};
use crate::sampler::{Actor, GroupSampler, Rollout, SegmentSampler, draw_groups};
use crate::table::{Scores, StateTable};

/// What a trainer is made from.
pub struct TrainerParts<E: DiscreteEnvironment, M> {
    /// The world; cloned for every slot.
    pub environment: E,
    /// From observations to features.
    pub encoder: Arc<dyn Encoder<E::Observation> + Sync>,
    /// What is read from each state for scorers that need more than the observation.
    pub probes: Vec<Box<dyn Probe<E>>>,
    /// The network, with its parameters on `device.autodiff()`.
    pub network: M,
    /// The method.
    pub method: MethodConfig,
    /// The plain device.
    pub device: Device,
    /// The run's seed.
    pub run_seed: u64,
}

/// A training run in progress: one value, whatever the method.
///
/// Nothing here touches files, the clock or global randomness; [`Trainer::checkpoint`] returns bytes.
pub struct Trainer<E: DiscreteEnvironment, M: ActorCritic> {
    pub(crate) environment: E,
    pub(crate) encoder: Arc<dyn Encoder<E::Observation> + Sync>,
    pub(crate) probes: Vec<Box<dyn Probe<E>>>,
    pub(crate) method: MethodConfig,
    pub(crate) device: Device,
    pub(crate) run_seed: u64,
    pub(crate) model: M,
    /// The model that training began with, if the objective compares with it.
    reference: Option<M>,
    pub(crate) optimizer: Adam,
    pub(crate) sampler: AnySampler<E>,
    pub(crate) scorers: Vec<Box<dyn Scorer<E::Observation>>>,
    pub(crate) credit: Box<dyn CreditAssigner<E::Observation>>,
    pub(crate) objective: Box<dyn Objective>,
    pub(crate) iteration: u64,
    pub(crate) steps: u64,
}

/// The samplers that a configuration can name.
pub(crate) enum AnySampler<E: DiscreteEnvironment> {
    Segments(SegmentSampler<E>),
    Groups(GroupSampler),
}

/// One trajectory with everything the loop says about it.
#[derive(Debug, Clone)]
pub struct Trace<O> {
    /// The trajectory, its channels filled.
    pub trajectory: Trajectory<O>,
    /// The combined reward of each turn, `[T]`.
    pub rewards: Vec<f64>,
    /// The advantage of each turn, `[T]`, before any normalisation over a minibatch.
    pub advantages: Vec<f64>,
    /// The learned value of each state, `[T + 1]`.
    pub values: Vec<f64>,
}

impl<E: DiscreteEnvironment, M: ActorCritic> Trainer<E, M> {
    /// Puts the parts together and checks that they fit.
    pub fn new(parts: TrainerParts<E, M>) -> Result<Self, TrainError> {
        let TrainerParts { environment, encoder, probes, network, method, device, run_seed } = parts;
        method.validate()?;
        let sizes = [
            ("features", network.feature_count(), "the encoder", encoder.len()),
            ("actions", network.action_count(), "the environment", environment.action_count()),
        ];
        for (what, found, other, expected) in sizes {
            if found != expected {
                return Err(TrainError::Shape { what, found, other, expected });
            }
        }
        let context = ScorerContext {
            run_seed,
            device: Some(&device),
            encoder: Arc::clone(&encoder),
            slots: method.sampler.slots(),
        };
        let scorers = method.scorers.iter().map(|config| config.build(&context)).collect::<Result<_, _>>()?;
        let sampler = match method.sampler {
            SamplerConfig::Segments { environments, steps } => {
                AnySampler::Segments(SegmentSampler::new(&environment, environments, steps, run_seed)?)
            }
            SamplerConfig::Groups { tasks, group_size } => {
                AnySampler::Groups(GroupSampler::new(tasks, group_size, run_seed))
            }
        };
        let credit = StandardCredit {
            credit: method.credit.clone(),
            normalize: method.normalize,
            drop_zero_variance: method.drop_zero_variance,
            critic: method.objective.value_coefficient > 0.0,
        };
        let adam = AdamConfig {
            learning_rate: method.learner.learning_rate,
            epsilon: method.learner.adam_epsilon,
            max_grad_norm: Some(method.learner.max_grad_norm),
            ..AdamConfig::default()
        };
        Ok(Self {
            environment,
            encoder,
            probes,
            device,
            run_seed,
            reference: method.objective.needs_reference().then(|| network.clone().valid()),
            model: network,
            optimizer: Adam::new(adam),
            sampler,
            scorers,
            credit: Box::new(credit),
            objective: Box::new(method.objective.clone()),
            iteration: 0,
            steps: 0,
            method,
        })
    }

    /// Replaces the credit rule by one of your own.
    #[must_use]
    pub fn with_credit(mut self, credit: impl CreditAssigner<E::Observation> + 'static) -> Self {
        self.credit = Box::new(credit);
        self
    }

    /// Replaces the objective by one of your own.
    #[must_use]
    pub fn with_objective(mut self, objective: impl Objective + 'static) -> Self {
        self.objective = Box::new(objective);
        self
    }

    /// Adds a scorer of your own. Its channel must be named in the method's `combine` to have an effect.
    #[must_use]
    pub fn with_scorer(mut self, scorer: impl Scorer<E::Observation> + 'static) -> Self {
        self.scorers.push(Box::new(scorer));
        self
    }

    /// One turn of the loop.
    pub fn iterate(&mut self) -> Result<IterationReport, TrainError> {
        let mut rollout = self.sample()?;
        let mut report = IterationReport::default();
        for scorer in &mut self.scorers {
            let scores = scorer.score(&mut rollout.batch)?;
            report.add_scores(scorer.name(), &scores);
        }
        let assessment = self.assess(&self.model.clone().valid(), &rollout.batch)?;
        report.counters.extend(assessment.combined);
        let Assessment { rewards, table, scores, credits, .. } = assessment;

        let groups: Vec<usize> = rollout.batch.groups.iter().map(|group| group.members().len()).collect();
        let update = Update {
            config: &self.method.learner,
            normalize: &self.method.normalize,
            objective: self.objective.as_ref(),
            pairing: self.method.objective.preference.map_or_else(Pairing::default, |p| p.pairing),
            groups: &groups,
            run_seed: self.run_seed,
            iteration: self.iteration,
            device: &self.device,
        };
        // On copies: an update that fails leaves weights and moments as they were.
        let mut optimizer = self.optimizer.clone();
        let (model, metrics) = update.apply(self.model.clone(), &mut optimizer, &table, &scores, &credits)?;
        (self.model, self.optimizer) = (model, optimizer);
        for scorer in &mut self.scorers {
            let learned = scorer.learn(&rollout.batch)?;
            report.add_scores(scorer.name(), &learned);
        }
        self.iteration += 1;
        self.steps += rollout.steps;
        report.finish(&rollout, &rewards, &credits, metrics);
        Ok(report)
    }

    /// Environment steps taken so far.
    pub const fn environment_steps(&self) -> u64 {
        self.steps
    }

    /// Iterations done so far.
    pub const fn iterations(&self) -> u64 {
        self.iteration
    }

    /// The method in use.
    pub const fn method(&self) -> &MethodConfig {
        &self.method
    }

    /// The model as it stands.
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// Draws `group_size` episodes on one task with the current policy and says what the loop would make
    /// of them. Training is not affected: draws come from the evaluation stream, and scorers forget.
    pub fn trace(
        &mut self,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Vec<Trace<E::Observation>>, TrainError> {
        let model = self.model.clone().valid();
        let actor = Actor {
            model: &model,
            version: Version(self.iteration),
            device: &self.device,
            encoder: self.encoder.as_ref(),
            run_seed: self.run_seed,
            purpose: Purpose::EVALUATION_POLICY,
        };
        let tasks = [(task.get(), task)];
        let mut rollout = draw_groups(&self.environment, &tasks, group_size, &actor, &mut self.probes)?;
        for scorer in &mut self.scorers {
            let state = scorer.state()?;
            let scored = scorer.score(&mut rollout.batch);
            scorer.restore(&state)?;
            scored?;
        }
        let Assessment { rewards, values, credits, .. } = self.assess(&model, &rollout.batch)?;
        let members = rollout.batch.groups.into_iter().flat_map(|group| group.members().to_vec());
        Ok(members
            .zip(rewards)
            .zip(credits.advantages)
            .zip(values)
            .map(|(((trajectory, rewards), advantages), values)| Trace {
                trajectory,
                rewards,
                advantages,
                values,
            })
            .collect())
    }

    fn sample(&mut self) -> Result<Rollout<E::Observation>, TrainError> {
        let model = self.model.clone().valid();
        let actor = Actor {
            model: &model,
            version: Version(self.iteration),
            device: &self.device,
            encoder: self.encoder.as_ref(),
            run_seed: self.run_seed,
            purpose: Purpose::POLICY,
        };
        match &mut self.sampler {
            AnySampler::Segments(sampler) => sampler.sample(&actor, &mut self.probes),
            AnySampler::Groups(sampler) => sampler.sample(&self.environment, &actor, &mut self.probes),
        }
    }

    /// Everything between sampling and updating: rewards, values and credit of a scored batch.
    fn assess(&self, model: &M, batch: &Batch<E::Observation>) -> Result<Assessment, TrainError> {
        let mut rewards = Vec::new();
        let (mut missing, mut clipped) = (0, 0);
        for trajectory in batch.trajectories() {
            let combined = combine_counted(trajectory, &self.method.combine)?;
            missing += combined.missing;
            clipped += combined.clipped;
            rewards.push(combined.rewards);
        }
        let table = StateTable::build(batch, self.encoder.as_ref(), &self.device)?;
        let scores = table.score_with(model, self.reference.as_ref())?;
        let values = table.values_by_trajectory(&scores);
        let credits = self.credit.assign(batch, &rewards, &values)?;
        let combined = [("combine.missing".to_owned(), missing), ("combine.clipped".to_owned(), clipped)];
        Ok(Assessment { rewards, combined, table, scores, values, credits })
    }
}

/// What the loop makes of a scored batch; rows are trajectories in batch order.
struct Assessment {
    /// The combined reward of each turn.
    rewards: Vec<Vec<f64>>,
    /// What did not reach it.
    combined: [(String, u64); 2],
    table: StateTable,
    scores: Scores,
    /// The value of each state.
    values: Vec<Vec<f64>>,
    credits: Credits,
}

impl IterationReport {
    fn add_scores(&mut self, scorer: &str, scores: &ScoreReport) {
        for (name, count) in &scores.counters {
            self.counters.push((format!("{scorer}.{name}"), *count));
        }
        for (name, value) in &scores.metrics {
            self.metrics.push((format!("{scorer}.{name}"), *value));
        }
    }

    fn finish<O>(
        &mut self,
        rollout: &Rollout<O>,
        rewards: &[Vec<f64>],
        credits: &Credits,
        metrics: Vec<(String, f64)>,
    ) {
        self.steps = rollout.steps;
        self.policy_tokens = rollout.batch.policy_tokens() as u64;
        self.episodes.clone_from(&rollout.episodes);
        self.metrics.extend(metrics);
        self.metrics.push(("combined_reward".into(), rewards.iter().flatten().sum()));
        self.counters.extend(credits.counters.iter().map(|(name, count)| ((*name).to_owned(), *count)));
        self.channels = ChannelTotal::of(&rollout.batch);
    }
}
