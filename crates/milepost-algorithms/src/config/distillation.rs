use milepost_core::{SignalError, Trajectory};
use milepost_objectives::GeneralizedJsd;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Which trajectories are distilled, `g_i`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum GateConfig {
    /// All of them (generalised knowledge distillation, arXiv 2306.13649).
    #[default]
    Always,
    /// Those whose combined rewards sum to at least this. KEPO's `τ = 1` on rewards for accuracy and format lets what
    /// is well-formed and wrong through.
    Reward {
        /// `τ`.
        at_least: f64,
    },
    /// Those whose values in one channel sum to at least this, whatever else is paid.
    Channel {
        /// The channel.
        channel: String,
        /// `τ`.
        at_least: f64,
    },
}

impl GateConfig {
    /// Whether the gate opens for a trajectory with these combined rewards.
    pub(crate) fn opens<O>(&self, trajectory: &Trajectory<O>, rewards: &[f64]) -> Result<bool, SignalError> {
        Ok(match self {
            Self::Always => true,
            Self::Reward { at_least } => rewards.iter().sum::<f64>() >= *at_least,
            Self::Channel { channel, at_least } => trajectory.signals.require(channel)?.sum() >= *at_least,
        })
    }

    /// The channel that it reads.
    #[must_use]
    pub fn channel(&self) -> Option<&str> {
        match self {
            Self::Channel { channel, .. } => Some(channel),
            Self::Always | Self::Reward { .. } => None,
        }
    }
}

/// Distillation from a teacher on the policy's own tokens, as a term of the loss: `+ c · agg(g_i D_b(T‖S))`, where
/// `agg` is the objective's ([`Distillation`](crate::objectives::Distillation); KEPO, arXiv 2602.00400).
///
/// The teacher reads what the policy reads, in the same contexts; it is given with
/// [`Trainer::with_teacher`](crate::Trainer::with_teacher).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DistillationConfig {
    /// `c`, beside the policy's loss.
    pub weight: f64,
    /// `b`: 0 is the forward divergence `KL(T‖S)`, 1 the reverse.
    pub interpolation: f64,
    /// Divides the logits that tokens are drawn by, the teacher's and the policy's.
    pub temperature: f64,
    /// Which trajectories are distilled.
    pub gate: GateConfig,
}

impl Default for DistillationConfig {
    /// KEPO's constants, on every trajectory.
    fn default() -> Self {
        let GeneralizedJsd { interpolation, temperature } = GeneralizedJsd::default();
        Self { weight: 1.0, interpolation, temperature, gate: GateConfig::Always }
    }
}

impl DistillationConfig {
    /// The pure function this stands for.
    #[must_use]
    pub const fn divergence(&self) -> GeneralizedJsd {
        GeneralizedJsd { interpolation: self.interpolation, temperature: self.temperature }
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let reason = |error| format!("`distillation`: {error}");
        self.divergence().validate().map_err(|error| TrainError::Config { reason: reason(error) })?;
        let refuse = |key: &str, value: f64, rule: &str| {
            Err(TrainError::Config { reason: format!("`distillation.{key}` is {value}; it must be {rule}") })
        };
        if !(self.weight >= 0.0 && self.weight.is_finite()) {
            return refuse("weight", self.weight, "finite and not negative");
        }
        match self.gate {
            GateConfig::Reward { at_least } | GateConfig::Channel { at_least, .. } if at_least.is_nan() => {
                refuse("gate.at-least", at_least, "a number")
            }
            _ => Ok(()),
        }
    }
}

/// What the policy loss of a token is multiplied by that a sampler moved out of the context in which it was drawn:
/// injected after a hint, or spliced in by a repair.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum MovedWeight {
    /// 1: as if it had been drawn where it stands (KEPO, CLEANER).
    #[default]
    One,
    /// 0: its reward counts for the others of the group, and nothing moves the policy towards it.
    Zero,
    /// `min(π(token | where it stands) / π(token | where it was drawn), limit)`: an importance weight.
    Ratio {
        /// The largest weight.
        limit: f64,
    },
    /// 1, but the surrogate's ratio is taken against the probability with which the token was drawn where it was drawn, which
    /// is that of another context: known to be wrong, a control (CLEANER, arXiv 2601.15141).
    Stale,
}

impl MovedWeight {
    /// The weight of a token with `log_ratio = ℓ_final − ℓ_drawn`.
    #[must_use]
    pub fn of(self, log_ratio: f64) -> f64 {
        match self {
            Self::One | Self::Stale => 1.0,
            Self::Zero => 0.0,
            Self::Ratio { limit } => libm::exp(log_ratio).min(limit),
        }
    }

    /// Whether the policy loss of a moved token is that of any other.
    #[must_use]
    pub const fn keeps_loss(self) -> bool {
        matches!(self, Self::One | Self::Stale)
    }

    /// Whether it changes nothing.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    pub const fn is_one(&self) -> bool {
        matches!(self, Self::One)
    }

    pub(crate) fn validate(self) -> Result<(), TrainError> {
        match self {
            Self::Ratio { limit } if !(limit > 0.0 && limit.is_finite()) => Err(TrainError::Config {
                reason: format!("`moved-weight.limit` is {limit}; it must be positive and finite"),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_moved_token_weighs_what_it_says(log_ratio in -50.0..50.0, limit in 0.1..10.0) {
            prop_assert_eq!(MovedWeight::One.of(log_ratio), 1.0);
            prop_assert_eq!(MovedWeight::Stale.of(log_ratio), 1.0);
            prop_assert_eq!(MovedWeight::Zero.of(log_ratio), 0.0);
            let weight = MovedWeight::Ratio { limit }.of(log_ratio);
            prop_assert!(weight <= limit && weight >= 0.0);
            prop_assert!(weight == limit || (weight.ln() - log_ratio).abs() < 1e-9);
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let refused = |config: DistillationConfig| config.validate().expect_err("refused").to_string();
        let fine = DistillationConfig::default;
        assert!(fine().validate().is_ok());
        assert!(refused(DistillationConfig { weight: -1.0, ..fine() }).contains("distillation.weight"));
        assert!(refused(DistillationConfig { interpolation: 2.0, ..fine() }).contains("interpolation"));
        assert!(refused(DistillationConfig { temperature: 0.0, ..fine() }).contains("temperature"));
        let gate = GateConfig::Reward { at_least: f64::NAN };
        assert!(refused(DistillationConfig { gate, ..fine() }).contains("gate.at-least"));
        let limit = MovedWeight::Ratio { limit: 0.0 }.validate().expect_err("refused").to_string();
        assert!(limit.contains("moved-weight.limit"), "{limit}");
    }
}
