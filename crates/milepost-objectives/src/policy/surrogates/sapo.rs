//! Soft gates.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::TokenLoss;
use crate::{ObjectiveError, check, math};

/// `l = −(4/τ) σ(τ (w − 1)) A`, `τ` by the sign of the advantage; `∂l/∂u = −4 σ(1 − σ) w A`, which is `−A` at
/// `w = 1` and fades smoothly on both sides. Source: SAPO, arXiv 2511.20347.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sapo {
    /// `τ` where `A > 0` (usual: 1).
    pub positive_temperature: f64,
    /// `τ` where `A ≤ 0` (usual: 1.05, which fades faster).
    pub negative_temperature: f64,
}

impl Sapo {
    pub(crate) fn token(&self, u: f64, advantage: f64) -> TokenLoss {
        let temperature = if advantage > 0.0 { self.positive_temperature } else { self.negative_temperature };
        let ratio = math::exp(u);
        let x = temperature * (ratio - 1.0);
        let gate = math::sigmoid(x);
        let slope = if ratio.is_finite() { 4.0 * gate * math::sigmoid(-x) * ratio } else { 0.0 };
        let loss = -4.0 / temperature * gate * advantage;
        TokenLoss { loss, by_log_ratio: -slope * advantage, weight: slope, ..TokenLoss::default() }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("positive-temperature", self.positive_temperature)?;
        check::positive("negative-temperature", self.negative_temperature)
    }
}
