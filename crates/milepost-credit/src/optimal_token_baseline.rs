//! A variance-optimal baseline for each token position.

use crate::gae::representable;
use crate::{CreditError, Groups, Rows, check};

/// What "the same position" means when responses of a group are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionIndex {
    /// The column in the response, observations included.
    Column,
    /// The number of policy tokens before it; for multi-turn responses, where columns do not line up.
    PolicyToken,
}

/// A batch of responses with what the baseline needs. All slices are flat.
#[derive(Debug, Clone, Copy)]
pub struct TokenBatch<'a> {
    /// Which responses share a prompt.
    pub groups: &'a Groups,
    /// The positions of each response.
    pub tokens: &'a Rows,
    /// Rewards; those on masked positions are lost.
    pub rewards: &'a [f64],
    /// Whether the policy produced the position.
    pub mask: &'a [bool],
    /// Log-probability `log π` of the sampled token.
    pub log_probs: &'a [f64],
    /// `Σ_v π_v²` of the distribution that the token was drawn from.
    pub sum_pi_squared: &'a [f64],
}

/// Optimal token baseline: `A_{i,t} = G_{i,t} − B_t`, `B_t = Σ_i G_{i,t} W_{i,t}/(Σ_i W_{i,t} + ε)` over the
/// group, `W_{i,t} = Σ_{u≤t} (1 − 2π + Σ_v π_v²)` the squared norm of the accumulated score function of the
/// logits, `G` the undiscounted reward-to-go.
///
/// At positions that only the single longest response of the group reaches the baseline is 0, and so it is for
/// a pool of one. Both outputs have one entry per position: `advantages` is 0 where `mask` is false; `returns`
/// is the reward-to-go, which passes through masked positions.
///
/// Source: optimal token baseline, recorded from verl with `ε = 1e-8`. Identity: with equal `W` the baseline is
/// the group mean of the rewards-to-go. Known failure: the tail of the longest response has no baseline; under
/// [`PositionIndex::Column`] the tail starts at the *count* of policy tokens of the second longest response.
///
/// # Errors
/// Slices that do not fit, a number that is not finite.
pub fn optimal_token_baseline(
    batch: &TokenBatch<'_>,
    index: PositionIndex,
    epsilon: f64,
    advantages: &mut [f64],
    returns: &mut [f64],
) -> Result<(), CreditError> {
    let positions = batch.tokens.entries();
    check::len("groups", batch.tokens.len(), batch.groups.entries())?;
    check::len("rewards", positions, batch.rewards.len())?;
    check::len("mask", positions, batch.mask.len())?;
    check::len("log_probs", positions, batch.log_probs.len())?;
    check::len("sum_pi_squared", positions, batch.sum_pi_squared.len())?;
    check::len("advantages", positions, advantages.len())?;
    check::len("returns", positions, returns.len())?;
    check::non_negative("epsilon", epsilon)?;
    check::finite("rewards", batch.rewards)?;
    check::finite("log_probs", batch.log_probs)?;
    check::finite("sum_pi_squared", batch.sum_pi_squared)?;
    for row in batch.tokens.iter() {
        let mut to_go = 0.0;
        for position in row.rev() {
            to_go += if batch.mask[position] { batch.rewards[position] } else { 0.0 };
            returns[position] = to_go;
        }
    }
    let (mut weighted, mut weights) = (Vec::new(), Vec::new());
    for members in batch.groups.iter() {
        weighted.clear();
        weights.clear();
        let tail = batch.tail(members);
        for &member in members {
            batch.for_each_policy_token(member, index, |position, slot, weight| {
                if slot >= weights.len() {
                    weights.resize(slot + 1, 0.0);
                    weighted.resize(slot + 1, 0.0);
                }
                weighted[slot] += returns[position] * weight;
                weights[slot] += weight;
            });
        }
        for &member in members {
            advantages[batch.tokens.range(member)].fill(0.0);
            let tail = tail.filter(|&(longest, _)| longest == member).map(|(_, start)| start);
            batch.for_each_policy_token(member, index, |position, slot, _| {
                let alone = members.len() == 1 || tail.is_some_and(|start| slot >= start);
                let baseline = if alone { 0.0 } else { weighted[slot] / (weights[slot] + epsilon) };
                advantages[position] = returns[position] - baseline;
            });
        }
    }
    representable(advantages, returns)
}

impl TokenBatch<'_> {
    /// The single longest response of a group and the number of policy tokens of the second longest.
    fn tail(&self, members: &[usize]) -> Option<(usize, usize)> {
        let length =
            |member: usize| self.tokens.range(member).filter(|&position| self.mask[position]).count();
        let longest = *members.iter().max_by_key(|&&member| length(member))?;
        let others = members.iter().filter(|&&member| member != longest);
        let second = others.map(|&member| length(member)).max()?;
        (length(longest) > second).then_some((longest, second))
    }

    /// Calls `visit(position, slot, W)` for the policy tokens of a response.
    fn for_each_policy_token(
        &self,
        member: usize,
        index: PositionIndex,
        mut visit: impl FnMut(usize, usize, f64),
    ) {
        let row = self.tokens.range(member);
        let (start, mut weight) = (row.start, 0.0);
        for (count, position) in row.filter(|&position| self.mask[position]).enumerate() {
            weight += 1.0 - 2.0 * libm::exp(self.log_probs[position]) + self.sum_pi_squared[position];
            let slot = match index {
                PositionIndex::Column => position - start,
                PositionIndex::PolicyToken => count,
            };
            visit(position, slot, weight);
        }
    }
}
