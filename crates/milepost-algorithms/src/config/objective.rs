use milepost_credit::{Aggregation, Rows};
use milepost_objectives::{
    Clip, KlTerm, LogRatio, ObjectiveError, PolicyObjective, PreferenceLoss, PreferenceObjective, Reduction,
    RowCount, Surrogate, ValueLoss,
};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::objective::Tokens;

/// How per-token losses become one number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// Sum over all tokens.
    TokenSum,
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
            Self::TokenSum => Aggregation::TokenSum,
        }
    }

    const fn of(aggregation: Aggregation) -> Self {
        match aggregation {
            Aggregation::TokenMean => Self::TokenMean,
            Aggregation::SeqMeanTokenMean => Self::SeqMeanTokenMean,
            Aggregation::SeqMeanTokenSum => Self::SeqMeanTokenSum,
            Aggregation::SeqMeanTokenSumNorm { constant } => Self::SeqMeanTokenSumNorm { constant },
            Aggregation::TokenSum => Self::TokenSum,
        }
    }
}

/// Which trajectories of a group are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// The one of largest return with the one of smallest.
    #[default]
    BestWorst,
    /// Every two whose returns differ.
    All,
}

/// What counts as a sequence where ratios are formed and tokens averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SequenceUnit {
    /// The whole trajectory.
    #[default]
    Trajectory,
    /// A turn: with `ratio.unit = "sequence-sum"` one ratio for each action (iStar), with `"sequence-mean"` its
    /// length-normalised form; an average over sequences is one over turns.
    Turn,
}

impl SequenceUnit {
    /// The rows of a minibatch.
    pub(crate) const fn rows(self, tokens: &Tokens) -> &Rows {
        match self {
            Self::Trajectory => &tokens.rows,
            Self::Turn => &tokens.turns,
        }
    }
}

/// A preference loss and the pairs that it reads. Sequence log-probabilities are sums over all action tokens of
/// the trajectory; the reference is the policy that training began with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PreferenceConfig {
    /// The loss of a pair.
    pub loss: PreferenceLoss,
    /// What a log-ratio is worth.
    pub beta: f64,
    /// Which trajectories are compared.
    #[serde(default)]
    pub pairing: Pairing,
}

impl PreferenceConfig {
    /// The pure function this stands for.
    #[must_use]
    pub const fn objective(&self) -> PreferenceObjective {
        PreferenceObjective { loss: self.loss, beta: self.beta }
    }
}

/// How the policy moves: `agg(surrogate) + β · agg(KL) + c_v · ½ mean (v − v̂)² − c_h · agg(entropy)`.
///
/// The surrogates, their conventions and the named profiles of published code are those of
/// [`milepost_objectives`]; [`ObjectiveConfig::from_policy`] takes any of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectiveConfig {
    /// The surrogate, unless the policy learns from preferences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surrogate: Option<Surrogate>,
    /// Learn from pairs of trajectories instead of advantages (DPO and its family).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<PreferenceConfig>,
    /// What one probability ratio covers, and its bounds. Default: a token's, its logarithm within ±20.
    #[serde(default = "token_ratio")]
    pub ratio: LogRatio,
    /// What a sequence is, for ratio and aggregation.
    #[serde(default)]
    pub sequence: SequenceUnit,
    /// How tokens become one number.
    pub aggregation: AggregationConfig,
    /// Which sequences a mean over sequences counts.
    #[serde(default = "non_empty")]
    pub rows: RowCount,
    /// Added to the token count of a sequence where its mean is formed (verl: 1e-8).
    #[serde(default)]
    pub count_epsilon: f64,
    /// Divergence from the policy that training began with, as a term of the loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl: Option<KlTerm>,
    /// Weight of the value loss `½ mean (v − v̂)²`; 0 for methods without a critic. (Packages that leave
    /// out the ½ call the same weight 0.5.)
    pub value_coefficient: f64,
    /// Clip range of the value around its old value, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_clip: Option<f64>,
    /// Weight of the entropy bonus.
    pub entropy_coefficient: f64,
}

/// One ratio a token, its logarithm within ±20.
const TOKEN_RATIO: LogRatio = LogRatio::token_within(20.0);

fn token_ratio() -> LogRatio {
    TOKEN_RATIO
}

