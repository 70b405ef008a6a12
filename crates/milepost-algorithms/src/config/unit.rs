use milepost_credit::{Kl, KlEstimator};
use milepost_objectives::KlEstimatorNames;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// What an advantage belongs to. The same where a turn is one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreditUnit {
    /// A turn: all its tokens share its advantage and its target.
    #[default]
    Turn,
    /// A token: a turn's reward is paid at its last token, and the rule runs over the policy's tokens; what the
    /// world said in between is skipped.
    Token,
}

impl CreditUnit {
    /// Whether it is the default.
    #[must_use]
    pub fn is_turn(&self) -> bool {
        *self == Self::Turn
    }
}

/// A divergence from the policy that training began with, charged to the reward: each token's reward loses
/// `β · k(log π_old, log π_ref)`. No gradient flows through it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KlInReward {
    /// β.
    pub coefficient: f64,
    /// k; k1 `= log π_old − log π_ref` unless told otherwise.
    #[serde(default = "k1", with = "KlEstimatorNames")]
    pub estimator: KlEstimator,
}

const fn k1() -> KlEstimator {
    KlEstimator::K1
}

impl KlInReward {
    /// `β · k1`.
    #[must_use]
    pub const fn k1(coefficient: f64) -> Self {
        Self { coefficient, estimator: KlEstimator::K1 }
    }

    pub(crate) fn penalty(&self, logp: f64, reference: f64) -> f64 {
        self.coefficient * Kl::unclamped(self.estimator).value(logp, reference)
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        if self.coefficient.is_finite() && self.coefficient >= 0.0 {
            return Ok(());
        }
        Err(TrainError::Config {
            reason: format!(
                "`kl-in-reward.coefficient` is {}; it must be finite and not negative",
                self.coefficient
            ),
        })
    }
}
