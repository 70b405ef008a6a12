use milepost_algorithms::sampling::ContextRule;
use milepost_algorithms::{Device, TokenParts, TokenSettings, Trainer};
use milepost_core::{Probe, Purpose, TaskSeed};
use milepost_microworlds::tokens::{AnswerProbe, ArithChain, SingleTurn, Solver, TurnTask, corpus};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};

use super::evaluation::Evaluation;
use super::{BaseConfig, ChainRl, Loop, Pooled, World};
use crate::base_policy::Cloning;
use crate::{Recorder, StudyError};

/// The worlds of a run and where tensors live.
pub(super) struct Lab {
    task: ArithChain,
    judged: ArithChain,
    device: Device,
}

/// A whole turn, unconstrained: what is malformed is an answer that cannot be read.
fn settings(prompt: usize) -> TokenSettings {
    TokenSettings::new(ContextRule::full(prompt), 1)
}

/// A world whose problems come from a pool of `size`.
fn world(task: &ArithChain, size: Option<u64>, seed: u64) -> World {
    SingleTurn::new(Pooled { task: task.clone(), size, seed })
}

/// What the study's scorers read.
fn probes() -> Vec<Box<dyn Probe<World>>> {
    vec![Box::new(AnswerProbe)]
}

impl Lab {
    pub(super) fn new(study: &ChainRl, device: Device) -> Result<Self, StudyError> {
        let task = ArithChain::new(study.task.clone())?;
        let judged = study.judged.clone().map_or_else(|| Ok(task.clone()), ArithChain::new)?;
        Ok(Self { task, judged, device })
    }

    /// Most operations of any chain.
    fn longest(&self) -> usize {
        self.task.config().most.max(self.judged.config().most) as usize
    }

    /// Most tokens of a prompt: a begin, a value, two a step, an equals sign.
    fn prompt(&self) -> usize {
        2 * self.longest() + 3
    }

    /// The solver's policy, as far as a network can be cloned from it. The same for all arms of a seed.
    pub(super) fn base_policy(
        &self,
        settings: &BaseConfig,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<CausalTransformer, StudyError> {
        let config = TransformerConfig {
            context: self.prompt() + 2 * self.longest() + 4,
            width: settings.network.width,
            layers: settings.network.layers,
            heads: 2,
            value: ValueKind::None,
            ..TransformerConfig::default()
        };
        let device = self.device.clone().autodiff();
        let words = self.task.vocabulary().len();
        let network = config.init(words, seed, &device).map_err(StudyError::part("the network"))?;
        let key =
            format!("chain-rl base {seed} {settings:?} {:?} {:?}", self.task.config(), self.judged.config());
        let cloning = Cloning {
            key: &key,
            purpose: Purpose::named("chain-rl/clone"),
            seed,
            epochs: settings.epochs,
            learning_rate: settings.learning_rate,
        };
        cloning.of(network, recorder, || {
            let mut examples = Vec::new();
            let worlds = [&self.task, &self.judged];
            let distinct = if self.task.config() == self.judged.config() { 1 } else { 2 };
            for (task, part) in worlds.into_iter().take(distinct).zip(0..) {
                let solver = Solver::new(task, settings.solver.clone())?;
                examples.extend(corpus(task, &solver, settings.examples / distinct, 2 * seed + part));
            }
            Ok(examples)
        })
    }

    pub(super) fn trainer(
        &self,
        study: &ChainRl,
        base: CausalTransformer,
        seed: u64,
    ) -> Result<Loop, StudyError> {
        Trainer::over_tokens(TokenParts {
            environment: world(&self.task, study.pool, seed),
            probes: probes(),
            network: base,
            method: study.method(),
            settings: settings(self.prompt()),
            device: self.device.clone(),
            run_seed: seed,
        })
        .map_err(StudyError::part("the trainer"))
    }

    pub(super) fn evaluation(&self, study: &ChainRl, seed: u64) -> Evaluation {
        Evaluation {
            world: world(&self.judged, None, seed),
            tasks: (0..study.evaluation_prompts).map(|index| TaskSeed::evaluation(seed, index)).collect(),
            samples: study.samples,
            settings: settings(self.prompt()),
            seed,
        }
    }
}
