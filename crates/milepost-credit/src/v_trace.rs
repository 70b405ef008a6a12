//! V-trace: off-policy value targets and advantages.

use crate::{CreditError, Lambda, check};

/// One trajectory drawn by another policy. `rewards`, `discounts` and `ratios` have length `T`, `values`
/// length `T + 1`.
#[derive(Debug, Clone, Copy)]
pub struct OffPolicy<'a> {
    /// `r_t`.
    pub rewards: &'a [f64],
    /// `d_t = γ (1 − terminated_t)`.
    pub discounts: &'a [f64],
    /// `V(s_t)`, the last one being the bootstrap.
    pub values: &'a [f64],
    /// Importance ratios `ρ_t = π(a_t | s_t)/μ(a_t | s_t)`.
    pub ratios: &'a [f64],
}

impl OffPolicy<'_> {
    fn check(&self, lambda: Lambda<'_>) -> Result<usize, CreditError> {
        let steps = self.rewards.len();
        check::non_empty("rewards", self.rewards)?;
        check::len("discounts", steps, self.discounts.len())?;
        check::len("values", steps + 1, self.values.len())?;
        check::len("ratios", steps, self.ratios.len())?;
        lambda.check(steps)?;
        check::finite("rewards", self.rewards)?;
        check::finite("discounts", self.discounts)?;
        check::finite("values", self.values)?;
        check::finite("ratios", self.ratios)?;
        Ok(steps)
    }

    #[inline]
    fn td_error(&self, step: usize) -> f64 {
        self.rewards[step] + self.discounts[step] * self.values[step + 1] - self.values[step]
    }
}

/// V-trace, plain and leaky.
///
/// `v_t − V_t = ρ̄_t δ_t + d_t c_t (v_{t+1} − V_{t+1})` with `δ_t = r_t + d_t V_{t+1} − V_t`,
/// `ρ̄ = α min(clip_rho, ρ) + (1 − α) ρ` and `c = λ (α min(1, ρ) + (1 − α) ρ)`.
///
/// Source: Espeholt et al. 2018, arXiv 1802.01561; leaky form: Zambaldi et al. 2019; recorded from rlax.
/// Identities: with all ratios 1 and `λ = 1` the targets are the discounted returns with bootstrap.
/// Known failure: a small `clip_rho` moves the fixed point towards the value of the behaviour policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VTrace<'a> {
    /// Trace decay; it also mixes the next target with the next value in the advantage.
    pub lambda: Lambda<'a>,
    /// Bound of the ratio in the temporal difference; it decides the fixed point.
    pub clip_rho: f64,
    /// Bound of the ratio in the advantage.
    pub clip_pg_rho: f64,
    /// Share `α` of clipping, in `[0, 1]`: 1 is V-trace, 0 plain importance sampling.
    pub leak: f64,
}

impl Default for VTrace<'_> {
    fn default() -> Self {
        Self { lambda: Lambda::Constant(1.0), clip_rho: 1.0, clip_pg_rho: 1.0, leak: 1.0 }
    }
}

impl VTrace<'_> {
    /// Target minus value, one per step.
    ///
    /// # Errors
    /// Empty or unequal slices, a number that is not finite, a parameter outside its domain.
    pub fn errors(&self, trajectory: &OffPolicy<'_>, errors: &mut [f64]) -> Result<(), CreditError> {
        let steps = trajectory.check(self.lambda)?;
        check::len("errors", steps, errors.len())?;
        check::non_negative("clip_rho", self.clip_rho)?;
        check::unit_interval("leak", self.leak)?;
        let leaky = |rho: f64, bound: f64| self.leak * rho.min(bound) + (1.0 - self.leak) * rho;
        let mut carry = 0.0;
        for step in (0..steps).rev() {
            let rho = trajectory.ratios[step];
            let trace = self.lambda.at(step) * leaky(rho, 1.0);
            carry = leaky(rho, self.clip_rho) * trajectory.td_error(step)
                + trajectory.discounts[step] * trace * carry;
            errors[step] = carry;
        }
        check::representable("errors", errors)
    }

    /// Policy-gradient advantages `min(clip_pg_rho, ρ_t) (q_t − V_t)` with
    /// `q_t = r_t + d_t (λ_t v_{t+1} + (1 − λ_t) V_{t+1})`. Writes the [errors](Self::errors) and `q` too.
    ///
    /// # Errors
    /// As [`VTrace::errors`].
    pub fn advantages(
        &self,
        trajectory: &OffPolicy<'_>,
        errors: &mut [f64],
        q: &mut [f64],
        advantages: &mut [f64],
    ) -> Result<(), CreditError> {
        self.errors(trajectory, errors)?;
        let steps = errors.len();
        check::len("q", steps, q.len())?;
        check::len("advantages", steps, advantages.len())?;
        check::non_negative("clip_pg_rho", self.clip_pg_rho)?;
        for step in 0..steps {
            let next_error = errors.get(step + 1).copied().unwrap_or_default();
            let next = trajectory.values[step + 1] + self.lambda.at(step) * next_error;
            q[step] = trajectory.rewards[step] + trajectory.discounts[step] * next;
            let rho = trajectory.ratios[step].min(self.clip_pg_rho);
            advantages[step] = rho * (q[step] - trajectory.values[step]);
        }
        check::representable("q", q)?;
        check::representable("advantages", advantages)
    }
}

/// Per-decision importance-corrected TD(λ) errors without clipping:
/// `e_t = ρ_t x_t`, `x_t = δ_t + d_t λ_t ρ_{t+1} x_{t+1}`, the last ratio in the carry being 1.
///
/// Source: Sutton et al. 2014; recorded from rlax. Identity: with all ratios 1 these are the TD(λ) errors.
/// Known failure: the product of ratios has a variance that grows with the horizon.
///
/// # Errors
/// Empty or unequal slices, a number that is not finite, a `λ` outside `[0, 1]`.
pub fn importance_corrected_errors(
    trajectory: &OffPolicy<'_>,
    lambda: Lambda<'_>,
    errors: &mut [f64],
) -> Result<(), CreditError> {
    let steps = trajectory.check(lambda)?;
    check::len("errors", steps, errors.len())?;
    let mut carry = 0.0;
    let mut next_ratio = 1.0;
    for step in (0..steps).rev() {
        let decay = trajectory.discounts[step] * lambda.at(step) * next_ratio;
        carry = trajectory.td_error(step) + decay * carry;
        next_ratio = trajectory.ratios[step];
        errors[step] = next_ratio * carry;
    }
    check::representable("errors", errors)
}
