use milepost_objectives::{ImplicitReward, ImplicitRewardLoss};
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// What an implicit reward is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImplicitReference {
    /// The network that training began with, for ever (PRIME).
    #[default]
    Start,
    /// The network that drew the batch, which rolls along with the policy (iStar).
    Sampler,
}

/// What one implicit reward belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImplicitLevel {
    /// A token.
    #[default]
    Token,
    /// A turn: the sum over its tokens.
    Turn,
}

/// When the reward model learns from a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum ImplicitUpdate {
    /// After it has scored it.
    #[default]
    After,
    /// Before it scores it, at the price of another forward pass.
    Before,
    /// From the first `samples` trajectories, all of which the starting policy draws: until then the policy waits.
    /// Never again afterwards.
    Once {
        /// Trajectories.
        samples: u64,
    },
}

/// What becomes of a trajectory whose log-ratio is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NonFinite {
    /// Training stops.
    #[default]
    Refuse,
    /// It has no reward, teaches the reward model nothing, and is counted. Where none is finite, training stops.
    Drop,
}

/// A reward model that is the log-ratio of two policies, trained from outcomes alone:
/// [`ImplicitRewardModel`](crate::ImplicitRewardModel).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ImplicitRewardConfig {
    /// The channel it writes.
    pub channel: String,
    /// The channel of outcomes, summed over a trajectory.
    pub outcome: String,
    /// A trajectory succeeds if its outcome is above this.
    pub success_above: f64,
    /// For scores without success: pairs are made of trajectories whose outcomes differ by more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// `β`.
    pub beta: f64,
    /// What it learns.
    pub loss: ImplicitRewardLoss,
    /// `π_ref`.
    pub reference: ImplicitReference,
    /// What a reward belongs to.
    pub level: ImplicitLevel,
    /// When it learns.
    pub update: ImplicitUpdate,
    /// Most pairs of a batch; of more, so many are drawn.
    pub pairs: usize,
    /// Passes over a batch.
    pub epochs: usize,
    /// Trajectories, or pairs, of one step.
    pub minibatch: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Adam's ε.
    pub adam_epsilon: f64,
    /// Largest joint norm of all gradients.
    pub max_grad_norm: f64,
    /// What becomes of log-ratios that are not finite.
    pub non_finite: NonFinite,
    /// Training stops if a token's log-ratio exceeds this in magnitude, unless it is infinite: the reward model has
    /// drifted off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_log_ratio: Option<f64>,
}

impl Default for ImplicitRewardConfig {
    /// [`ImplicitRewardConfig::prime`].
    fn default() -> Self {
        Self::prime()
    }
}

impl ImplicitRewardConfig {
    /// PRIME's (arXiv 2502.01456): tokens, cross-entropy, a fixed reference, scored before it learns.
    #[must_use]
    pub fn prime() -> Self {
        Self {
            channel: "process".to_owned(),
            outcome: "outcome".to_owned(),
            success_above: 0.0,
            margin: None,
            beta: 0.05,
            loss: ImplicitRewardLoss::CrossEntropy {},
            reference: ImplicitReference::Start,
            level: ImplicitLevel::Token,
            update: ImplicitUpdate::After,
            pairs: 64,
            epochs: 1,
            minibatch: 64,
            learning_rate: 1e-6,
            adam_epsilon: 1e-8,
            max_grad_norm: 10.0,
            non_finite: NonFinite::Refuse,
            largest_log_ratio: None,
        }
    }

    /// iStar's (arXiv 2509.19199): turns, trajectory DPO, the sampler as reference, learns before it scores.
    #[must_use]
    pub fn istar() -> Self {
        Self {
            loss: ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: false },
            reference: ImplicitReference::Sampler,
            level: ImplicitLevel::Turn,
            update: ImplicitUpdate::Before,
            non_finite: NonFinite::Drop,
            ..Self::prime()
        }
    }

    /// The pure function this stands for.
    #[must_use]
    pub const fn objective(&self) -> ImplicitReward {
        ImplicitReward { loss: self.loss, beta: self.beta }
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let refuse =
            |reason: String| Err(TrainError::Config { reason: format!("`model-scorers`: {reason}") });
        self.objective().validate().or_else(|error| refuse(error.to_string()))?;
        for (key, value) in [("epochs", self.epochs), ("minibatch", self.minibatch), ("pairs", self.pairs)] {
            if value == 0 {
                return refuse(format!("`{key}` is 0; it must be at least 1"));
            }
        }
        let positive = [
            ("learning-rate", Some(self.learning_rate)),
            ("adam-epsilon", Some(self.adam_epsilon)),
            ("max-grad-norm", Some(self.max_grad_norm)),
            ("largest-log-ratio", self.largest_log_ratio),
        ];
        for (key, value) in positive.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(format!("`{key}` is {value}; it must be positive and finite"));
            }
        }
        if !self.success_above.is_finite()
            || self.margin.is_some_and(|margin| margin.is_nan() || margin < 0.0)
        {
            return refuse("`success-above` must be finite, and `margin` at least 0".into());
        }
        if self.margin.is_some() && matches!(self.loss, ImplicitRewardLoss::CrossEntropy {}) {
            return refuse("`margin` makes pairs, which the cross-entropy does not compare".into());
        }
        if self.update == (ImplicitUpdate::Once { samples: 0 }) {
            return refuse("`update.samples` is 0; a model that never learns pays nothing".into());
        }
        Ok(())
    }
}
