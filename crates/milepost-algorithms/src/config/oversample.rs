use milepost_credit::GroupFilter;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Which groups teach, by the share of their members that succeed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum GroupFilterConfig {
    /// Those whose members do not all succeed or all fail (DAPO).
    ZeroVariance {},
    /// Those whose share lies in `[low, high]` (PRIME: 0.2 and 0.8).
    AccuracyBand {
        /// Smallest share.
        low: f64,
        /// Largest share.
        high: f64,
    },
}

/// Draws on until enough groups teach: those that the filter drops are replaced. Everything that is drawn counts
/// against the budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OversampleConfig {
    /// Which groups teach.
    pub filter: GroupFilterConfig,
    /// At most so many times the sampler's tasks are drawn for one iteration. If no group teaches even then, the
    /// policy waits, and what was drawn last is left to scorers that learn.
    #[serde(default = "three")]
    pub rounds: usize,
}

const fn three() -> usize {
    3
}

impl GroupFilterConfig {
    /// The pure function this stands for.
    #[must_use]
    pub const fn rule(self) -> GroupFilter {
        match self {
            Self::ZeroVariance {} => GroupFilter::ZeroVariance,
            Self::AccuracyBand { low, high } => GroupFilter::AccuracyBand { low, high },
        }
    }
}

impl OversampleConfig {
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        if self.rounds == 0 {
            return Err(TrainError::Config {
                reason: "`oversample.rounds` is 0; it must be at least 1".into(),
            });
        }
        match self.filter {
            GroupFilterConfig::AccuracyBand { low, high } if !(0.0 <= low && low <= high && high <= 1.0) => {
                let reason =
                    format!("`oversample.filter` is {low} to {high}; it must be a band within 0 to 1");
                Err(TrainError::Config { reason })
            }
            _ => Ok(()),
        }
    }
}
