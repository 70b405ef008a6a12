//! MT-GRPO: a reward for one early turn beside the outcome.

use crate::{CreditError, Groups, Normalize, Rows, check};

/// A batch of trajectories with one rewarded turn each.
#[derive(Debug, Clone, Copy)]
pub struct RewardedTurnBatch<'a> {
    /// Which trajectories share a task.
    pub groups: &'a Groups,
    /// The tokens of each trajectory.
    pub tokens: &'a Rows,
    /// Whether the policy produced the token, flat.
    pub mask: &'a [bool],
    /// Outcome of each trajectory.
    pub outcomes: &'a [f64],
    /// Reward of the rewarded turn of each trajectory.
    pub turn_rewards: &'a [f64],
    /// Number of tokens up to and including the rewarded turn; `None` if the trajectory has no such turn.
    pub turn_ends: &'a [Option<usize>],
}

/// Multi-turn GRPO with a reward on the first tool turn: tokens up to and including the rewarded turn get
/// `A^O_i + λ A^T_i`, later tokens `A^O_i`, where `A^T` and `A^O` are turn reward and outcome, each normalised
/// in its group. A trajectory without the turn gets its normalised sum `R^O + R^T`.
///
/// Source: arXiv 2505.11821. Identity: `λ = 0` is outcome GRPO wherever the turn exists. Known failure: with
/// more than two turns later turns get no credit of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MtGrpo {
    /// Normalisation of each pool.
    pub normalize: Normalize,
    /// Weight `λ` of the turn part.
    pub lambda: f64,
}

impl Default for MtGrpo {
    fn default() -> Self {
        Self { normalize: Normalize::grpo(), lambda: 1.0 }
    }
}

impl MtGrpo {
    /// The advantage of each token, flat; 0 where `mask` is false. Returns how many trajectories lacked the
    /// turn.
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, a turn that ends after its trajectory.
    pub fn assign(&self, batch: &RewardedTurnBatch<'_>, out: &mut [f64]) -> Result<usize, CreditError> {
        let trajectories = batch.outcomes.len();
        check::non_empty("outcomes", batch.outcomes)?;
        check::len("tokens", trajectories, batch.tokens.len())?;
        check::len("turn_rewards", trajectories, batch.turn_rewards.len())?;
        check::len("turn_ends", trajectories, batch.turn_ends.len())?;
        check::len("mask", batch.tokens.entries(), batch.mask.len())?;
        check::len("out", batch.tokens.entries(), out.len())?;
        check::finite_scalar("lambda", self.lambda)?;
        let normalized = |scores: &[f64]| {
            let mut out = vec![0.0; trajectories];
            self.normalize.apply_groups(batch.groups, scores, &mut out).map(|_| out)
        };
        let outcome = normalized(batch.outcomes)?;
        let turn = normalized(batch.turn_rewards)?;
        let sums: Vec<f64> = batch.outcomes.iter().zip(batch.turn_rewards).map(|(a, b)| a + b).collect();
        let sum = normalized(&sums)?;
        let mut without_turn = 0;
        for (trajectory, row) in batch.tokens.iter().enumerate() {
            let (early, late, end) = match batch.turn_ends[trajectory] {
                Some(end) if end > row.len() => {
                    return Err(CreditError::IndexOutOfRange {
                        what: "turn_ends",
                        position: trajectory,
                        index: end,
                        len: row.len(),
                    });
                }
                Some(end) => (outcome[trajectory] + self.lambda * turn[trajectory], outcome[trajectory], end),
                None => {
                    without_turn += 1;
                    (sum[trajectory], sum[trajectory], 0)
                }
            };
            let split = row.start + end;
            for position in row {
                let value = if position < split { early } else { late };
                out[position] = if batch.mask[position] { value } else { 0.0 };
            }
        }
        check::representable("out", out)?;
        Ok(without_turn)
    }
}
