use milepost_core::Batch;

use crate::TrainError;
use crate::config::{ImplicitRewardConfig, Pairing};
use crate::pairs::pairs;

/// The outcomes of a batch.
pub(super) struct Labels {
    /// Of each trajectory, if its channel says anything.
    pub outcomes: Vec<Option<f64>>,
    /// Trajectories of each group.
    groups: Vec<usize>,
    success_above: f64,
    margin: Option<f64>,
}

impl Labels {
    /// The sum of the outcome channel over each trajectory.
    pub(super) fn read<O>(config: &ImplicitRewardConfig, batch: &Batch<O>) -> Result<Self, TrainError> {
        let mut outcomes = Vec::new();
        for trajectory in batch.trajectories() {
            let channel = trajectory.signals.require(&config.outcome)?;
            outcomes.push(channel.valid().contains(&true).then(|| channel.sum()));
        }
        let groups = batch.groups.iter().map(|group| group.members().len()).collect();
        Ok(Self { outcomes, groups, success_above: config.success_above, margin: config.margin })
    }

    /// Whether trajectory `n` succeeds; failure where nothing is known.
    pub(super) fn success(&self, n: usize) -> bool {
        self.outcomes[n].is_some_and(|outcome| outcome > self.success_above)
    }

    /// Pairs (better, worse) of the trajectories of a group that are `usable` and whose outcome is known.
    pub(super) fn pairs(&self, usable: &[bool]) -> Vec<(usize, usize)> {
        let keep: Vec<bool> = usable.iter().zip(&self.outcomes).map(|(u, o)| *u && o.is_some()).collect();
        let score = |n: usize| match self.margin {
            Some(_) => self.outcomes[n].unwrap_or(0.0),
            None => f64::from(u8::from(self.success(n))),
        };
        let scores: Vec<f64> = (0..keep.len()).map(score).collect();
        let mut pairs = pairs(Pairing::All, &self.groups, &scores, &keep);
        if let Some(margin) = self.margin {
            pairs.retain(|(better, worse)| scores[*better] - scores[*worse] > margin);
        }
        pairs
    }
}

#[cfg(test)]
impl Labels {
    /// Of groups of these sizes; what is above 0 is a success.
    pub(super) fn of(outcomes: &[Option<f64>], groups: &[usize], margin: Option<f64>) -> Self {
        Self { outcomes: outcomes.to_vec(), groups: groups.to_vec(), success_above: 0.0, margin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(outcomes: &[Option<f64>], margin: Option<f64>) -> Labels {
        Labels::of(outcomes, &[3, 2], margin)
    }

    #[test]
    fn successes_are_paired_with_failures_of_their_group() {
        let outcomes = [Some(1.0), Some(0.0), Some(0.5), Some(-0.1), Some(2.0)];
        let all = [true; 5];
        assert_eq!(labels(&outcomes, None).pairs(&all), [(0, 1), (2, 1), (4, 3)]);
        assert_eq!(labels(&outcomes, Some(0.5)).pairs(&all), [(0, 1), (4, 3)]);
        assert_eq!(labels(&outcomes, None).pairs(&[true, true, false, true, false]), [(0, 1)]);
    }

    #[test]
    fn what_is_not_known_makes_no_pair_and_groups_of_one_kind_make_none() {
        let outcomes = [Some(1.0), None, Some(1.0), Some(0.0), Some(0.0)];
        assert!(labels(&outcomes, None).pairs(&[true; 5]).is_empty());
        assert!(!labels(&outcomes, None).success(1));
    }
}
