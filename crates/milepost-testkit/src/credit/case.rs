//! A batch as a credit rule sees it.

use std::ops::Range;

/// A ragged batch of trajectories in flat columns: what a credit rule is given.
///
/// `N` trajectories with `P` positions in all. A position is a token or a step; those with `mask = false`
/// were not produced by the policy (prompt, observation, feedback, padding). Build one by hand from
/// [`CaseTrajectory`] values, or draw it from [`crate::strategies::credit_case`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreditCase {
    /// Task of each trajectory, `[N]`: trajectories with equal entries form a group.
    pub groups: Vec<u64>,
    /// Number of positions of each trajectory, `[N]`.
    pub lengths: Vec<usize>,
    /// Value after the last position of each trajectory, `[N]`: 0 where the episode is over.
    pub bootstraps: Vec<f64>,
    /// Rewards, `[P]`; 0 where the mask is false.
    pub rewards: Vec<f64>,
    /// Values of a critic, `[P]`.
    pub values: Vec<f64>,
    /// Whether the policy produced the position, `[P]`.
    pub mask: Vec<bool>,
    /// Turn of each position, counted from 0 in its trajectory and never falling, `[P]`.
    pub turns: Vec<usize>,
    /// Key of the state in which the position's turn starts, `[P]`: one key for each turn.
    pub keys: Vec<u64>,
    /// What was drawn, `[P]`.
    pub actions: Vec<u32>,
    /// Log-probability of what was drawn, `[P]`; 0 where the mask is false.
    pub log_probs: Vec<f64>,
}

/// One trajectory of a [`CreditCase`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseTrajectory {
    /// Its task.
    pub group: u64,
    /// Value after its last position.
    pub bootstrap: f64,
    /// Its positions.
    pub positions: Vec<Position>,
}

/// One position of a [`CaseTrajectory`]; the fields are the columns of [`CreditCase`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Position {
    /// Reward.
    pub reward: f64,
    /// The critic's value.
    pub value: f64,
    /// Whether the policy produced it.
    pub policy: bool,
    /// Turn.
    pub turn: usize,
    /// Key of the state in which the turn starts.
    pub key: u64,
    /// What was drawn.
    pub action: u32,
    /// Its log-probability.
    pub log_prob: f64,
}

impl CreditCase {
    /// Lays trajectories out in columns.
    #[must_use]
    pub fn new(trajectories: &[CaseTrajectory]) -> Self {
        let mut case = Self::default();
        for trajectory in trajectories {
            case.groups.push(trajectory.group);
            case.lengths.push(trajectory.positions.len());
            case.bootstraps.push(trajectory.bootstrap);
            for position in &trajectory.positions {
                case.rewards.push(position.reward);
                case.values.push(position.value);
                case.mask.push(position.policy);
                case.turns.push(position.turn);
                case.keys.push(position.key);
                case.actions.push(position.action);
                case.log_probs.push(position.log_prob);
            }
        }
        case
    }

    /// The trajectories, one by one.
    #[must_use]
    pub fn trajectories(&self) -> Vec<CaseTrajectory> {
        let rows = self.rows().zip(&self.groups).zip(&self.bootstraps);
        rows.map(|((row, &group), &bootstrap)| CaseTrajectory {
            group,
            bootstrap,
            positions: row.map(|at| self.position(at)).collect(),
        })
        .collect()
    }

    fn position(&self, at: usize) -> Position {
        Position {
            reward: self.rewards[at],
            value: self.values[at],
            policy: self.mask[at],
            turn: self.turns[at],
            key: self.keys[at],
            action: self.actions[at],
            log_prob: self.log_probs[at],
        }
    }

    /// The positions of each trajectory.
    pub fn rows(&self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.lengths.iter().map(move |length| {
            start += length;
            start - length..start
        })
    }

    /// Number of positions.
    #[must_use]
    pub const fn positions(&self) -> usize {
        self.rewards.len()
    }

    /// The policy positions of each trajectory.
    #[must_use]
    pub fn policy_rows(&self) -> Vec<Vec<usize>> {
        self.rows().map(|row| row.filter(|&at| self.mask[at]).collect()).collect()
    }

    /// `Σ_t m_t r_t` of each trajectory.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        self.policy_rows().iter().map(|row| row.iter().map(|&at| self.rewards[at]).sum()).collect()
    }

    /// One value a trajectory, at all of its policy positions; 0 elsewhere.
    #[must_use]
    pub fn broadcast(&self, per_trajectory: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.positions()];
        for (row, value) in self.policy_rows().into_iter().zip(per_trajectory) {
            for at in row {
                out[at] = *value;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_trajectories_are_two_views_of_one_batch() {
        let position = |reward, policy| Position { reward, policy, value: 2.0, ..Position::default() };
        let trajectories = [
            CaseTrajectory {
                group: 3,
                bootstrap: 0.5,
                positions: vec![position(1.0, true), position(0.0, false)],
            },
            CaseTrajectory { group: 1, bootstrap: 0.0, positions: vec![] },
            CaseTrajectory { group: 3, bootstrap: 0.0, positions: vec![position(4.0, true)] },
        ];
        let case = CreditCase::new(&trajectories);
        assert_eq!(case.trajectories(), trajectories);
        assert_eq!(case.rows().collect::<Vec<_>>(), [0..2, 2..2, 2..3]);
        assert_eq!(case.returns(), [1.0, 0.0, 4.0]);
        assert_eq!(case.broadcast(&[7.0, 8.0, 9.0]), [7.0, 0.0, 9.0]);
    }
}
