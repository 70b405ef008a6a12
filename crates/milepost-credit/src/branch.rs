//! Credit from branches: continuations that were run from the states of a trajectory.

use crate::{CreditError, Rows, check, normalize::exact_mean};

/// Vine advantages: `A_t = r_t + γ V̂(s_{t+1}) − V̂(s_t)`, `V̂(s_t)` the mean return of the continuations from
/// `s_t`.
///
/// `continuations` holds the returns of the branches, row `t` those from `s_t` for `t = 0..T`; `bootstrap` is
/// the value after the last step, 0 if the episode terminated.
///
/// Source: VinePPO, arXiv 2410.01679; Schulman et al. 2015 (TRPO, vine). Identity: with `γ = 1` the sum
/// telescopes to `Σ r + bootstrap − V̂(s_0)`. Error `∝ K^{−1/2}` in the branches per state. Known failure: the
/// extra environment steps cost more than the variance saved unless steps are cheap.
///
/// # Errors
/// No step, a state without a branch, a number that is not finite, `γ` outside `[0, 1]`.
pub fn vine_advantages(
    rewards: &[f64],
    continuations: &Rows,
    returns: &[f64],
    gamma: f64,
    bootstrap: f64,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("rewards", rewards)?;
    check::len("continuations", rewards.len(), continuations.len())?;
    check::len("returns", continuations.entries(), returns.len())?;
    check::len("out", rewards.len(), out.len())?;
    check::unit_interval("gamma", gamma)?;
    check::finite_scalar("bootstrap", bootstrap)?;
    check::finite("rewards", rewards)?;
    check::finite("returns", returns)?;
    let mut next_value = bootstrap;
    for step in (0..rewards.len()).rev() {
        let branches = &returns[continuations.range(step)];
        check::non_empty("continuations of a state", branches)?;
        let value = exact_mean(branches);
        out[step] = rewards[step] + gamma * next_value - value;
        next_value = value;
    }
    check::representable("out", out)
}

/// Difference of means per step, `mean(taken_t) − mean(other_t)`: leave-one-step-out credit and paired
/// branches are this with different samples.
///
/// | estimator | `taken` | `other` |
/// |---|---|---|
/// | leave-one-out (C3, CCPO) | the observed return | returns with `a_t` replaced, then resampled or replayed |
/// | paired branches | returns after `(s_t, a_t)` | returns from `s_t` |
///
/// Identity: with replacements drawn from the policy and a resampled tail its mean is the advantage. Known
/// failure: with a replayed tail it is a different estimand (1 for every step of a conjunction).
///
/// # Errors
/// Rows of unequal number, a step without samples, a number that is not finite.
pub fn contrast_advantages(
    taken: (&Rows, &[f64]),
    other: (&Rows, &[f64]),
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("out", out)?;
    for (rows, returns) in [taken, other] {
        check::len("rows", out.len(), rows.len())?;
        check::len("returns", rows.entries(), returns.len())?;
        check::finite("returns", returns)?;
    }
    for (step, out) in out.iter_mut().enumerate() {
        let (with, without) = (&taken.1[taken.0.range(step)], &other.1[other.0.range(step)]);
        check::non_empty("samples with the action", with)?;
        check::non_empty("samples without the action", without)?;
        *out = exact_mean(with) - exact_mean(without);
    }
    check::representable("out", out)
}
