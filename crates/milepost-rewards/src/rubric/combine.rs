use milepost_core::{Batch, Channel, Level};
use milepost_credit::{CGrpo, Groups};

use super::config::{RubricRewardConfig, RubricUse};
use crate::{ScoreError, ScoreReport, Scorer};

/// The reward of C-GRPO (arXiv 2601.06021) from two channels that stand before it, as a trajectory-level channel:
/// [`CGrpo`] over each group of the batch.
///
/// `R_o` and `R_r` are the sums of their channels over the trajectory. A score that is missing counts as 0, and is
/// counted.
#[derive(Debug, Clone, PartialEq)]
pub struct RubricReward {
    config: RubricRewardConfig,
}

impl RubricReward {
    /// Joins the channels as `config` says.
    pub fn new(config: RubricRewardConfig) -> Result<Self, ScoreError> {
        if !(0.0..=1.0).contains(&config.alpha) {
            return Err(ScoreError::setting(&config.channel, "alpha", config.alpha, "from 0 to 1"));
        }
        Ok(Self { config })
    }
}

impl<O> Scorer<O> for RubricReward {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut missing = 0_u64;
        let mut read = |name: &str| -> Result<Vec<f64>, ScoreError> {
            let sums = batch.trajectories().map(|trajectory| {
                let channel = trajectory.signals.require(name)?;
                missing += u64::from(channel.valid().iter().any(|present| !present));
                Ok(channel.sum())
            });
            sums.collect()
        };
        let (outcomes, rubric) = (read(&self.config.outcome)?, read(&self.config.rubric)?);
        let sizes: Vec<usize> = batch.groups.iter().map(|group| group.members().len()).collect();
        let rule = CGrpo {
            alpha: self.config.alpha,
            rubric: match self.config.rubric_use {
                RubricUse::GroupMax => milepost_credit::RubricUse::GroupMax,
                RubricUse::Unnormalised => milepost_credit::RubricUse::Unnormalised,
                RubricUse::Additive => milepost_credit::RubricUse::Additive,
            },
        };
        let mut rewards = vec![0.0; outcomes.len()];
        let found = rule.rewards(&Groups::from_sizes(&sizes), &outcomes, &rubric, &mut rewards)?;
        for (trajectory, reward) in batch.trajectories_mut().zip(rewards) {
            let value = Channel::dense(&self.config.channel, Level::Trajectory, vec![reward])?;
            trajectory.add_channel(value)?;
        }
        let mut report = ScoreReport::default();
        report.count("correct", found.correct as u64);
        report.count("groups_without_evidence", found.without_evidence as u64);
        report.count("missing", missing);
        Ok(report)
    }
}
