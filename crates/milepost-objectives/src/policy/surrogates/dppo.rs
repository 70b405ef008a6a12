//! A trust region on the probability of the token instead of its ratio.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::{Side, TokenLoss};
use crate::{ObjectiveError, check, math};

/// A divergence between the two-outcome distributions "this token or another one".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BinaryDivergence {
    /// `|p − p_old|`, with the sign kept.
    TotalVariation,
    /// `p_old log(p_old/p) + (1 − p_old) log((1 − p_old + 1e-8)/(1 − p + 1e-8))`.
    Kl,
}

/// `l = −sg[min(w, cap)] A ℓ` where the step stays in the trust region, 0 where it leaves it: for `A > 0` the
/// probability has already risen by a divergence above `high`, for `A ≤ 0` it has fallen by one above `low`.
/// Unlike a ratio clip it does not hold rare tokens back. Source: DPPO, arXiv 2602.04879, as in verl.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dppo {
    /// What is bounded.
    pub divergence: BinaryDivergence,
    /// Bound on the way down.
    pub low: f64,
    /// Bound on the way up.
    pub high: f64,
    /// The largest ratio (usual: 20).
    pub cap: f64,
}

impl Dppo {
    pub(crate) fn token(&self, u: f64, log_prob: f64, old: f64, advantage: f64) -> TokenLoss {
        let ratio = math::exp(u);
        let (p, p_old) = (math::exp(log_prob), math::exp(old));
        let rises = advantage > 0.0;
        let outside = match self.divergence {
            BinaryDivergence::TotalVariation if rises => p - p_old > self.high,
            BinaryDivergence::TotalVariation => p - p_old < -self.low,
            BinaryDivergence::Kl => {
                let others = math::log((1.0 - p_old + 1e-8) / (1.0 - p + 1e-8));
                let kl = p_old * (old - log_prob) + (1.0 - p_old) * others;
                if rises { kl > self.high && p > p_old } else { kl > self.low && p < p_old }
            }
        };
        let side = match (outside, rises) {
            (false, _) => Side::Inside,
            (true, true) => Side::Above,
            (true, false) => Side::Below,
        };
        let weight = if outside { 0.0 } else { ratio.min(self.cap) };
        let slope = -weight * advantage;
        let capped = !outside && ratio > self.cap;
        TokenLoss { loss: slope * log_prob, by_log_prob: slope, weight, side, capped, ..TokenLoss::default() }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("low", self.low)?;
        check::positive("high", self.high)?;
        check::above_one("cap", self.cap)
    }
}
