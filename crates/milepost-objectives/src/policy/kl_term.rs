//! A divergence from the reference policy inside the loss.

use milepost_credit::{Kl, KlEstimator};
use serde::{Deserialize, Serialize};

use super::TokenBatch;
use super::token_loss::TokenLoss;
use crate::{ObjectiveError, check, math};

/// The bounds that published code puts on an estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KlBounds {
    /// None (TRL).
    None,
    /// k3: exponent in ±20, value in ±10; the others none (verl).
    Verl,
    /// Every value in ±10 (OpenRLHF).
    Openrlhf,
}

/// How the term allows for tokens that an older policy drew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KlCorrection {
    /// It does not.
    None,
    /// The estimate is multiplied by the ratio `w` of the objective, through which the gradient flows too
    /// (TRL's `use_bias_correction_kl`).
    Ratio,
    /// The value stays; its derivative is `sg[min(10, π/π_old)] (ℓ − ℓ_ref)`, that of the reverse divergence
    /// whatever the estimator (OpenRLHF's `unbiased_gradient`).
    WeightedGradient,
}

/// `β · k(ℓ − ℓ_ref)` per token, aggregated like the policy loss.
///
/// As loss terms on samples of the policy itself, k1 has an expected gradient of 0, k2 that of
/// `KL(π ‖ π_ref)`, k3 that of `KL(π_ref ‖ π)`. `straight_through` keeps the value and takes the gradient of
/// k2 ("k3+" in verl).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KlTerm {
    /// `β ≥ 0`.
    pub coefficient: f64,
    /// The estimator.
    #[serde(with = "KlEstimatorNames")]
    pub estimator: KlEstimator,
    /// Its bounds.
    pub bounds: KlBounds,
    /// Take the gradient of k2 whatever the value.
    pub straight_through: bool,
    /// Allowance for off-policy tokens.
    pub correction: KlCorrection,
}

/// The names of [`KlEstimator`] in a file, for `#[serde(with = "KlEstimatorNames")]`.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(remote = "KlEstimator", rename_all = "kebab-case")]
pub enum KlEstimatorNames {
    /// `k1`
    K1,
    /// `k2`
    K2,
    /// `k3`
    K3,
    /// `abs`
    Abs,
}

impl KlTerm {
    /// The estimator itself, on-policy, within the given bounds.
    #[must_use]
    pub const fn new(coefficient: f64, estimator: KlEstimator, bounds: KlBounds) -> Self {
        Self { coefficient, estimator, bounds, straight_through: false, correction: KlCorrection::None }
    }

    /// The same value with the gradient of k2.
    #[must_use]
    pub const fn straight_through(self) -> Self {
        Self { straight_through: true, ..self }
    }

    /// With an allowance for off-policy tokens.
    #[must_use]
    pub const fn corrected(self, correction: KlCorrection) -> Self {
        Self { correction, ..self }
    }

    fn rule(&self) -> Kl {
        let kl = match self.bounds {
            KlBounds::None => Kl::unclamped(self.estimator),
            KlBounds::Verl => Kl::verl(self.estimator),
            KlBounds::Openrlhf => Kl::openrlhf(self.estimator),
        };
        Kl { straight_through: self.straight_through, ..kl }
    }

    /// The estimate at one token, without the coefficient.
    pub(crate) fn token(&self, batch: &TokenBatch<'_>, reference: f64, u: f64, index: usize) -> TokenLoss {
        let rule = self.rule();
        let (log_prob, old) = (batch.log_probs[index], batch.old_log_probs[index]);
        let value = rule.value(log_prob, reference);
        let slope = rule.derivative(log_prob, reference);
        match self.correction {
            KlCorrection::None => TokenLoss { loss: value, by_log_prob: slope, ..TokenLoss::default() },
            KlCorrection::Ratio => {
                let ratio = math::exp(u);
                let loss = value * ratio;
                TokenLoss { loss, by_log_ratio: loss, by_log_prob: slope * ratio, ..TokenLoss::default() }
            }
            KlCorrection::WeightedGradient => {
                let by_log_prob = rule.importance_weighted_derivative(log_prob, old, reference);
                TokenLoss { loss: value, by_log_prob, ..TokenLoss::default() }
            }
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::non_negative("coefficient", self.coefficient)
    }
}
