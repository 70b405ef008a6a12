use milepost_core::{ParameterCheck as Check, ParameterError};
use serde::{Deserialize, Serialize};

use super::Language;
use super::probe::MAX_TESTS;

/// Which programs a policy draws under the world's grammar.
pub use crate::pipeline::Grammar as Mask;

/// What tasks are drawn; shared by [`super::CodeDsl`] and [`super::CodeTool`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TaskConfig {
    /// The fewest operations of a target, guards aside.
    pub least_ops: u32,
    /// The most operations of a target, guards aside.
    pub most_ops: u32,
    /// The most guards of a target; each task has one at least, unless this is 0.
    pub guards: u32,
    /// Probability that an operation is described by its synonym rather than its name.
    pub synonyms: f64,
    /// Input and output pairs in the prompt, drawn as medium tests are.
    pub examples: u32,
    /// Tests whose verdicts are shown as feedback. They are not among the rewarded.
    pub shown: u32,
    /// Rewarded tests on which most operations do nothing: one value, sorted values, often alike.
    pub easy: u32,
    /// Rewarded tests that the natural program passes and that tell it from programs with an operation less.
    pub medium: u32,
    /// Rewarded tests that need the guards: at least one for each.
    pub hard: u32,
    /// `skew`: how many times each easy test stands among the rewarded.
    pub copies: u32,
}

impl Default for TaskConfig {
    /// 24 tests, two thirds of them easy.
    fn default() -> Self {
        Self {
            least_ops: 2,
            most_ops: 4,
            guards: 2,
            synonyms: 0.5,
            examples: 0,
            shown: 4,
            easy: 16,
            medium: 6,
            hard: 2,
            copies: 1,
        }
    }
}

impl TaskConfig {
    /// Rewarded tests.
    #[must_use]
    pub const fn tests(&self) -> u32 {
        self.easy * self.copies + self.medium + self.hard
    }

    pub(super) fn validate(&self, check: Check) -> Result<(), ParameterError> {
        check.between("least-ops", self.least_ops, 2, 4)?;
        check.between("most-ops", self.most_ops, self.least_ops, 4)?;
        check.between("guards", self.guards, 0, 2)?;
        check.probability("synonyms", self.synonyms)?;
        check.between("examples", self.examples, 0, 4)?;
        check.between("shown", self.shown, 0, 16)?;
        check.between("easy", self.easy, 0, 32)?;
        check.between("medium", self.medium, 2, 32)?;
        check.between("hard", self.hard, 0, 32)?;
        check.between("copies", self.copies, 1, 64)?;
        let guards = format!("at least the {} guards that a target may have: each needs a test", self.guards);
        check.that(self.hard >= self.guards, "hard", self.hard, guards)?;
        let most = format!("so few that easy × copies + medium + hard is at most {MAX_TESTS}");
        check.that(self.tests() <= MAX_TESTS as u32, "copies", self.copies, most)
    }
}

/// Parameters of [`super::CodeDsl`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodeConfig {
    /// What is asked.
    pub task: TaskConfig,
    /// Submissions in an episode, `T`: 1, or more with feedback between them.
    pub turns: u32,
    /// In which language programs are written.
    pub language: Language,
    /// What the grammar allows. MiniPy has no types that could be checked: under it `syntax`.
    pub mask: Mask,
}

impl Default for CodeConfig {
    /// One submission, well typed under the mask.
    fn default() -> Self {
        Self { task: TaskConfig::default(), turns: 1, language: Language::Pipeline, mask: Mask::Typed }
    }
}

impl CodeConfig {
    /// The most turns of an episode.
    pub const MOST_TURNS: u32 = 16;

    /// Whether every parameter is within its bounds.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let check = Check("code-dsl");
        self.task.validate(check)?;
        let held = self.language == Language::Pipeline || self.mask == Mask::Syntax;
        check.that(
            held,
            "mask",
            "typed",
            "`syntax` where programs are MiniPy, which has no types to check",
        )?;
        check.between("turns", self.turns, 1, Self::MOST_TURNS)
    }
}
