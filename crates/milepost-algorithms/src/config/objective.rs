use milepost_credit::Aggregation;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// The surrogate that is maximised, written as a loss per token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum SurrogateConfig {
    /// `−A · log π`: the plain policy gradient.
    PolicyGradient,
    /// `max(−A·w, −A·clip(w, 1 − low, 1 + high))`, `w` the ratio to the policy that drew the token; with
    /// `dual = c`, where `A < 0`, at most `−A·c`.
    Clip {
        /// Clip range below 1.
        low: f64,
        /// Clip range above 1.
        high: f64,
        /// The dual clip's `c > 1`, if there is one (arXiv 1912.09729).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dual: Option<f64>,
    },
}

/// How per-token losses become one number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum AggregationConfig {
    /// Mean over all tokens.
    TokenMean,
    /// Mean over sequences of each sequence's token mean.
    SeqMeanTokenMean,
    /// Mean over sequences of each sequence's token sum.
    SeqMeanTokenSum,
    /// The previous, divided by a fixed length (Dr.GRPO).
    SeqMeanTokenSumNorm {
        /// The fixed length.
        constant: f64,
    },
}

impl AggregationConfig {
    /// The pure function this stands for.
    #[must_use]
    pub const fn rule(self) -> Aggregation {
        match self {
            Self::TokenMean => Aggregation::TokenMean,
            Self::SeqMeanTokenMean => Aggregation::SeqMeanTokenMean,
            Self::SeqMeanTokenSum => Aggregation::SeqMeanTokenSum,
            Self::SeqMeanTokenSumNorm { constant } => Aggregation::SeqMeanTokenSumNorm { constant },
        }
    }
}

/// How the policy moves: `agg(surrogate) + c_v · ½ mean (v − v̂)² − c_h · agg(entropy)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectiveConfig {
    /// The surrogate.
    pub surrogate: SurrogateConfig,
    /// How tokens become one number.
    pub aggregation: AggregationConfig,
    /// Weight of the value loss `½ mean (v − v̂)²`; 0 for methods without a critic. (Packages that leave
    /// out the ½ call the same weight 0.5.)
    pub value_coefficient: f64,
    /// Clip range of the value around its old value, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_clip: Option<f64>,
    /// Weight of the entropy bonus.
    pub entropy_coefficient: f64,
}

impl ObjectiveConfig {
    /// PPO: symmetric clip at 0.2, value weight 1, entropy weight 0.01.
    #[must_use]
    pub const fn ppo() -> Self {
        Self {
            surrogate: SurrogateConfig::Clip { low: 0.2, high: 0.2, dual: None },
            aggregation: AggregationConfig::TokenMean,
            value_coefficient: 1.0,
            value_clip: None,
            entropy_coefficient: 0.01,
        }
    }

    /// The plain policy gradient, no critic.
    #[must_use]
    pub const fn policy_gradient() -> Self {
        Self { surrogate: SurrogateConfig::PolicyGradient, value_coefficient: 0.0, ..Self::ppo() }
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let refuse = |key: &str, value: f64, rule: &str| {
            Err(TrainError::Config { reason: format!("`objective.{key}` is {value}; it must {rule}") })
        };
        if let SurrogateConfig::Clip { low, high, dual } = &self.surrogate {
            if !(*low > 0.0 && *low <= 1.0) {
                return refuse("surrogate.low", *low, "lie in (0, 1]");
            }
            if !(*high > 0.0 && high.is_finite()) {
                return refuse("surrogate.high", *high, "be positive and finite");
            }
            if let Some(c) = dual.filter(|c| c.is_nan() || *c <= 1.0) {
                return refuse("surrogate.dual", c, "be greater than 1");
            }
        }
        for (key, value) in
            [("value-coefficient", self.value_coefficient), ("entropy-coefficient", self.entropy_coefficient)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                return refuse(key, value, "be finite and not negative");
            }
        }
        if let Some(range) = self.value_clip.filter(|range| range.is_nan() || *range <= 0.0) {
            return refuse("value-clip", range, "be positive");
        }
        Ok(())
    }
}