fn non_empty() -> RowCount {
    RowCount::NonEmpty
}

impl ObjectiveConfig {
    /// PPO: symmetric clip at 0.2, value weight 1, entropy weight 0.01.
    #[must_use]
    pub const fn ppo() -> Self {
        Self {
            surrogate: Some(Surrogate::Clip(Clip::symmetric(0.2))),
            preference: None,
            ratio: TOKEN_RATIO,
            sequence: SequenceUnit::Trajectory,
            aggregation: AggregationConfig::TokenMean,
            rows: RowCount::NonEmpty,
            count_epsilon: 0.0,
            kl: None,
            value_coefficient: 1.0,
            value_clip: None,
            entropy_coefficient: 0.01,
        }
    }

    /// The plain policy gradient, no critic.
    #[must_use]
    pub const fn policy_gradient() -> Self {
        Self { surrogate: Some(Surrogate::PolicyGradient {}), value_coefficient: 0.0, ..Self::ppo() }
    }

    /// A policy objective, such as a profile of [`milepost_objectives::profiles`], without critic and entropy
    /// bonus.
    #[must_use]
    pub const fn from_policy(policy: PolicyObjective) -> Self {
        Self {
            surrogate: Some(policy.surrogate),
            preference: None,
            ratio: policy.ratio,
            sequence: SequenceUnit::Trajectory,
            aggregation: AggregationConfig::of(policy.reduction.aggregation),
            rows: policy.reduction.rows,
            count_epsilon: policy.reduction.count_epsilon,
            kl: policy.kl,
            value_coefficient: 0.0,
            value_clip: None,
            entropy_coefficient: 0.0,
        }
    }

    /// A preference objective on pairs of a group's trajectories, such as DPO, without critic and entropy bonus.
    #[must_use]
    pub const fn from_preference(preference: PreferenceObjective, pairing: Pairing) -> Self {
        let PreferenceObjective { loss, beta } = preference;
        Self {
            surrogate: None,
            preference: Some(PreferenceConfig { loss, beta, pairing }),
            value_coefficient: 0.0,
            entropy_coefficient: 0.0,
            ..Self::ppo()
        }
    }

    /// The policy's part, if it learns from advantages.
    #[must_use]
    pub fn policy(&self) -> Option<PolicyObjective> {
        let (ratio, kl) = (self.ratio, self.kl);
        self.surrogate.map(|surrogate| PolicyObjective { surrogate, ratio, reduction: self.reduction(), kl })
    }

    /// The critic's part, without its weight.
    #[must_use]
    pub const fn value(&self) -> ValueLoss {
        ValueLoss { clip: self.value_clip, reduction: Reduction::new(Aggregation::TokenMean) }
    }

    /// How tokens become one number.
    #[must_use]
    pub const fn reduction(&self) -> Reduction {
        Reduction { aggregation: self.aggregation.rule(), rows: self.rows, count_epsilon: self.count_epsilon }
    }

    /// Whether log-probabilities of the policy that training began with are needed.
    #[must_use]
    pub const fn needs_reference(&self) -> bool {
        self.kl.is_some() || self.preference.is_some()
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let refuse = |key: &str, value: f64, rule: &str| {
            Err(TrainError::Config { reason: format!("`objective.{key}` is {value}; it must {rule}") })
        };
        let invalid = |error: ObjectiveError| TrainError::Config { reason: format!("`objective`: {error}") };
        match (self.policy(), &self.preference) {
            (Some(policy), None) => policy.validate().map_err(invalid)?,
            (None, Some(preference)) => preference.objective().validate().map_err(invalid)?,
            (Some(_), Some(_)) | (None, None) => {
                return Err(TrainError::Config {
                    reason: "`objective` needs either a `surrogate` or a `preference`, and not both".into(),
                });
            }
        }
        if self.preference.is_some() && self.sequence == SequenceUnit::Turn {
            return Err(TrainError::Config {
                reason:
                    "`objective.sequence = \"turn\"` is for surrogates; a `preference` compares trajectories"
                        .into(),
            });
        }
        if self.preference.is_some() && self.kl.is_some() {
            return Err(TrainError::Config {
                reason: "`objective.kl` is for surrogates; a `preference` keeps near its reference by `beta`"
                    .into(),
            });
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
