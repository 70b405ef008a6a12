//! n-step returns.

use crate::{CreditError, check};

/// n-step returns: `G_t = Σ_{k<m} (Π_{j<k} d_{t+j}) r_{t+k} + (Π_{j<m} d_{t+j}) V_{t+m}` with
/// `m = min(n, T − t)`, so near the end the bootstrap is the last value.
///
/// Shapes as in [`crate::lambda_returns`]. The cost is `O(n T)`, because a discount may be 0.
///
/// Source: Sutton and Barto 2018, section 7.1. Identities: `n = 1` is the one-step target, `n ≥ T` the
/// discounted return with bootstrap.
///
/// # Errors
/// Empty or unequal slices, a number that is not finite, `n = 0`.
pub fn n_step_returns(
    rewards: &[f64],
    discounts: &[f64],
    next_values: &[f64],
    n: usize,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("discounts", rewards.len(), discounts.len())?;
    check::len("next_values", rewards.len(), next_values.len())?;
    check::len("out", rewards.len(), out.len())?;
    if n == 0 {
        return Err(CreditError::InvalidParameter { name: "n", value: 0.0, allowed: "at least 1" });
    }
    check::finite("rewards", rewards)?;
    check::finite("discounts", discounts)?;
    check::finite("next_values", next_values)?;
    for (start, out) in out.iter_mut().enumerate() {
        let end = rewards.len().min(start.saturating_add(n));
        let mut target = next_values[end - 1];
        for step in (start..end).rev() {
            target = rewards[step] + discounts[step] * target;
        }
        *out = target;
    }
    check::representable("out", out)
}
