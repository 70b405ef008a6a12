//! The world that the studies of reward models share: a policy cloned from a mediocre writer, pairs of the writer's
//! answers with a teacher's labels, and the gold score of whatever is written, for evaluation only.
//!
//! The world is [`TraceLab`]'s `state` domain: a prompt names two or three facts, an answer of at most six segments
//! states them. Gold is facts stated rightly, less false ones, less half a point for each repetition. An answer has room
//! for three segments more than it needs, so that what a reward model wrongly likes has to be paid for with facts.

mod pairs;
mod pursuit;

use milepost_algorithms::sampling::{ContextRule, GroupSampler, SamplerSettings, TokenSampler};
use milepost_algorithms::{Device, TokenSettings};
use milepost_core::{Batch, Environment, Purpose, TaskSeed, Trajectory, Version};
use milepost_microworlds::tokens::{
    Domain, SingleTurn, TraceLab, TraceLabConfig, TurnTask, Writer, WriterConfig, corpus,
};
use milepost_policies::{CausalTransformer, ModelPolicy, TransformerConfig, ValueKind};
use serde::{Deserialize, Serialize};

use crate::base_policy::Cloning;
use crate::{Recorder, StudyError};
pub use pairs::Planted;
pub use pursuit::{Algorithm, Pursuit};
pub(crate) use pursuit::{Proxy, Watch, smoothed};

/// Most tokens of a prompt: a begin, a domain, three facts of two words, a question mark.
const PROMPT: usize = 9;

/// Sizes of a transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkSize {
    /// Features of a position. Default 32.
    pub width: usize,
    /// Blocks. Default 2.
    pub layers: usize,
}

impl Default for NetworkSize {
    fn default() -> Self {
        Self { width: 32, layers: 2 }
    }
}

/// How the policy that everything starts from is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BasePolicy {
    /// Its network.
    pub network: NetworkSize,
    /// Answers of the writer that it is cloned from. Default 1500.
    pub examples: usize,
    /// Passes over them. Default 6.
    pub epochs: usize,
    /// Adam's step size. Default 0.003.
    pub learning_rate: f64,
}

impl Default for BasePolicy {
    fn default() -> Self {
        Self { network: NetworkSize::default(), examples: 1500, epochs: 6, learning_rate: 3e-3 }
    }
}

/// The world, its writer, and where tensors live.
pub(crate) struct Bench {
    pub(crate) task: TraceLab,
    pub(crate) writer: Writer,
    pub(crate) device: Device,
}

impl Bench {
    pub(crate) fn new(device: Device) -> Result<Self, StudyError> {
        let config = TraceLabConfig {
            modulus: 7,
            entities: 8,
            hazards: 0,
            relations: 2,
            domains: vec![Domain::State],
            operands_least: 2,
            operands_most: 2,
            terms_least: 2,
            terms_most: 3,
            segments: 6,
            ..TraceLabConfig::default()
        };
        let task = TraceLab::new(config).map_err(StudyError::part("the world"))?;
        // Mediocre: a third of what it says of a fact is wrong, and it leaves out and repeats.
        let writer = WriterConfig {
            memory_error: 0.2,
            fact_error: 0.15,
            omit: 0.15,
            repeat: 0.1,
            digress: 0.1,
            style: 0.15,
            ..WriterConfig::default()
        };
        let writer = Writer::new(&task, writer).map_err(StudyError::part("the writer"))?;
        Ok(Self { task, writer, device })
    }

    pub(crate) fn environment(&self) -> SingleTurn<TraceLab> {
        SingleTurn::new(self.task.clone())
    }

    /// The prompt is read whole; only well-formed answers are drawn.
    pub(crate) fn settings() -> TokenSettings {
        TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::full(PROMPT), 1) }
    }

    /// A network over the world's tokens with a scalar head, untrained.
    pub(crate) fn network(&self, size: NetworkSize, seed: u64) -> Result<CausalTransformer, StudyError> {
        let config = TransformerConfig {
            context: PROMPT + self.task.turn_limit(),
            width: size.width,
            layers: size.layers,
            heads: 2,
            value: ValueKind::Head,
            ..TransformerConfig::default()
        };
        let device = self.device.clone().autodiff();
        config.init(self.task.vocabulary().len(), seed, &device).map_err(StudyError::part("the network"))
    }

    /// The writer's policy, as far as a network can be cloned from it. The same for all arms of a seed.
    pub(crate) fn base_policy(
        &self,
        settings: &BasePolicy,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<CausalTransformer, StudyError> {
        let cloning = Cloning {
            key: &format!("preference-lab base {seed} {settings:?}"),
            purpose: Purpose::named("preference-lab/clone"),
            seed,
            epochs: settings.epochs,
            learning_rate: settings.learning_rate,
        };
        let network = self.network(settings.network, seed)?;
        cloning.of(network, recorder, || Ok(corpus(&self.task, &self.writer, settings.examples, seed)))
    }

    /// `each` answers of a policy to every task.
    pub(crate) fn answers(
        &self,
        policy: &CausalTransformer,
        tasks: &[TaskSeed],
        each: u32,
        purpose: Purpose,
        seed: u64,
    ) -> Result<Batch<()>, StudyError> {
        let settings = Self::settings();
        let sampling = SamplerSettings {
            purpose,
            constrained: settings.constrained,
            ..SamplerSettings::training(seed, settings.context, settings.max_turns)
        };
        let policy = ModelPolicy::freeze(policy, Version(0));
        let tasks: Vec<_> = tasks.iter().map(|task| (task.get(), *task)).collect();
        let mut groups = Vec::with_capacity(tasks.len());
        // In portions: memory is bounded, and a portion still fills the processor.
        for portion in tasks.chunks((512 / each.max(1) as usize).max(1)) {
            let rollout = GroupSampler { group_size: each }
                .sample(&self.environment(), portion, &policy, &mut [], &sampling)
                .map_err(StudyError::part("sampling"))?;
            groups.extend(rollout.batch.groups);
        }
        Ok(Batch { groups })
    }

    /// The gold score of an answer, for a report; `None` if it is malformed.
    pub(crate) fn gold(&self, trajectory: &Trajectory<()>) -> Result<Option<f64>, StudyError> {
        let mut environment = self.environment();
        environment.reset(trajectory.task).map_err(StudyError::part("the world"))?;
        let Some(problem) = environment.problem() else { return Ok(None) };
        let answer: Vec<u32> = trajectory
            .spans
            .iter()
            .filter(|span| span.is_trained())
            .flat_map(|span| trajectory.tokens[span.range()].iter().copied())
            .collect();
        Ok(self.task.gold(problem, &answer).map(milepost_microworlds::tokens::GoldScore::for_evaluation))
    }

    /// The gold scores of a batch; malformed answers count as worth nothing and are counted.
    pub(crate) fn golds(
        &self,
        batch: &Batch<()>,
        recorder: &mut dyn Recorder,
    ) -> Result<Vec<f64>, StudyError> {
        let mut golds = Vec::new();
        for trajectory in batch.trajectories() {
            let gold = self.gold(trajectory)?;
            recorder.count("malformed answers in evaluation", u64::from(gold.is_none()));
            golds.push(gold.unwrap_or(0.0));
        }
        Ok(golds)
    }
}

/// Mean of what is not empty.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Population standard deviation.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    mean(&values.iter().map(|value| (value - middle) * (value - middle)).collect::<Vec<_>>()).sqrt()
}
