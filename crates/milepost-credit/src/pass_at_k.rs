//! Advantages for the best of a group.

use crate::normalize::{mean, standard_deviation};
use crate::{CreditError, Groups, GroupsReport, PoolReport, Scale, check, group};

/// Only the best member of each group learns: `A = (R_max − R_second)/(std + ε)`, 0 for all others and for
/// ties at the top.
///
/// Source: the pass@k estimator recorded from verl, `ε = 1e-6`, sample standard deviation ([`Scale::Std`] or
/// [`Scale::None`]). Identity: the sum over a group is non-negative and 0 if the best is not unique. Known
/// failure: with 0/1 rewards only groups with exactly one success teach anything. A pool of one is dropped.
///
/// # Errors
/// Slices that do not fit, a score that is not finite, [`Scale::MaxAbs`].
pub fn pass_at_k_advantages(
    groups: &Groups,
    scale: Scale,
    scores: &[f64],
    out: &mut [f64],
) -> Result<GroupsReport, CreditError> {
    let mut report = GroupsReport::default();
    group::for_each_pool(groups, None, scores, out, |pool, out| {
        out.fill(0.0);
        let zero_range = pool.iter().all(|&score| score == pool[0]);
        let mean = mean(pool);
        let mut divisor = 1.0;
        if !zero_range {
            divisor = match scale {
                Scale::None => 1.0,
                Scale::Std { ddof, epsilon } => {
                    check::non_negative("epsilon", epsilon)?;
                    standard_deviation(pool, mean, ddof)? + epsilon
                }
                Scale::MaxAbs => {
                    return Err(CreditError::InvalidParameter {
                        name: "scale",
                        value: f64::NAN,
                        allowed: "Std or None for pass@k",
                    });
                }
            };
            let (mut best, mut second) = (0, f64::NEG_INFINITY);
            for (member, &score) in pool.iter().enumerate().skip(1) {
                if score > pool[best] {
                    second = pool[best];
                    best = member;
                } else {
                    second = second.max(score);
                }
            }
            out[best] = (pool[best] - second) / divisor;
            check::representable("divisor", &[divisor])?;
        }
        let size = pool.len();
        report.count(&PoolReport { size, zero_range, dropped: size == 1, mean, divisor });
        Ok(())
    })?;
    check::representable("out", out)?;
    Ok(report)
}
