use milepost_credit::{Centre, Normalize, Scale};
use serde::{Deserialize, Serialize};

/// Over which scores means and deviations are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// No normalisation.
    None,
    /// The returns of the trajectories that share a task.
    Group,
    /// The advantages of all tokens of the iteration.
    Batch,
    /// The advantages of the tokens of each minibatch.
    Minibatch,
}

/// What is subtracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CentreConfig {
    /// The pool's mean.
    Mean,
    /// The mean of the others.
    LeaveOneOut,
    /// Nothing.
    None,
}

/// What one divides by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum ScaleConfig {
    /// The standard deviation with `ddof` degrees of freedom removed, plus `epsilon`.
    Std {
        /// 0 for the population's deviation, 1 for the sample's.
        ddof: u8,
        /// Added to the deviation.
        epsilon: f64,
    },
    /// The largest magnitude.
    MaxAbs,
    /// One.
    None,
}

/// Relative to whom a trajectory or token is judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NormalizeConfig {
    /// Over which scores.
    pub pool: Pool,
    /// What is subtracted.
    pub centre: CentreConfig,
    /// What one divides by.
    pub scale: ScaleConfig,
}

impl NormalizeConfig {
    /// stable-baselines3's: minibatch mean, sample deviation + 1e-8.
    #[must_use]
    pub const fn sb3_minibatch() -> Self {
        Self {
            pool: Pool::Minibatch,
            centre: CentreConfig::Mean,
            scale: ScaleConfig::Std { ddof: 1, epsilon: 1e-8 },
        }
    }

    /// GRPO's: group mean, sample deviation + 1e-6.
    #[must_use]
    pub const fn grpo() -> Self {
        Self {
            pool: Pool::Group,
            centre: CentreConfig::Mean,
            scale: ScaleConfig::Std { ddof: 1, epsilon: 1e-6 },
        }
    }

    /// RLOO's: the mean of the others, unscaled.
    #[must_use]
    pub const fn rloo() -> Self {
        Self { pool: Pool::Group, centre: CentreConfig::LeaveOneOut, scale: ScaleConfig::None }
    }

    /// The pure function this stands for.
    #[must_use]
    pub const fn rule(&self) -> Normalize {
        Normalize {
            centre: match self.centre {
                CentreConfig::Mean => Centre::Mean,
                CentreConfig::LeaveOneOut => Centre::LeaveOneOut,
                CentreConfig::None => Centre::None,
            },
            scale: match self.scale {
                ScaleConfig::Std { ddof, epsilon } => Scale::Std { ddof, epsilon },
                ScaleConfig::MaxAbs => Scale::MaxAbs,
                ScaleConfig::None => Scale::None,
            },
        }
    }
}
