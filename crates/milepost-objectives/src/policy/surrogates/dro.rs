//! A quadratic penalty on the log-ratio.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::TokenLoss;
use crate::{ObjectiveError, check};

/// `l = −(A ℓ − (β/2) u²)`, so `∂l/∂ℓ = −A` and `∂l/∂u = β u`. Its optimum over one state is
/// `π ∝ π_old exp(A/β)`, as in [`Regression`](crate::Regression). Source: DRO, arXiv 2405.19107, as in verl.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dro {
    /// `β > 0`.
    pub beta: f64,
}

impl Dro {
    pub(crate) fn token(self, u: f64, log_prob: f64, advantage: f64) -> TokenLoss {
        TokenLoss {
            loss: -(log_prob * advantage - 0.5 * self.beta * u * u),
            by_log_ratio: self.beta * u,
            by_log_prob: -advantage,
            weight: 1.0,
            ..TokenLoss::default()
        }
    }

    pub(crate) fn validate(self) -> Result<(), ObjectiveError> {
        check::positive("beta", self.beta)
    }
}
