use serde::{Deserialize, Serialize};

use super::{
    Ceiling, Centered, Clipped, LogSigmoid, MeanStd, MinMax, Polynomial, Preference, RewardTransform,
    Sigmoid, SlowGrowth, Tanh, Vanilla,
};
use crate::PreferenceError;

/// A transform as it stands in an experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TransformConfig {
    /// [`Vanilla`].
    #[default]
    Vanilla,
    /// [`Centered`].
    Centered,
    /// [`MeanStd`].
    Meanstd,
    /// [`Clipped`].
    Clip,
    /// [`MinMax`].
    Minmax,
    /// [`Ceiling`].
    Ceil {
        /// The ceiling.
        ceiling: f64,
    },
    /// [`LogSigmoid`].
    Lsc,
    /// [`Sigmoid`].
    Sigmoid {
        /// Steepness; default 1.
        #[serde(default = "one")]
        k: f64,
    },
    /// [`Tanh`].
    TanhCentered,
    /// [`Polynomial`].
    PolyCentered,
    /// [`SlowGrowth`].
    Sgfc,
    /// [`Preference`].
    Par {
        /// Steepness; default 1.
        #[serde(default = "one")]
        k: f64,
    },
}

const fn one() -> f64 {
    1.0
}

impl TransformConfig {
    /// The transform itself.
    pub fn build(&self) -> Result<Box<dyn RewardTransform>, PreferenceError> {
        Ok(match *self {
            Self::Vanilla => Box::new(Vanilla),
            Self::Centered => Box::new(Centered),
            Self::Meanstd => Box::<MeanStd>::default(),
            Self::Clip => Box::<Clipped>::default(),
            Self::Minmax => Box::<MinMax>::default(),
            Self::Ceil { ceiling } => Box::new(Ceiling::new(ceiling)?),
            Self::Lsc => Box::new(LogSigmoid),
            Self::Sigmoid { k } => Box::new(Sigmoid::new(k)?),
            Self::TanhCentered => Box::new(Tanh),
            Self::PolyCentered => Box::<Polynomial>::default(),
            Self::Sgfc => Box::new(SlowGrowth),
            Self::Par { k } => Box::new(Preference::new(k)?),
        })
    }
}
