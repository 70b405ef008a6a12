//! REINFORCE++ and its baseline form.

use crate::{
    Centre, CreditError, Groups, Normalize, Pooling, Rows, Scale, Singleton, check, reward_to_go_masked,
    whiten,
};

/// REINFORCE++: the reward-to-go of every token, whitened over all policy tokens of the batch.
///
/// `tokens` says which positions belong to which sequence; `rewards` (which usually contain `−β` times the k1
/// estimator), `mask`, `advantages` and `returns` are flat. Positions that the policy did not produce are
/// skipped and get 0. Whitening is `(x − mean)/√(var + ε)`, `ε = 1e-8` in the recorded form.
///
/// Source: arXiv 2501.03262; recorded from verl. Identity: mean 0 and variance 1 over the batch. Known failure:
/// statistics are per token, so long sequences weigh more; prompts of different difficulty share one baseline.
///
/// # Errors
/// Slices that do not fit, a number that is not finite, `γ` outside `[0, 1]`, fewer than two policy tokens.
pub fn reinforce_pp(
    tokens: &Rows,
    rewards: &[f64],
    mask: &[bool],
    gamma: f64,
    epsilon: f64,
    advantages: &mut [f64],
    returns: &mut [f64],
) -> Result<(), CreditError> {
    check::len("rewards", tokens.entries(), rewards.len())?;
    check::len("mask", rewards.len(), mask.len())?;
    check::len("advantages", rewards.len(), advantages.len())?;
    check::len("returns", rewards.len(), returns.len())?;
    check::finite("rewards", rewards)?;
    for row in tokens.iter().filter(|row| !row.is_empty()) {
        reward_to_go_masked(&rewards[row.clone()], &mask[row.clone()], gamma, 0.0, &mut returns[row])?;
    }
    advantages.copy_from_slice(returns);
    whiten(advantages, Some(mask), epsilon)
}

/// REINFORCE++-baseline: the score minus the group mean at every token, whitened over all policy tokens.
///
/// `scores` has one entry per sequence, `mask` and `advantages` are flat. Under [`Singleton::Raw`] (recorded) a
/// pool of one keeps its score before whitening.
///
/// Source and known failure as [`reinforce_pp`].
///
/// # Errors
/// Slices that do not fit, a score that is not finite, fewer than two policy tokens.
pub fn reinforce_pp_baseline(
    groups: &Groups,
    tokens: &Rows,
    scores: &[f64],
    mask: &[bool],
    singleton: Singleton,
    epsilon: f64,
    advantages: &mut [f64],
) -> Result<(), CreditError> {
    let centre = Normalize { centre: Centre::Mean, scale: Scale::None };
    let pooling = Pooling { singleton, ..Pooling::default() };
    let mut centred = vec![0.0; scores.len()];
    centre.apply_groups_with(groups, pooling, scores, &mut centred)?;
    tokens.broadcast(&centred, Some(mask), advantages)?;
    whiten(advantages, Some(mask), epsilon)
}
