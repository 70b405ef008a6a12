//! Hindsight credit assignment.

use crate::{CreditError, check};

/// Return-conditioned hindsight credit: `ĉ_t = (1 − π(a_t|s_t)/h(a_t|s_t,Z)) Z`.
///
/// `policy[t] = π(a_t|s_t)`, `hindsight[t] = h(a_t|s_t,Z)` is the probability of the action given the return
/// `Z` that followed. Returns the number of steps whose coefficient is undefined (`h = 0`); they get 0.
///
/// Source: Harutyunyan et al. 2019, arXiv 1912.02503, equation 4. Identity: with the exact `h` its mean over a
/// state and action is the advantage, *if* the action can lead to every return that the policy can reach from
/// there. Known failures: returns that the action cannot reach are never seen with it, so its mean lacks
/// `−Σ_Z P(Z|s_t) Z` over them and the gradient is biased; a learned `h` near 0 makes it explode. With
/// deterministic outcomes `h = π` for actions that do not matter and the credit is exactly 0, which is the
/// point.
///
/// # Errors
/// Empty or unequal slices, a probability outside `[0, 1]`, a return that is not finite.
pub fn return_hindsight(
    outcome: f64,
    policy: &[f64],
    hindsight: &[f64],
    out: &mut [f64],
) -> Result<usize, CreditError> {
    check::non_empty("policy", policy)?;
    check::len("hindsight", policy.len(), hindsight.len())?;
    check::len("out", policy.len(), out.len())?;
    check::finite_scalar("outcome", outcome)?;
    let mut undefined = 0;
    for ((out, &policy), &hindsight) in out.iter_mut().zip(policy).zip(hindsight) {
        check::unit_interval("policy", policy)?;
        check::unit_interval("hindsight", hindsight)?;
        if hindsight == 0.0 {
            undefined += 1;
            *out = 0.0;
        } else {
            *out = (1.0 - policy / hindsight) * outcome;
        }
    }
    check::representable("out", out)?;
    Ok(undefined)
}

/// State-conditioned hindsight coefficient `h(a|s,s')/π(a|s) − 1`: how much more probable the action is once
/// it is known that `s'` was reached. `None` if the policy never takes the action.
///
/// Sum it over later rewards with [`crate::contribution_credit`]. Source: Harutyunyan et al. 2019, equation 3.
/// Identity: by Bayes' rule it equals [`crate::contribution_coefficient`] of the occupancies of `s'`.
#[must_use]
pub fn state_hindsight_coefficient(policy: f64, hindsight: f64) -> Option<f64> {
    let defined = policy > 0.0 && policy.is_finite() && hindsight >= 0.0 && hindsight.is_finite();
    defined.then(|| hindsight / policy - 1.0)
}
