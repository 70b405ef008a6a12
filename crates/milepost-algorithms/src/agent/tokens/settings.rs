use milepost_sampling::ContextRule;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// How a policy over tokens reads a world and draws its turns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenSettings {
    /// What it reads before a turn.
    pub context: ContextRule,
    /// Logits are divided by this while training draws; the tempered distribution is the one that is trained.
    #[serde(default = "one")]
    pub temperature: f64,
    /// The same while evaluation draws.
    #[serde(default = "one")]
    pub evaluation_temperature: f64,
    /// Whether only well-formed tokens are drawn, where the world has a grammar.
    #[serde(default)]
    pub constrained: bool,
    /// After this many turns an episode is truncated, should the world let it go on.
    pub max_turns: u32,
}

const fn one() -> f64 {
    1.0
}

impl TokenSettings {
    /// Reads by `context`, draws at temperature 1 without constraints.
    #[must_use]
    pub const fn new(context: ContextRule, max_turns: u32) -> Self {
        Self { context, temperature: 1.0, evaluation_temperature: 1.0, constrained: false, max_turns }
    }

    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        for (key, value) in
            [("temperature", self.temperature), ("evaluation-temperature", self.evaluation_temperature)]
        {
            if !(value > 0.0 && value.is_finite()) {
                let reason = format!("`{key}` is {value}; it must be positive and finite");
                return Err(TrainError::Config { reason });
            }
        }
        if self.max_turns == 0 {
            return Err(TrainError::Config { reason: "`max-turns` is 0; it must be at least 1".into() });
        }
        Ok(())
    }
}
