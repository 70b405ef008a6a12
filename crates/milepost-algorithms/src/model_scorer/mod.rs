//! Rewards that are read off a network: the policy's own, or one that is trained beside it.

mod exploration;
mod implicit_reward;
mod information_gain;
mod intrinsic;
mod log_probability;
mod next_token;
mod self_verification;

use std::ops::Range;

use milepost_core::{Batch, Channel, Level, Trajectory};
use milepost_rewards::ScoreReport;

use crate::TrainError;
use crate::agent::{Agent, DecisionTable, Scores};
use crate::config::ModelScorerConfig;

pub use exploration::{Exploration, ExplorationConfig, NoveltyKind, RangeConfig, SignConfig};
pub use implicit_reward::ImplicitRewardModel;
pub use information_gain::InformationGain;
pub use intrinsic::{Intrinsic, IntrinsicKind};
pub use log_probability::LogProbability;
pub use self_verification::SelfVerification;

/// Turns what a network says about trajectories into a named reward channel.
///
/// Model scorers run after the method's [scorers](milepost_rewards::Scorer), in the order of the experiment file, and
/// may read the channels that stand by then. What they are shown of the policy is an inference copy: no gradient of
/// the policy's loss can flow through a reward.
///
/// Laws, as for [`Scorer`](milepost_rewards::Scorer):
/// - one writes one channel, [`ModelScorer::name`], to every trajectory, and touches no other;
/// - a value that cannot be known is missing, never a zero, and counted in the report;
/// - one restored from [`ModelScorer::state`] goes on bit for bit as the saved one would have.
pub trait ModelScorer<A: Agent>: Send {
    /// The channel it writes.
    fn name(&self) -> &str;

    /// Adds the channel to every trajectory of the batch.
    fn score(
        &mut self,
        view: &View<'_, A>,
        batch: &mut Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError>;

    /// Learns from a batch, after the policy has; `view` is still that of the network that drew it.
    fn learn(
        &mut self,
        view: &View<'_, A>,
        batch: &Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError> {
        let _ = (view, batch);
        Ok(ScoreReport::default())
    }

    /// Whether the policy is to wait for it: the iteration's batch then teaches model scorers alone.
    fn holds_policy(&self) -> bool {
        false
    }

    /// Everything that later scores depend on, for an exact resume. Empty where nothing is remembered.
    fn state(&self) -> Result<Vec<u8>, TrainError> {
        Ok(Vec::new())
    }

    /// Takes the state of another one of the same configuration.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), TrainError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let reason = format!("`{}` has no memory, but {} bytes were given to it", self.name(), bytes.len());
        Err(TrainError::Checkpoint { reason })
    }
}

/// What a [`ModelScorer`] is shown.
pub struct View<'a, A: Agent> {
    /// The world and how it is read.
    pub agent: &'a A,
    /// An inference copy of the network that drew the batch.
    pub model: &'a A::Model,
    /// The batch's decisions, as the network reads them.
    pub table: &'a A::Table,
    /// What the network says about every decision.
    pub scores: &'a Scores,
    /// The iteration, from 0.
    pub iteration: u64,
}

impl<A: Agent> View<'_, A> {
    /// The decisions of each trajectory, in the batch's order.
    pub fn decisions(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let offsets = DecisionTable::<A::Model>::offsets(self.table);
        offsets.windows(2).map(|bounds| bounds[0]..bounds[1])
    }

    /// The turn of each decision, `[D]`.
    pub fn turns(&self) -> &[u32] {
        DecisionTable::<A::Model>::turns(self.table)
    }
}

/// The model scorers that every agent can have; `None` for one that is particular to an agent. `start` is the network
/// that training begins with.
pub(crate) fn for_any_agent<A: Agent>(
    config: &ModelScorerConfig,
    start: &A::Model,
    run_seed: u64,
) -> Result<Option<Box<dyn ModelScorer<A>>>, TrainError>
where
    A::Model: 'static,
{
    Ok(match config {
        ModelScorerConfig::LogProbability { channel } => Some(Box::new(LogProbability::new(channel))),
        ModelScorerConfig::ImplicitReward(config) => {
            Some(Box::new(ImplicitRewardModel::new(config.clone(), start, run_seed)?))
        }
        ModelScorerConfig::Intrinsic { channel, reward } => Some(Box::new(Intrinsic::new(channel, *reward))),
        ModelScorerConfig::InformationGain { .. }
        | ModelScorerConfig::SelfVerification { .. }
        | ModelScorerConfig::Exploration(_) => None,
    })
}

/// A token-level channel of one value a decision, `[D_i]`: decisions are the trained tokens, in order.
pub(crate) fn over_decisions<O>(
    channel: &str,
    trajectory: &Trajectory<O>,
    values: &[f64],
) -> Result<Channel, TrainError> {
    let valid = trajectory.policy_mask();
    let found = valid.iter().filter(|trained| **trained).count();
    if found != values.len() {
        let (what, other) = ("trained tokens in a trajectory", "the table of decisions");
        return Err(TrainError::Shape { what, found, other, expected: values.len() });
    }
    let mut rest = values.iter();
    let placed = valid.iter().map(|trained| if *trained { rest.next().copied() } else { None });
    let placed = placed.map(Option::unwrap_or_default).collect();
    Ok(Channel::masked(channel, Level::Token, placed, valid)?)
}
