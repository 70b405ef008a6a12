//! Implicit Q-learning and advantage-weighted regression.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check, math};

/// Expectile regression: `L = (1/n) Σ_i ∣τ − 1(u_i < 0)∣ u_i²`, `u = target − v`, without a ½.
///
/// `dL/dv = −2 ∣τ − 1(u < 0)∣ u/n`. `τ = ½` is half the squared error; `τ → 1` approaches the largest target.
/// Source: IQL, arXiv 2110.06169, equation 5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expectile {
    /// `τ` in `(0, 1)` (usual: 0.7, in hard mazes 0.9).
    pub expectile: f64,
}

impl Expectile {
    /// The loss, with `gradient[i] = dL/dv_i`.
    ///
    /// # Errors
    /// No entry, unequal slices, a number that is not finite, `τ` outside `(0, 1)`.
    pub fn evaluate(
        &self,
        values: &[f64],
        targets: &[f64],
        gradient: &mut [f64],
    ) -> Result<f64, ObjectiveError> {
        let tau = self.expectile;
        if !(tau > 0.0 && tau < 1.0) {
            let allowed = "in (0, 1)";
            return Err(ObjectiveError::InvalidParameter { name: "expectile", value: tau, allowed });
        }
        check::non_empty("values", values)?;
        check::finite("values", values)?;
        check::finite_len("targets", values.len(), targets)?;
        check::len("gradient", values.len(), gradient.len())?;
        let n = values.len() as f64;
        let mut total = 0.0;
        for ((slot, value), target) in gradient.iter_mut().zip(values).zip(targets) {
            let error = target - value;
            let weight = if error < 0.0 { 1.0 - tau } else { tau };
            total += weight * error * error / n;
            *slot = -2.0 * weight * error / n;
        }
        Ok(total)
    }
}

/// `w_i = min(e^{β A_i}, cap)`: how much a recorded action is imitated. The cap comes after the exponential,
/// so that an overflow is the cap. Sources: AWR, arXiv 1910.00177 (its β is 1/β here); IQL, equation 7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AdvantageWeights {
    /// `β ≥ 0` (usual: 3); 0 is behaviour cloning.
    pub inverse_temperature: f64,
    /// The largest weight (usual: 100).
    pub cap: f64,
}

impl AdvantageWeights {
    /// The weights.
    ///
    /// # Errors
    /// No entry, a number that is not finite, a parameter outside its domain.
    pub fn weights(&self, advantages: &[f64]) -> Result<Vec<f64>, ObjectiveError> {
        check::non_negative("inverse-temperature", self.inverse_temperature)?;
        check::positive("cap", self.cap)?;
        check::non_empty("advantages", advantages)?;
        check::finite("advantages", advantages)?;
        Ok(advantages.iter().map(|a| math::exp(self.inverse_temperature * a).min(self.cap)).collect())
    }
}

/// Reward-weighted cloning: `L = −(1/n) Σ_i w_i ℓ_i`, the weights held constant; `dL/dℓ_i = −w_i/n`.
///
/// # Errors
/// No entry, unequal slices, a number that is not finite.
pub fn weighted_cloning(
    log_probs: &[f64],
    weights: &[f64],
    gradient: &mut [f64],
) -> Result<f64, ObjectiveError> {
    check::non_empty("log_probs", log_probs)?;
    check::finite("log_probs", log_probs)?;
    check::finite_len("weights", log_probs.len(), weights)?;
    check::len("gradient", log_probs.len(), gradient.len())?;
    let n = log_probs.len() as f64;
    for (slot, weight) in gradient.iter_mut().zip(weights) {
        *slot = -weight / n;
    }
    Ok(gradient.iter().zip(log_probs).map(|(slope, log_prob)| slope * log_prob).sum())
}
