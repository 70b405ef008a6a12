//! Estimators of the divergence from a reference policy.

use crate::{CreditError, check};

/// A per-token estimator of `KL(π ‖ π_ref)` from one sample of `π`, with `x = log π − log π_ref`.
///
/// | | value | as a loss term, on-policy, its expected gradient is |
/// |---|---|---|
/// | [`K1`](Self::K1) | `x` | 0 (the gradient of a constant); use it inside the reward |
/// | [`K2`](Self::K2) | `x²/2` | that of `KL(π ‖ π_ref)` |
/// | [`K3`](Self::K3) | `e^{−x} − 1 + x ≥ 0` | that of `KL(π_ref ‖ π)`, the forward divergence |
/// | [`Abs`](Self::Abs) | `\|x\|` | none of the above |
///
/// Source: Schulman 2020, "Approximating KL divergence".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KlEstimator {
    /// `x`.
    K1,
    /// `x²/2`.
    K2,
    /// `e^{−x} − 1 + x`.
    K3,
    /// `|x|`.
    Abs,
}

/// An estimator with its bounds. The bounds differ by library and decide what an outlier costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kl {
    /// The estimator.
    pub estimator: KlEstimator,
    /// `−x` is clamped to this range first.
    pub log_ratio_bounds: (f64, f64),
    /// The value is clamped to this range last.
    pub value_bounds: (f64, f64),
    /// Take the gradient of k2 whatever the value ("straight through"; `k3+` in verl).
    pub straight_through: bool,
}

const UNBOUNDED: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

impl Kl {
    /// No bounds (TRL).
    #[must_use]
    pub const fn unclamped(estimator: KlEstimator) -> Self {
        Self { estimator, log_ratio_bounds: UNBOUNDED, value_bounds: UNBOUNDED, straight_through: false }
    }

    /// verl: k3 has its exponent in ±20 and its value in ±10; the others have no bounds.
    #[must_use]
    pub const fn verl(estimator: KlEstimator) -> Self {
        match estimator {
            KlEstimator::K3 => Self {
                log_ratio_bounds: (-20.0, 20.0),
                value_bounds: (-10.0, 10.0),
                ..Self::unclamped(estimator)
            },
            _ => Self::unclamped(estimator),
        }
    }

    /// OpenRLHF: every value in ±10, and the exponent of k3 at most 10.
    #[must_use]
    pub const fn openrlhf(estimator: KlEstimator) -> Self {
        let log_ratio_bounds = match estimator {
            KlEstimator::K3 => (f64::NEG_INFINITY, 10.0),
            _ => UNBOUNDED,
        };
        Self { log_ratio_bounds, value_bounds: (-10.0, 10.0), ..Self::unclamped(estimator) }
    }

    /// The same value with the gradient of k2.
    #[must_use]
    pub const fn straight_through(self) -> Self {
        Self { straight_through: true, ..self }
    }

    /// The estimate for one token.
    #[must_use]
    pub fn value(&self, log_prob: f64, reference: f64) -> f64 {
        self.unbounded(log_prob, reference).clamp(self.value_bounds.0, self.value_bounds.1)
    }

    /// Its derivative with respect to `log_prob`: 0 where a bound is active, 0 at the kink of [`KlEstimator::Abs`].
    #[must_use]
    pub fn derivative(&self, log_prob: f64, reference: f64) -> f64 {
        let x = log_prob - reference;
        if self.straight_through {
            return x;
        }
        let active = |value: f64, bounds: (f64, f64)| value < bounds.0 || value > bounds.1;
        if active(-x, self.log_ratio_bounds) || active(self.unbounded(log_prob, reference), self.value_bounds)
        {
            return 0.0;
        }
        match self.estimator {
            KlEstimator::K1 => 1.0,
            KlEstimator::K2 => x,
            KlEstimator::K3 => -libm::expm1(-x),
            KlEstimator::Abs if x == 0.0 => 0.0,
            KlEstimator::Abs => x.signum(),
        }
    }

    /// Gradient of the reverse divergence from samples of an older policy: `w x` with `w = min(10, π/π_old)`
    /// held constant. Unbiased up to the cap; recorded from OpenRLHF (`unbiased_gradient`).
    #[must_use]
    pub fn importance_weighted_derivative(&self, log_prob: f64, old: f64, reference: f64) -> f64 {
        libm::exp(log_prob - old).min(10.0) * (log_prob - reference)
    }

    fn unbounded(&self, log_prob: f64, reference: f64) -> f64 {
        let log_ratio = (reference - log_prob).clamp(self.log_ratio_bounds.0, self.log_ratio_bounds.1);
        match self.estimator {
            KlEstimator::K1 => -log_ratio,
            KlEstimator::K2 => 0.5 * log_ratio * log_ratio,
            KlEstimator::K3 => libm::expm1(log_ratio) - log_ratio,
            KlEstimator::Abs => log_ratio.abs(),
        }
    }

    /// The estimate of every token. All slices have the same length.
    ///
    /// # Errors
    /// Unequal slices, a log-probability that is not finite.
    pub fn values(&self, log_probs: &[f64], references: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
        check::len("references", log_probs.len(), references.len())?;
        check::len("out", log_probs.len(), out.len())?;
        check::finite("log_probs", log_probs)?;
        check::finite("references", references)?;
        for ((out, log_prob), reference) in out.iter_mut().zip(log_probs).zip(references) {
            *out = self.value(*log_prob, *reference);
        }
        Ok(())
    }
}

/// KL in the reward: `ρ_t ← ρ_t − β (log π_old − log π_ref)`, in place, at every position.
///
/// With this placement the score-function gradient is that of the reverse divergence. Mask positions that the
/// policy did not produce before or after; the recorded form does neither.
///
/// # Errors
/// Unequal slices, a number that is not finite.
pub fn subtract_kl(
    rewards: &mut [f64],
    old_log_probs: &[f64],
    references: &[f64],
    beta: f64,
) -> Result<(), CreditError> {
    check::len("old_log_probs", rewards.len(), old_log_probs.len())?;
    check::len("references", rewards.len(), references.len())?;
    check::finite_scalar("beta", beta)?;
    check::finite("rewards", rewards)?;
    check::finite("old_log_probs", old_log_probs)?;
    check::finite("references", references)?;
    for ((reward, log_prob), reference) in rewards.iter_mut().zip(old_log_probs).zip(references) {
        *reward -= beta * (log_prob - reference);
    }
    check::representable("rewards", rewards)
}

/// Adaptive coefficient: `β ← β (1 + clip(KL/target − 1, −0.2, 0.2) · n/horizon)`.
///
/// Source: Ziegler et al. 2019, arXiv 1909.08593, section 2.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveKl {
    /// The coefficient `β`.
    pub beta: f64,
    /// The divergence that is wanted.
    pub target: f64,
    /// Number of samples after which a constant relative error of 0.2 has changed `β` by 20 %.
    pub horizon: f64,
}

impl AdaptiveKl {
    /// Takes in the divergence of `samples` samples and returns the new coefficient.
    ///
    /// # Errors
    /// A divergence that is not finite; a target or horizon that is not positive.
    pub fn update(&mut self, kl: f64, samples: usize) -> Result<f64, CreditError> {
        check::finite_scalar("kl", kl)?;
        check::positive("target", self.target)?;
        check::positive("horizon", self.horizon)?;
        let error = (kl / self.target - 1.0).clamp(-0.2, 0.2);
        self.beta *= 1.0 + error * samples as f64 / self.horizon;
        Ok(self.beta)
    }
}
