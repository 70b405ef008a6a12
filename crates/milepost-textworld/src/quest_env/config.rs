use serde::{Deserialize, Serialize};

use crate::generate::Family;
use crate::text::Words;

/// When a quest pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RewardScheme {
    /// 1 for winning.
    #[default]
    Sparse,
    /// Half of the steps of the plan pay, the last among them: `1 / ⌈N/2⌉` each.
    Balanced,
    /// Each of the `N` steps of the plan pays `1 / N` when it is first achieved.
    Dense,
}

/// What the prompt says besides where the player is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// What is asked.
    #[default]
    Goal,
    /// The commands of the plan, in order.
    Walkthrough,
}

/// A quest to be read and written in tokens, as an experiment file embeds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TextQuestConfig {
    /// Which games.
    pub family: Family,
    /// When they pay.
    pub rewards: RewardScheme,
    /// Turns after which an episode is truncated, in lengths of the plan; at least one turn. The recipe
    /// (arXiv 2510.01132) takes 3.
    pub turns_per_step: f64,
    /// What the prompt says.
    pub prompt: Prompt,
    /// Whether every reply ends with what is carried.
    pub inventory: bool,
    /// Whether commands that change nothing (`look`, `inventory`, `examine`) are among the well-formed ones.
    /// They are answered either way.
    pub idle_commands: bool,
    /// Which words are known.
    pub words: Words,
}

impl Default for TextQuestConfig {
    /// `w2-o3-q4`, sparse, 12 turns.
    fn default() -> Self {
        Self {
            family: Family::default(),
            rewards: RewardScheme::default(),
            turns_per_step: 3.0,
            prompt: Prompt::default(),
            inventory: true,
            idle_commands: false,
            words: Words::default(),
        }
    }
}
