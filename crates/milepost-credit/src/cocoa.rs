//! Contribution coefficients: counterfactual credit for later rewards.

use crate::{CreditError, check};

/// Contribution coefficient `w(s,a,u) = P(u | s,a)/P(u | s) − 1` from the expected number of later visits to
/// the outcome `u` after the action and under the policy. `None` where the policy never reaches `u`.
///
/// Source: COCOA, arXiv 2306.16803, definition 1. Identity: `Σ_a π(a|s) w(s,a,u) = 0`.
#[must_use]
pub fn contribution_coefficient(after_action: f64, under_policy: f64) -> Option<f64> {
    let defined = under_policy > 0.0 && under_policy.is_finite() && after_action.is_finite();
    defined.then(|| after_action / under_policy - 1.0)
}

/// Credit of an action from contribution coefficients, on a trajectory that the policy drew from `s_t`:
/// `ĉ_t(a) = r(s_t,a) − Σ_b π(b|s_t) r(s_t,b) + Σ_{k>t} w(s_t,a,u_k) r_k`.
///
/// `immediate[t] = r(s_t,a) − Σ_b π(b|s_t) r(s_t,b)`; `coefficient(t, k)` is the coefficient of the action at
/// `t` for the outcome at step `k > t`, `None` where it is undefined. Call it once for every action of
/// interest: the action need not be the one that the trajectory took. Returns the number of undefined
/// coefficients of rewards other than 0; they count as no contribution.
///
/// With `u` the state this is state-conditioned HCA, with `u` the reward value COCOA-reward.
/// Source: COCOA, arXiv 2306.16803, equation 4. Identity: with exact coefficients, and a reward that depends on
/// `(s,a)` only through `u`, its mean over the trajectories of the policy from `s_t` is the advantage of the
/// action. Known failure: outcomes that encode the past bring back the variance of REINFORCE; outcomes that
/// alias rewards bring bias.
///
/// # Errors
/// Empty or unequal slices, a number or coefficient that is not finite.
pub fn contribution_credit(
    immediate: &[f64],
    rewards: &[f64],
    coefficient: impl Fn(usize, usize) -> Option<f64>,
    out: &mut [f64],
) -> Result<usize, CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("immediate", rewards.len(), immediate.len())?;
    check::len("out", rewards.len(), out.len())?;
    check::finite("rewards", rewards)?;
    check::finite("immediate", immediate)?;
    let mut undefined = 0;
    for (step, out) in out.iter_mut().enumerate() {
        let mut credit = immediate[step];
        for (later, &reward) in rewards.iter().enumerate().skip(step + 1).filter(|(_, r)| **r != 0.0) {
            match coefficient(step, later) {
                Some(weight) if weight.is_finite() => credit += weight * reward,
                Some(value) => {
                    return Err(CreditError::NotFinite { what: "coefficient", index: later, value });
                }
                None => undefined += 1,
            }
        }
        *out = credit;
    }
    check::representable("out", out)?;
    Ok(undefined)
}
