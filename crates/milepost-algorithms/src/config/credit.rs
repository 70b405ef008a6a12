use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Which decision earned the reward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum CreditConfig {
    /// Every decision gets the trajectory's (normalised) return.
    Broadcast,
    /// `A_t = Σ_{k≥t} γ^{k−t} r_k`.
    RewardToGo {
        /// Discount γ.
        gamma: f64,
    },
    /// Generalised advantage estimation against the learned values.
    Gae {
        /// Discount γ.
        gamma: f64,
        /// Trace decay λ.
        lambda: f64,
    },
}

impl CreditConfig {
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let fields: &[(&str, f64)] = match self {
            Self::Broadcast => &[],
            Self::RewardToGo { gamma } => &[("gamma", *gamma)],
            Self::Gae { gamma, lambda } => &[("gamma", *gamma), ("lambda", *lambda)],
        };
        for (key, value) in fields {
            if !(0.0..=1.0).contains(value) {
                return Err(TrainError::Config {
                    reason: format!("`credit.{key}` is {value}; it must lie in [0, 1]"),
                });
            }
        }
        Ok(())
    }
}
