//! ReMax: the score of the greedy answer as a baseline.

use crate::{CreditError, Rows, check, reward_to_go_masked};

/// `A_{i,t} = Σ_{u≥t} r_{i,u} − b_i`, `b_i` the score of the greedy answer to the same prompt.
///
/// `baselines` has one entry per sequence, all else is flat; `returns` gets the reward-to-go. Both outputs are
/// 0 where `mask` is false (the recorded code leaves the reward-to-go there).
///
/// Source: arXiv 2310.10505; recorded from verl. Identity: unbiased, because the baseline does not depend on
/// the sampled answer. Known failure: one more generation per prompt, and a baseline that is too high once the
/// greedy answer is better than the average one.
///
/// # Errors
/// Slices that do not fit, a number that is not finite.
pub fn remax_advantages(
    tokens: &Rows,
    rewards: &[f64],
    mask: &[bool],
    baselines: &[f64],
    advantages: &mut [f64],
    returns: &mut [f64],
) -> Result<(), CreditError> {
    check::len("rewards", tokens.entries(), rewards.len())?;
    check::len("mask", rewards.len(), mask.len())?;
    check::len("baselines", tokens.len(), baselines.len())?;
    check::len("advantages", rewards.len(), advantages.len())?;
    check::len("returns", rewards.len(), returns.len())?;
    check::finite("rewards", rewards)?;
    check::finite("baselines", baselines)?;
    for (row, baseline) in tokens.iter().zip(baselines).filter(|(row, _)| !row.is_empty()) {
        let mask = &mask[row.clone()];
        reward_to_go_masked(&rewards[row.clone()], mask, 1.0, 0.0, &mut returns[row.clone()])?;
        for ((advantage, value), &policy) in advantages[row.clone()].iter_mut().zip(&returns[row]).zip(mask) {
            *advantage = if policy { value - baseline } else { 0.0 };
        }
    }
    check::representable("advantages", advantages)
}
