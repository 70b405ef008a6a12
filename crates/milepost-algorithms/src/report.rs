use milepost_core::{Batch, Group};
use serde::{Deserialize, Serialize};

use crate::agent::EpisodeSummary;

/// What one iteration did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IterationReport {
    /// Environment steps taken.
    pub steps: u64,
    /// Policy tokens that are learned from.
    pub policy_tokens: u64,
    /// Tokens that the policy drew, those that were thrown away included.
    #[serde(default)]
    pub drawn_tokens: u64,
    /// Episodes that ended, in slot order.
    pub episodes: Vec<EpisodeSummary>,
    /// Named numbers: losses, entropy, ratios, norms, and what scorers measured.
    pub metrics: Vec<(String, f64)>,
    /// Named counts of everything dropped, missing or fallen back on.
    pub counters: Vec<(String, u64)>,
    /// What each reward channel paid.
    pub channels: Vec<ChannelTotal>,
}

/// What one channel paid over an iteration, before combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelTotal {
    /// The channel.
    pub name: String,
    /// Sum of its values.
    pub sum: f64,
    /// Sum of their magnitudes.
    pub magnitude: f64,
    /// How many values were present.
    pub present: u64,
    /// How many were missing.
    pub missing: u64,
}

impl ChannelTotal {
    /// The totals of every channel of a batch, in the channels' order.
    #[must_use]
    pub fn of<O>(batch: &Batch<O>) -> Vec<Self> {
        let mut totals: Vec<Self> = Vec::new();
        for channel in batch.trajectories().flat_map(|trajectory| trajectory.signals.iter()) {
            let index = totals.iter().position(|total| total.name == channel.name()).unwrap_or_else(|| {
                let name = channel.name().to_owned();
                totals.push(Self { name, sum: 0.0, magnitude: 0.0, present: 0, missing: 0 });
                totals.len() - 1
            });
            let total = &mut totals[index];
            for value in channel.iter() {
                match value {
                    Some(value) => {
                        total.sum += value;
                        total.magnitude += value.abs();
                        total.present += 1;
                    }
                    None => total.missing += 1,
                }
            }
        }
        totals
    }
}

/// The share of the episodes that succeed; `None` where none ended.
pub(crate) fn success_rate(episodes: &[EpisodeSummary]) -> Option<f64> {
    let solved = episodes.iter().filter(|episode| episode.success()).count();
    (!episodes.is_empty()).then(|| solved as f64 / episodes.len() as f64)
}

/// The groups of which no member was paid anything by the environment, whatever else pays; `None` in a batch without
/// a group of several members.
pub(crate) fn groups_unrewarded<O>(batch: &Batch<O>) -> Option<u64> {
    let groups = || batch.groups.iter().filter(|group| group.members().len() > 1);
    let unpaid = |group: &&Group<O>| group.members().iter().all(|member| member.environment_return() == 0.0);
    groups().next().map(|_| groups().filter(unpaid).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Ending, Outcome, StateRecords, TaskSeed, Trajectory, TrajectoryBuilder, Version};

    fn paid(rewards: &[f64]) -> Trajectory<()> {
        let mut builder =
            TrajectoryBuilder::new(TaskSeed::literal(1), 0, 0, Version(0), StateRecords::default());
        builder.state((), 0, &[]);
        for reward in rewards {
            builder.action(0, -1.0, *reward);
            builder.state((), 1, &[]);
        }
        builder.finish(Ending::Malformed).expect("consistent")
    }

    fn unrewarded(groups: &[&[&[f64]]]) -> Option<u64> {
        let group = |members: &&[&[f64]]| {
            Group::new(members.iter().map(|rewards| paid(rewards)).collect()).expect("one task")
        };
        groups_unrewarded(&Batch { groups: groups.iter().map(group).collect() })
    }

    #[test]
    fn a_group_is_unrewarded_where_no_member_was_paid_not_where_all_were_paid_alike() {
        let (failed, solved): (&[f64], &[f64]) = (&[0.0, 0.0], &[0.0, 1.0]);
        assert_eq!(unrewarded(&[&[failed, failed], &[solved, solved], &[failed, solved]]), Some(1));
        assert_eq!(unrewarded(&[&[solved, failed], &[failed, failed], &[failed, failed]]), Some(2));
        assert_eq!(unrewarded(&[&[solved, solved]]), Some(0));
        assert_eq!(unrewarded(&[&[failed], &[failed]]), None, "there is no group of one");
    }

    #[test]
    fn the_success_rate_is_over_the_episodes_that_ended() {
        let ended = |ending| EpisodeSummary {
            task: TaskSeed::literal(1),
            environment_return: 1.0,
            length: 1,
            ending,
        };
        let [won, lost] = [Outcome::Success, Outcome::Failure].map(|o| ended(Ending::Terminated(o)));
        assert_eq!(success_rate(&[won, lost, ended(Ending::Malformed), lost]), Some(0.25));
        assert_eq!(success_rate(&[]), None);
    }
}
