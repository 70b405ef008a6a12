use serde::{Deserialize, Serialize};

use crate::TrainError;

/// What a minibatch is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MinibatchUnit {
    /// Tokens, shuffled over all trajectories.
    Token,
    /// Whole trajectories.
    Trajectory,
    /// Pairs of trajectories of a group, one preferred: for objectives that learn from preferences.
    Pair,
}

/// How often, in what portions and how far one iteration's data move the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LearnerConfig {
    /// Passes over the data.
    pub epochs: usize,
    /// Size of a minibatch, in `unit`s. The last of an epoch may be smaller.
    pub minibatch: usize,
    /// What a minibatch is counted in.
    pub unit: MinibatchUnit,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Adam's ε, added to the root of the second moment.
    pub adam_epsilon: f64,
    /// Largest joint norm of all gradients.
    pub max_grad_norm: f64,
}

impl Default for LearnerConfig {
    /// stable-baselines3's PPO settings of the fast MiniGrid baseline.
    fn default() -> Self {
        Self {
            epochs: 4,
            minibatch: 256,
            unit: MinibatchUnit::Token,
            learning_rate: 1e-3,
            adam_epsilon: 1e-5,
            max_grad_norm: 0.5,
        }
    }
}

impl LearnerConfig {
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        for (key, value) in [("epochs", self.epochs), ("minibatch", self.minibatch)] {
            if value == 0 {
                return Err(TrainError::Config {
                    reason: format!("`learner.{key}` is 0; it must be at least 1"),
                });
            }
        }
        for (key, value) in [
            ("learning-rate", self.learning_rate),
            ("adam-epsilon", self.adam_epsilon),
            ("max-grad-norm", self.max_grad_norm),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(TrainError::Config {
                    reason: format!("`learner.{key}` is {value}; it must be positive and finite"),
                });
            }
        }
        Ok(())
    }
}
