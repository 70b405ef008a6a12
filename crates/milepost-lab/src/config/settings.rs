//! The typed parts of an experiment file, apart from the method.

use serde::{Deserialize, Serialize};

use super::environment::EnvironmentConfig;
use super::metric::MetricName;

/// What every arm may spend, in one of two units. Equal for all arms; an iteration under way is finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetConfig {
    /// Environment steps of training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_steps: Option<u64>,
    /// Tokens that the policy and its judges draw for training, those that a sampler throws away included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_tokens: Option<u64>,
}

/// What a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BudgetUnit {
    /// Environment steps.
    EnvironmentSteps,
    /// Tokens drawn.
    DrawnTokens,
}

impl BudgetUnit {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::EnvironmentSteps => "environment steps",
            Self::DrawnTokens => "drawn tokens",
        }
    }

    /// In a word.
    pub(crate) const fn short(self) -> &'static str {
        match self {
            Self::EnvironmentSteps => "steps",
            Self::DrawnTokens => "tokens",
        }
    }
}

impl BudgetConfig {
    /// What is counted. Of two units, which validation refuses, the first.
    pub(crate) const fn unit(&self) -> BudgetUnit {
        match self.environment_steps {
            Some(_) => BudgetUnit::EnvironmentSteps,
            None => BudgetUnit::DrawnTokens,
        }
    }

    /// How much of it there is.
    pub(crate) fn amount(&self) -> u64 {
        self.environment_steps.or(self.drawn_tokens).unwrap_or(0)
    }

    /// What is wrong with it, if anything.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        match (self.environment_steps, self.drawn_tokens) {
            (Some(_), Some(_)) => Some("has two units; give `environment-steps` or `drawn-tokens`, not both"),
            (None, None) => Some("is empty; give `environment-steps` or `drawn-tokens`"),
            _ => None,
        }
    }

    /// In words.
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.amount(), self.unit().name())
    }
}

/// Evaluation on held-out tasks, by the environment's own reward alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluationConfig {
    /// Number of held-out tasks, the same at every evaluation of a seed and for all arms.
    pub tasks: u64,
    /// What is spent of the budget between two evaluations, in its unit. One takes place before training and
    /// one at its end as well.
    pub every: u64,
    /// Whether the most likely action is taken instead of a drawn one.
    #[serde(default)]
    pub greedy: bool,
    /// Number of held-out tasks on which every evaluation also looks at credit: a group of episodes each, and what the
    /// credit rule makes of them against what turns deserve. For worlds whose best play is known. Default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub credit_tasks: u64,
    /// Where the held-out tasks are, if not where an arm trains: a world of tokens of the same kind and words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentConfig>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How often a run can be picked up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CheckpointConfig {
    /// Iterations between two checkpoints.
    pub every: u64,
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self { every: 20 }
    }
}

/// What is measured; named before the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MetricConfig {
    /// The metric that the verdict is about.
    pub primary: MetricName,
    /// Metrics shown beside it.
    #[serde(default)]
    pub secondary: Vec<MetricName>,
    /// The success rate that `steps-to-success` waits for.
    #[serde(default = "default_threshold")]
    pub threshold: f64,
}

const fn default_threshold() -> f64 {
    0.9
}
