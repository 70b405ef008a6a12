//! Discounted reward-to-go.

use crate::{CreditError, check};

/// Discounted reward-to-go of one episode or fragment:
/// `out[t] = Σ_{k≥t} γ^{k−t} r_k + γ^{T−t} bootstrap`.
///
/// All slices have length `T`; `bootstrap` is the value of the state after the last step, 0 if the episode
/// terminated. With `γ = 1` and `bootstrap = 0` the first entry is the undiscounted return.
///
/// Source: Williams 1992 (REINFORCE). Identity: with the exact value as baseline the mean over a state and
/// action is the advantage. Known failure: its variance grows with the horizon.
///
/// # Errors
/// Empty or unequal slices, a number that is not finite, `γ` outside `[0, 1]`.
pub fn reward_to_go(rewards: &[f64], gamma: f64, bootstrap: f64, out: &mut [f64]) -> Result<(), CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("out", rewards.len(), out.len())?;
    check::unit_interval("gamma", gamma)?;
    check::finite_scalar("bootstrap", bootstrap)?;
    check::finite("rewards", rewards)?;
    accumulate(rewards, gamma, bootstrap, out);
    check::representable("out", out)
}

/// [`reward_to_go`] of arguments that were checked; whether the results are finite is left to the caller.
#[inline]
pub(crate) fn accumulate(rewards: &[f64], gamma: f64, bootstrap: f64, out: &mut [f64]) {
    let mut next = bootstrap;
    for (out, reward) in out.iter_mut().zip(rewards).rev() {
        next = reward + gamma * next;
        *out = next;
    }
}

/// [`reward_to_go`] over the positions that the policy produced: positions with `mask = false` are skipped,
/// which means that they do not discount, that a reward on them is lost, and that their output is 0.
///
/// Place a reward that an environment pays on the last policy position of its turn
/// ([`crate::move_to_policy`]).
///
/// # Errors
/// As [`reward_to_go`].
pub fn reward_to_go_masked(
    rewards: &[f64],
    mask: &[bool],
    gamma: f64,
    bootstrap: f64,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("mask", rewards.len(), mask.len())?;
    check::len("out", rewards.len(), out.len())?;
    check::unit_interval("gamma", gamma)?;
    check::finite_scalar("bootstrap", bootstrap)?;
    check::finite("rewards", rewards)?;
    let mut next = bootstrap;
    for ((out, reward), &policy) in out.iter_mut().zip(rewards).zip(mask).rev() {
        if policy {
            next = reward + gamma * next;
            *out = next;
        } else {
            *out = 0.0;
        }
    }
    check::representable("out", out)
}
