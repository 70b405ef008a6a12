//! Contexts of tokens, turns of one or more.

mod settings;
mod table;

use std::marker::PhantomData;
use std::sync::Arc;

use burn::tensor::Device;
use milepost_core::{Batch, Encoder, Probe, Purpose, TaskSeed, TokenEnvironment, Version};
use milepost_policies::{ModelPolicy, SequenceModel};
use milepost_sampling::{GroupSampler, SamplerSettings, TokenRollout, TokenSampler};

pub use settings::TokenSettings;
pub use table::TokenTable;

use super::{Agent, EpisodeSummary, Rollout, SamplerState};
use crate::TrainError;
use crate::config::{MethodConfig, SamplerConfig};
use crate::trainer::Trainer;

/// What a trainer on tokens is made from.
pub struct TokenParts<E, M> {
    /// The world; cloned for every episode.
    pub environment: E,
    /// What is read from each state for scorers.
    pub probes: Vec<Box<dyn Probe<E>>>,
    /// The network, with its parameters on `device.autodiff()`.
    pub network: M,
    /// The method.
    pub method: MethodConfig,
    /// How the policy reads and draws.
    pub settings: TokenSettings,
    /// The plain device.
    pub device: Device,
    /// The run's seed.
    pub run_seed: u64,
}

/// An agent that reads and writes tokens.
pub struct TokenAgent<E, M> {
    environment: E,
    probes: Vec<Box<dyn Probe<E>>>,
    settings: TokenSettings,
    tasks: usize,
    sampler: GroupSampler,
    next_task: u64,
    device: Device,
    run_seed: u64,
    model: PhantomData<fn() -> M>,
}

/// Token worlds have no feature vectors: scorers that want them say so.
struct NoFeatures;

impl Encoder<()> for NoFeatures {
    fn len(&self) -> usize {
        0
    }
    fn encode(&self, (): &(), _: u64, _: &mut [f32]) {}
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> Trainer<TokenAgent<E, M>> {
    /// Puts the parts together and checks that they fit.
    pub fn over_tokens(parts: TokenParts<E, M>) -> Result<Self, TrainError> {
        let TokenParts { environment, probes, network, method, settings, device, run_seed } = parts;
        method.validate()?;
        settings.validate()?;
        let words = environment.vocabulary().len();
        if network.vocabulary() != words {
            let found = network.vocabulary();
            return Err(TrainError::Shape {
                what: "words",
                found,
                other: "the environment",
                expected: words,
            });
        }
        let longest = settings.context.max_tokens + environment.turn_limit();
        if longest > network.context() {
            let (what, found) = ("positions", network.context());
            return Err(TrainError::Shape { what, found, other: "a context and a turn", expected: longest });
        }
        let SamplerConfig::Groups { tasks, group_size } = method.sampler else {
            let reason = "policies over tokens draw whole episodes: use `sampler.kind = \"groups\"`".into();
            return Err(TrainError::Config { reason });
        };
        let agent = TokenAgent {
            environment,
            probes,
            settings,
            tasks,
            sampler: GroupSampler { group_size: group_size as u32 },
            next_task: 0,
            device,
            run_seed,
            model: PhantomData,
        };
        Self::assemble(agent, network, method)
    }

    /// Plays one episode on each task with a frozen copy of the policy, at the temperature of evaluation.
    /// Training is not affected.
    pub fn play(&mut self, tasks: &[TaskSeed]) -> Result<TokenRollout, TrainError> {
        let model = self.model().clone().valid();
        let tasks: Vec<_> = tasks.iter().map(|task| (task.get(), *task)).collect();
        self.agent.play(&model, Version(self.iterations()), &tasks, 1)
    }
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> TokenAgent<E, M> {
    fn sampler_settings(&self, purpose: Purpose) -> SamplerSettings {
        SamplerSettings {
            purpose,
            constrained: self.settings.constrained,
            ..SamplerSettings::training(self.run_seed, self.settings.context, self.settings.max_turns)
        }
    }

    fn play(
        &mut self,
        model: &M,
        version: Version,
        tasks: &[(u64, TaskSeed)],
        group_size: u32,
    ) -> Result<TokenRollout, TrainError> {
        let settings = self.sampler_settings(Purpose::EVALUATION_POLICY);
        let temperature = self.settings.evaluation_temperature;
        let policy = ModelPolicy::freeze(model, version).with_temperature(temperature)?;
        let mut sampler = GroupSampler { group_size };
        Ok(sampler.sample(&self.environment, tasks, &policy, &mut self.probes, &settings)?)
    }
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> Agent for TokenAgent<E, M> {
    type Observation = ();
    type Model = M;
    type Table = TokenTable;

    fn sample(&mut self, model: &M, version: Version) -> Result<Rollout<()>, TrainError> {
        let indices = self.next_task..self.next_task + self.tasks as u64;
        self.next_task = indices.end;
        let tasks: Vec<_> = indices.map(|index| (index, TaskSeed::train(self.run_seed, index))).collect();
        let settings = self.sampler_settings(Purpose::POLICY);
        let policy = ModelPolicy::freeze(model, version).with_temperature(self.settings.temperature)?;
        let drawn = self.sampler.sample(&self.environment, &tasks, &policy, &mut self.probes, &settings)?;
        Ok(rollout(drawn))
    }

    fn watch(
        &mut self,
        model: &M,
        version: Version,
        task: TaskSeed,
        group_size: usize,
    ) -> Result<Rollout<()>, TrainError> {
        Ok(rollout(self.play(model, version, &[(task.get(), task)], group_size as u32)?))
    }

    fn table(&self, batch: &Batch<()>) -> Result<TokenTable, TrainError> {
        TokenTable::build(batch, &self.settings.context, self.settings.temperature, &self.device)
    }

    fn encoder(&self) -> Arc<dyn Encoder<()> + Sync> {
        Arc::new(NoFeatures)
    }

    fn device(&self) -> &Device {
        &self.device
    }

    fn run_seed(&self) -> u64 {
        self.run_seed
    }

    fn state(&self) -> SamplerState {
        SamplerState::Groups { next_task: self.next_task }
    }

    fn restore(&mut self, state: SamplerState) -> Result<(), TrainError> {
        match state {
            SamplerState::Groups { next_task } => {
                self.next_task = next_task;
                Ok(())
            }
            SamplerState::Segments(_) => {
                Err(TrainError::Checkpoint { reason: "it was written with another sampler".into() })
            }
        }
    }
}

/// What the loop reads of a rollout, everything else counted.
fn rollout(drawn: TokenRollout) -> Rollout<()> {
    let sum = |of: fn(&milepost_sampling::EpisodeSummary) -> u32| -> u64 {
        drawn.episodes.iter().map(|episode| u64::from(of(episode))).sum()
    };
    let counters = vec![
        ("sampler.malformed_turns".to_owned(), sum(|e| e.faults.malformed)),
        ("sampler.refused_turns".to_owned(), sum(|e| e.faults.refused)),
        ("sampler.shortened_contexts".to_owned(), drawn.truncated_contexts),
        ("sampler.discarded_tokens".to_owned(), drawn.ledger.total() - drawn.ledger.kept),
    ];
    let episodes = drawn
        .episodes
        .iter()
        .map(|episode| EpisodeSummary {
            task: episode.task,
            environment_return: episode.environment_return,
            length: episode.turns,
            ending: episode.ending,
        })
        .collect();
    Rollout {
        batch: drawn.batch,
        episodes,
        steps: drawn.environment_steps,
        drawn_tokens: drawn.ledger.total(),
        counters,
    }
}
