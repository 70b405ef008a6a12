//! GPG: centred scores, rescaled for the share of rewarded trajectories.

use crate::{Centre, CreditError, Groups, GroupsReport, Normalize, Pooling, Scale, Singleton, check};

/// `A_i = α (R_i − mean)/F` with `α = N/max(1, #{R ≠ 0})` over the whole batch and `F = 1`.
///
/// Source: GPG, arXiv 2504.02546, in the form recorded from verl, where `α` is this statistic. Identity: Dr.
/// GRPO's centring times a constant of the batch. Known failure: `α` depends on which value a failure has, so
/// the scale of the gradient changes when failures cost something.
///
/// # Errors
/// Slices that do not fit, a score that is not finite.
pub fn gpg_advantages(
    groups: &Groups,
    scores: &[f64],
    singleton: Singleton,
    out: &mut [f64],
) -> Result<GroupsReport, CreditError> {
    let centre = Normalize { centre: Centre::Mean, scale: Scale::None };
    let pooling = Pooling { singleton, ..Pooling::default() };
    let report = centre.apply_groups_with(groups, pooling, scores, out)?;
    let rewarded = scores.iter().filter(|&&score| score != 0.0).count();
    let alpha = scores.len() as f64 / rewarded.max(1) as f64;
    for advantage in out.iter_mut() {
        *advantage *= alpha;
    }
    check::representable("out", out)?;
    Ok(report)
}
