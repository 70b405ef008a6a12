use milepost_core::{Batch, Channel, Level};
use milepost_credit::{IntrinsicReward, least_for_missing};
use milepost_rewards::ScoreReport;
use serde::{Deserialize, Serialize};

use super::next_token::each_next_token;
use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::Agent;

/// Which reward a policy gives its own responses. Each is a constant of [`IntrinsicReward`], where its formula stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntrinsicKind {
    /// Minus the mean entropy of the next-token distributions.
    TokenEntropy,
    /// The mean cross entropy of the uniform distribution.
    SelfCertainty,
    /// The mean log-probability of the tokens.
    TrajectoryEntropy,
    /// The probability of the response.
    Probability,
}

impl IntrinsicKind {
    const fn reward(self) -> IntrinsicReward {
        match self {
            Self::TokenEntropy => IntrinsicReward::TOKEN_ENTROPY,
            Self::SelfCertainty => IntrinsicReward::SELF_CERTAINTY,
            Self::TrajectoryEntropy => IntrinsicReward::TRAJECTORY_ENTROPY,
            Self::Probability => IntrinsicReward::PROBABILITY,
        }
    }
}

/// Pays a trajectory, once, for how sure of it the policy was that drew it (arXiv 2603.08660). No label is read.
///
/// Positions are the trained tokens; prompts, replies and padding never enter. Where the grammar constrained a draw, the
/// vocabulary is that of the tokens which could be drawn. A trajectory without trained tokens gets the least reward of
/// its group; distributions that are not numbers are an error, which is how a collapse of the network shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intrinsic {
    channel: String,
    kind: IntrinsicKind,
}

impl Intrinsic {
    /// Writes `channel`.
    pub fn new(channel: impl Into<String>, kind: IntrinsicKind) -> Self {
        Self { channel: channel.into(), kind }
    }
}

impl<A: Agent> ModelScorer<A> for Intrinsic {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(
        &mut self,
        view: &View<'_, A>,
        batch: &mut Batch<A::Observation>,
    ) -> Result<ScoreReport, TrainError> {
        let rule = self.kind.reward();
        let mut entropies = vec![Vec::new(); view.decisions().len()];
        let mut support = Vec::new();
        each_next_token(view, |trajectory, next| {
            support.clear();
            let mut drawn = usize::MAX;
            for (token, log_prob) in next.support() {
                if token == next.drawn {
                    drawn = support.len();
                }
                support.push(log_prob);
            }
            entropies[trajectory].push(rule.cross_entropy(&support, drawn)?);
            Ok(())
        })?;
        let mut rewards: Vec<Option<f64>> =
            entropies.iter().map(|entropies| rule.reward(entropies)).collect();
        let mut report = ScoreReport::default();
        let (mut rest, mut empty) = (rewards.as_mut_slice(), 0);
        for group in &batch.groups {
            let (members, others) = rest.split_at_mut(group.members().len());
            empty += least_for_missing(members);
            rest = others;
        }
        report.count("empty_responses", empty as u64);
        let known: Vec<f64> = rewards.iter().flatten().copied().collect();
        report.metric("mean", known.iter().sum::<f64>() / known.len().max(1) as f64);
        for (trajectory, reward) in batch.trajectories_mut().zip(rewards) {
            let (value, valid) = (vec![reward.unwrap_or_default()], vec![reward.is_some()]);
            trajectory.add_channel(Channel::masked(&self.channel, Level::Trajectory, value, valid)?)?;
        }
        Ok(report)
    }
}
