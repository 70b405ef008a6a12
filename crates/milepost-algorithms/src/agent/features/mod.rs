//! States as feature vectors, one drawn token a turn.

mod evaluation;
mod sampler;
mod table;
mod warm_start;

use std::sync::Arc;

use burn::tensor::Device;
use milepost_core::{Batch, DiscreteEnvironment, Encoder, Probe, Purpose, TaskSeed, Version};
use milepost_policies::ActorCritic;

pub use evaluation::{ActionMode, EvaluationPolicy};
pub use sampler::{Actor, GroupSampler, SegmentSampler, SegmentState, draw_groups};
pub(super) use table::StateTable;

use super::{Agent, Rollout, SamplerState};
use crate::TrainError;
use crate::config::{MethodConfig, ModelScorerConfig, SamplerConfig};
use crate::model_scorer::{ModelScorer, for_any_agent};
use crate::trainer::Trainer;

/// What a trainer on feature vectors is made from.
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

/// An agent that reads states as feature vectors and draws one of a fixed number of actions a turn.
pub struct FeatureAgent<E: DiscreteEnvironment, M> {
    environment: E,
    encoder: Arc<dyn Encoder<E::Observation> + Sync>,
    probes: Vec<Box<dyn Probe<E>>>,
    device: Device,
    run_seed: u64,
    sampler: AnySampler<E>,
    model: std::marker::PhantomData<fn() -> M>,
}

/// The samplers that a configuration can name.
enum AnySampler<E: DiscreteEnvironment> {
    Segments(SegmentSampler<E>),
    Groups(GroupSampler),
}

impl<E: DiscreteEnvironment, M: ActorCritic> Trainer<FeatureAgent<E, M>> {
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
        let sampler = match method.sampler {
            SamplerConfig::Segments { environments, steps } => {
                AnySampler::Segments(SegmentSampler::new(&environment, environments, steps, run_seed)?)
            }
            SamplerConfig::Groups { tasks, group_size } => {
                AnySampler::Groups(GroupSampler::new(tasks, group_size, run_seed))
            }
            ref other => {
                let kind = other.kind();
                let reason = format!(
                    "`sampler.kind = \"{kind}\"` draws turns of tokens, and this policy reads features: use \
                     \"segments\" or \"groups\""
                );
                return Err(TrainError::Config { reason });
            }
        };
        let model = std::marker::PhantomData;
        let agent = FeatureAgent { environment, encoder, probes, device, run_seed, sampler, model };
        Self::assemble(agent, network, method)
    }
}

impl<E: DiscreteEnvironment, M: ActorCritic> Agent for FeatureAgent<E, M> {
    type Observation = E::Observation;
    type Model = M;
    type Table = StateTable;

    fn sample(&mut self, model: &M, version: Version) -> Result<Rollout<E::Observation>, TrainError> {
        let Self { environment, encoder, probes, device, run_seed, sampler, .. } = self;
        let (encoder, run_seed, purpose) = (encoder.as_ref(), *run_seed, Purpose::POLICY);
        let actor = Actor { model, version, device, encoder, run_seed, purpose };
        match sampler {
            AnySampler::Segments(sampler) => sampler.sample(&actor, probes),
            AnySampler::Groups(sampler) => sampler.sample(environment, &actor, probes),
        }
    }

    fn watch(
        &mut self,
        model: &M,
        version: Version,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Rollout<E::Observation>, TrainError> {
        let Self { environment, encoder, probes, device, run_seed, .. } = self;
        let (encoder, run_seed, purpose) = (encoder.as_ref(), *run_seed, Purpose::EVALUATION_POLICY);
        let actor = Actor { model, version, device, encoder, run_seed, purpose };
        draw_groups(environment, &[(task.get(), task)], group_size, &actor, probes)
    }

    fn table(&self, batch: &Batch<E::Observation>) -> Result<StateTable, TrainError> {
        StateTable::build(batch, self.encoder.as_ref(), &self.device)
    }

    fn model_scorer(
        &self,
        config: &ModelScorerConfig,
        start: &M,
    ) -> Result<Box<dyn ModelScorer<Self>>, TrainError> {
        for_any_agent(config, start, self.run_seed)?.ok_or_else(|| config.refused("a policy over tokens"))
    }

    fn encoder(&self) -> Arc<dyn Encoder<E::Observation> + Sync> {
        Arc::clone(&self.encoder)
    }

    fn device(&self) -> &Device {
        &self.device
    }

    fn run_seed(&self) -> u64 {
        self.run_seed
    }

    fn state(&self) -> SamplerState {
        match &self.sampler {
            AnySampler::Segments(sampler) => SamplerState::Segments(sampler.state()),
            AnySampler::Groups(sampler) => SamplerState::Groups { next_task: sampler.next_task() },
        }
    }

    fn restore(&mut self, state: SamplerState) -> Result<(), TrainError> {
        match (&mut self.sampler, state) {
            (AnySampler::Segments(sampler), SamplerState::Segments(state)) => {
                sampler.restore(&self.environment, state)
            }
            (AnySampler::Groups(sampler), SamplerState::Groups { next_task }) => {
                sampler.restore(next_task);
                Ok(())
            }
            _ => Err(TrainError::Checkpoint { reason: "it was written with another sampler".into() }),
        }
    }
}
