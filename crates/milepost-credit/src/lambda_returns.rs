//! λ-returns and TD(λ) errors with a discount per step.

use crate::{CreditError, check};

/// A trace decay: one for all steps, or one per step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lambda<'a> {
    /// The same at every step.
    Constant(f64),
    /// `λ_t` for each step.
    PerStep(&'a [f64]),
}

impl Lambda<'_> {
    pub(crate) fn check(&self, steps: usize) -> Result<(), CreditError> {
        match *self {
            Lambda::Constant(lambda) => check::unit_interval("lambda", lambda),
            Lambda::PerStep(lambdas) => {
                check::len("lambda", steps, lambdas.len())?;
                lambdas.iter().try_for_each(|&lambda| check::unit_interval("lambda", lambda))
            }
        }
    }

    #[inline]
    pub(crate) fn at(&self, step: usize) -> f64 {
        match *self {
            Lambda::Constant(lambda) => lambda,
            Lambda::PerStep(lambdas) => lambdas[step],
        }
    }
}

/// λ-returns: `G_t = r_t + d_t ((1 − λ_t) V_{t+1} + λ_t G_{t+1})`, `G_T = V_T`.
///
/// `rewards`, `discounts`, `next_values` and `out` have length `T`; `discounts[t] = γ (1 − terminated_t)` and
/// `next_values[t] = V(s_{t+1})`.
///
/// Source: Sutton and Barto 2018, section 12.1. Identities: `λ = 1` is the discounted return with bootstrap,
/// `λ = 0` the one-step target; `G_t − V_t` is the generalised advantage.
///
/// # Errors
/// Empty or unequal slices, a number that is not finite, a `λ` outside `[0, 1]`.
pub fn lambda_returns(
    rewards: &[f64],
    discounts: &[f64],
    next_values: &[f64],
    lambda: Lambda<'_>,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("discounts", rewards.len(), discounts.len())?;
    check::len("next_values", rewards.len(), next_values.len())?;
    check::len("out", rewards.len(), out.len())?;
    lambda.check(rewards.len())?;
    check::finite("rewards", rewards)?;
    check::finite("discounts", discounts)?;
    check::finite("next_values", next_values)?;
    let mut next = next_values[rewards.len() - 1];
    for step in (0..rewards.len()).rev() {
        let lambda = lambda.at(step);
        next = rewards[step] + discounts[step] * ((1.0 - lambda) * next_values[step] + lambda * next);
        out[step] = next;
    }
    check::representable("out", out)
}

/// TD(λ) errors in the forward view, `G_t − V_t`: generalised advantages with a discount and a `λ` per step.
///
/// `values` has length `T + 1` (the last is the bootstrap), all else length `T`.
///
/// # Errors
/// As [`lambda_returns`].
pub fn td_lambda_errors(
    rewards: &[f64],
    discounts: &[f64],
    values: &[f64],
    lambda: Lambda<'_>,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::len("values", rewards.len() + 1, values.len())?;
    check::finite("values", values)?;
    lambda_returns(rewards, discounts, &values[1..], lambda, out)?;
    for (out, value) in out.iter_mut().zip(values) {
        *out -= value;
    }
    check::representable("out", out)
}
