//! Worlds in which every step has a truth.

use std::sync::Arc;

use milepost_algorithms::{
    Device, FeatureAgent, MethodConfig, ModelScorer, TokenAgent, TokenParts, TokenSettings, TrainError,
    Trainer, TrainerParts, View, WarmStart,
};
use milepost_core::{Batch, Channel, DiscreteEnvironment, Environment, Level, TokenEnvironment, Trajectory};
use milepost_microworlds::tokens::{ArithChain, ArithChainConfig, SingleTurn};
use milepost_microworlds::worlds::{BoxPushing, BoxPushingConfig, BoxPushingState};
use milepost_microworlds::{MicroObservation, Microworld};
use milepost_policies::{CausalTransformer, Network, NetworkConfig, TransformerConfig};
use milepost_rewards::ScoreReport;
use serde::{Deserialize, Serialize};

use crate::StudyError;

/// A world, and the policy that training begins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one world a study: boxing would save nothing that matters")]
pub enum ImplicitWorld {
    /// Chains of modular arithmetic. A step is a value of the scratchpad or the answer; the first false one of an
    /// answer is bad, those before it are good, those after it are not judged.
    ArithChain {
        /// The task.
        #[serde(default)]
        task: ArithChainConfig,
        /// The network.
        network: TransformerConfig,
        /// How it reads and draws.
        tokens: TokenSettings,
        /// What it imitates first.
        warm_start: WarmStart,
        /// Writes what an oracle of steps pays to the channel of this name, 1 for each true value and −1 for each false
        /// one: an upper bound, for a method without a reward model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oracle: Option<String>,
    },
    /// Box pushing. A step is good if it brings the goal nearer, bad if it does not; where the box is lost already it
    /// is not judged.
    BoxPushing {
        /// The task.
        #[serde(default)]
        task: BoxPushingConfig,
        /// The network.
        #[serde(default)]
        network: NetworkConfig,
        /// What it imitates first: shortest ways to the goal, each as far as the box is not lost. Default nothing: the
        /// policy begins untrained.
        #[serde(default)]
        warm_start: WarmStart,
    },
}

impl ImplicitWorld {
    pub(super) fn validate(&self) -> Result<(), StudyError> {
        let (Self::ArithChain { warm_start, .. } | Self::BoxPushing { warm_start, .. }) = self;
        warm_start.validate().map_err(StudyError::part("the warm start"))?;
        let checked = match self {
            Self::ArithChain { task, .. } => ArithChain::new(task.clone()).map(drop),
            Self::BoxPushing { task, .. } => BoxPushing::new(task.clone()).map(drop),
        };
        checked.map_err(StudyError::part("the world"))
    }
}

/// What evaluation knows about the steps of a trajectory.
pub(super) trait Truth<O> {
    /// Whether each judged step is good, with what `channel` pays for it; steps without pay are left out.
    fn steps(&self, trajectory: &Trajectory<O>, channel: &str) -> Result<Vec<(bool, f64)>, StudyError>;
}

type Chains = SingleTurn<ArithChain>;
type Boxes = Microworld<BoxPushing>;

impl Truth<()> for Chains {
    fn steps(&self, trajectory: &Trajectory<()>, channel: &str) -> Result<Vec<(bool, f64)>, StudyError> {
        let Some(paid) = trajectory.signals.get(channel) else { return Ok(Vec::new()) };
        let mut world = self.clone();
        world.reset(trajectory.task).map_err(StudyError::part("the world"))?;
        let written = trajectory.spans.iter().find(|span| span.is_trained());
        let (Some(problem), Some(span)) = (world.problem(), written) else { return Ok(Vec::new()) };
        let Some(steps) = world.task().steps(problem, &trajectory.tokens[span.range()]) else {
            return Ok(Vec::new());
        };
        let steps = steps.for_evaluation();
        let right = steps.iter().take_while(|step| step.is_correct()).count();
        let judged = steps.iter().take(right + 1);
        Ok(judged.filter_map(|s| Some((s.is_correct(), paid.get(span.start as usize + s.token)?))).collect())
    }
}

impl Truth<MicroObservation> for Boxes {
    fn steps(
        &self,
        trajectory: &Trajectory<MicroObservation>,
        channel: &str,
    ) -> Result<Vec<(bool, f64)>, StudyError> {
        let Some(paid) = trajectory.signals.get(channel) else { return Ok(Vec::new()) };
        let to_go = |key: u64| self.dynamics().steps_to_go(&state(key));
        let pairs = trajectory.state_keys.windows(2).enumerate();
        Ok(pairs
            .filter_map(|(turn, keys)| {
                let before = to_go(keys[0])?;
                Some((to_go(keys[1]).is_some_and(|after| after < before), paid.get(turn)?))
            })
            .collect())
    }
}

