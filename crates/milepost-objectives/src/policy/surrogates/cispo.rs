//! Truncated importance weights.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::{Side, TokenLoss};
use crate::{ObjectiveError, check, math};

/// `l = −sg[clip(w, floor, cap)] A ℓ`, so `∂l/∂ℓ = −clip(w, floor, cap) A`: no token loses its gradient.
///
/// Two published forms bear the name CISPO (arXiv 2506.13585): verl clips to `[1 − ε_low, 1 + ε_high]`
/// ([`Cispo::around_one`]); TRL takes `min(w, ε_high)`, an absolute cap ([`Cispo::capped`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cispo {
    /// The smallest weight, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// The largest weight, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
}

impl Cispo {
    /// Weights in `[1 − low, 1 + high]` (verl).
    #[must_use]
    pub const fn around_one(low: f64, high: f64) -> Self {
        Self { floor: Some(1.0 - low), cap: Some(1.0 + high) }
    }

    /// Weights of at most `cap` (TRL).
    #[must_use]
    pub const fn capped(cap: f64) -> Self {
        Self { floor: None, cap: Some(cap) }
    }

    pub(crate) fn token(&self, u: f64, log_prob: f64, advantage: f64) -> TokenLoss {
        let ratio = math::exp(u);
        let (floor, cap) = (self.floor.unwrap_or(0.0), self.cap.unwrap_or(f64::INFINITY));
        let weight = ratio.min(cap).max(floor);
        let slope = -weight * advantage;
        let side = Side::of(ratio, floor, cap);
        TokenLoss { loss: slope * log_prob, by_log_prob: slope, weight, side, ..TokenLoss::default() }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        if let Some(floor) = self.floor {
            check::non_negative("floor", floor)?;
        }
        if let Some(cap) = self.cap {
            check::positive("cap", cap)?;
            if self.floor.is_some_and(|floor| floor > cap) {
                let allowed = "at least the floor";
                return Err(ObjectiveError::InvalidParameter { name: "cap", value: cap, allowed });
            }
        }
        Ok(())
    }
}
