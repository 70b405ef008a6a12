use milepost_core::{ParameterCheck as Check, ParameterError};
use serde::{Deserialize, Serialize};

use crate::code_dsl::TaskConfig;
use crate::pipeline::Grammar;

/// What the grammar allows within a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallMask {
    /// Any words of the language: calls can be wrong in every way.
    #[default]
    Free,
    /// Expressions that parse.
    Syntax,
    /// Expressions that parse and are well typed.
    Typed,
}

impl CallMask {
    pub(super) const fn grammar(self) -> Option<Grammar> {
        match self {
            Self::Free => None,
            Self::Syntax => Some(Grammar::Syntax),
            Self::Typed => Some(Grammar::Typed),
        }
    }
}

/// Parameters of [`super::CodeTool`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolConfig {
    /// What is asked.
    pub task: TaskConfig,
    /// Calls of an episode; one more turn is for the answer.
    pub calls: u32,
    /// The most think tokens before a turn's action; 0 forbids them.
    pub thoughts: u32,
    /// `q`: probability that a call reaches the tool with a syntactic slip, whatever was written.
    pub flaky: f64,
    /// What the grammar allows within a call.
    pub mask: CallMask,
}

impl Default for ToolConfig {
    /// Four calls, one think token, no slips, any words within a call.
    fn default() -> Self {
        let task = TaskConfig { easy: 2, medium: 2, hard: 2, shown: 0, ..TaskConfig::default() };
        Self { task, calls: 4, thoughts: 1, flaky: 0.0, mask: CallMask::default() }
    }
}

impl ToolConfig {
    /// The most calls of an episode.
    pub const MOST_CALLS: u32 = 16;

    /// Whether every parameter is within its bounds.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let check = Check("code-tool");
        self.task.validate(check)?;
        check.between("calls", self.calls, 1, Self::MOST_CALLS)?;
        check.between("thoughts", self.thoughts, 0, 4)?;
        check.probability("flaky", self.flaky)
    }
}