/// The state of this key.
fn state(key: u64) -> BoxPushingState {
    let part = |place: u32| (key >> (16 * place)) as u16;
    BoxPushingState { level: part(3), agent: part(2), boxes: [part(1), part(0)] }
}

/// What an oracle of steps pays; other tokens of the policy get 0.
struct OracleSteps {
    channel: String,
    world: Chains,
}

impl ModelScorer<TokenAgent<Chains, CausalTransformer>> for OracleSteps {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(
        &mut self,
        _: &View<'_, TokenAgent<Chains, CausalTransformer>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        for trajectory in batch.trajectories_mut() {
            let mask = trajectory.policy_mask();
            let mut paid = vec![0.0; mask.len()];
            self.world.reset(trajectory.task)?;
            let written = trajectory.spans.iter().find(|span| span.is_trained());
            if let (Some(problem), Some(span)) = (self.world.problem(), written) {
                let tokens = &trajectory.tokens[span.range()];
                let steps = self.world.task().oracle_step_rewards(problem, tokens).unwrap_or_default();
                for (token, reward) in steps {
                    paid[span.start as usize + token] = reward;
                }
            }
            trajectory.add_channel(Channel::masked(&self.channel, Level::Token, paid, mask)?)?;
        }
        Ok(ScoreReport::default())
    }
}

/// Chains, and a loop on them that begins with the warm start.
#[allow(clippy::too_many_arguments, reason = "one call site; a struct would name them a second time")]
pub(super) fn chains(
    task: &ArithChainConfig,
    network: &TransformerConfig,
    tokens: &TokenSettings,
    warm_start: &WarmStart,
    oracle: Option<&str>,
    method: &MethodConfig,
    device: Device,
    seed: u64,
) -> Result<(Chains, Trainer<TokenAgent<Chains, CausalTransformer>>), StudyError> {
    let task = ArithChain::new(task.clone()).map_err(StudyError::part("the world"))?;
    let world = SingleTurn::new(task);
    let words = world.vocabulary().len();
    let network = network.init(words, seed, &device.clone().autodiff());
    let network = network.map_err(StudyError::part("the policy"))?;
    let warm = warm_start.apply(network, &world, tokens, &device, seed);
    let (network, _) = warm.map_err(StudyError::part("the warm start"))?;
    let trainer = Trainer::over_tokens(TokenParts {
        environment: world.clone(),
        probes: Vec::new(),
        network,
        method: method.clone(),
        settings: *tokens,
        device,
        run_seed: seed,
    });
    let trainer = trainer.map_err(StudyError::part("the method"))?;
    Ok(match oracle {
        None => (world, trainer),
        Some(channel) => {
            let paid = OracleSteps { channel: channel.to_owned(), world: world.clone() };
            (world, trainer.with_model_scorer(paid))
        }
    })
}

/// Levels, and a loop on them that begins with the warm start.
pub(super) fn boxes(
    task: &BoxPushingConfig,
    network: &NetworkConfig,
    warm_start: &WarmStart,
    method: &MethodConfig,
    device: Device,
    seed: u64,
) -> Result<(Boxes, Trainer<FeatureAgent<Boxes, Network>>), StudyError> {
    let task = BoxPushing::new(task.clone()).map_err(StudyError::part("the world"))?;
    let world = Microworld::new(task);
    let encoder = Arc::new(world.encoder());
    let features = milepost_core::Encoder::len(encoder.as_ref());
    let network = network.init(features, world.action_count(), seed, &device.clone().autodiff());
    let network = network.map_err(StudyError::part("the policy"))?;
    let expert = |world: &Boxes| {
        let solution = world.state().and_then(|state| world.dynamics().solution(state))?;
        solution.first().copied()
    };
    let warm = warm_start.apply_to_features(network, &world, expert, &*encoder, &device, seed);
    let (network, _) = warm.map_err(StudyError::part("the warm start"))?;
    let trainer = Trainer::new(TrainerParts {
        environment: world.clone(),
        encoder,
        probes: Vec::new(),
        network,
        method: method.clone(),
        device,
        run_seed: seed,
    });
    Ok((world, trainer.map_err(StudyError::part("the method"))?))
}
