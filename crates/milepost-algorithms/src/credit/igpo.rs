//! Information gains beside outcomes.

use milepost_core::{Batch, Level};
use milepost_credit::{GainBatch, GainPools, Groups, Igpo, Rows};

use super::{Credits, StandardCredit, to_go};
use crate::TrainError;
use crate::config::GainPoolsConfig;

impl StandardCredit {
    /// The outcome is what the combined rewards of a trajectory add up to; gains stand in a channel of their own, and a
    /// turn without a value there has none.
    pub(super) fn igpo<O>(
        &self,
        batch: &Batch<O>,
        rewards: &[Vec<f64>],
        channel: &str,
        pools: GainPoolsConfig,
        gamma: f64,
    ) -> Result<Credits, TrainError> {
        let sizes: Vec<usize> = batch.groups.iter().map(|group| group.members().len()).collect();
        let lengths: Vec<usize> = rewards.iter().map(Vec::len).collect();
        let (groups, turns) = (Groups::from_sizes(&sizes), Rows::ragged(&lengths));
        let (mut gains, mut gained) = (Vec::new(), Vec::new());
        for trajectory in batch.trajectories() {
            let known = trajectory.signals.require(channel)?;
            if known.level() != Level::Turn {
                let reason = format!(
                    "`credit.gains` names channel `{channel}`, which has one value a {:?}; name one of turns",
                    known.level()
                );
                return Err(TrainError::Config { reason });
            }
            gains.extend_from_slice(known.values());
            gained.extend_from_slice(known.valid());
        }
        let outcomes: Vec<f64> = rewards.iter().map(|row| row.iter().sum()).collect();
        let rule = Igpo { normalize: self.normalize.rule(), pools: pools.into(), gamma };
        let view =
            GainBatch { groups: &groups, turns: &turns, outcomes: &outcomes, gains: &gains, gained: &gained };
        let mut out = vec![0.0; gains.len()];
        let report = rule.assign(&view, &mut out)?;
        let mut credits = Credits::default();
        for (row, rewards) in turns.iter().zip(rewards) {
            credits.push(out[row].to_vec(), to_go(rewards, gamma)?);
        }
        if self.drop_zero_variance {
            for members in groups.iter() {
                let silent =
                    members.iter().flat_map(|member| turns.range(*member)).all(|turn| out[turn] == 0.0);
                for member in members {
                    credits.keep[*member] = !silent;
                }
            }
        }
        credits.counters = vec![
            ("groups_without_variance", report.silent_groups as u64),
            ("outcome_pools_without_variance", report.outcomes.zero_range as u64),
            ("gain_pools_without_variance", report.gains.zero_range as u64),
            ("outcome_pools_of_one", report.outcomes.dropped as u64),
            ("gain_pools_of_one", report.gains.dropped as u64),
            ("turns_without_gain", gained.iter().filter(|has| !**has).count() as u64),
        ];
        Ok(credits)
    }
}

impl From<GainPoolsConfig> for GainPools {
    fn from(config: GainPoolsConfig) -> Self {
        match config {
            GainPoolsConfig::Separate => Self::Separate,
            GainPoolsConfig::Joint => Self::Joint,
            GainPoolsConfig::ByPosition => Self::ByPosition,
        }
    }
}
