use serde::{Deserialize, Serialize};

use super::rules::RuleKind;
use super::tables::{ITEMS, USERS};
use milepost_core::{ParameterCheck as Check, ParameterError};

/// How tasks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// States near the rules' boundaries, goals found by exploring forward, every task verified.
    #[default]
    Logigen,
    /// The same from states that are drawn uniformly.
    WithoutBoundaries,
    /// Goals written down from templates without asking the rules, nothing verified: some cannot be reached.
    Backward,
    /// As the first, without rows that have nothing to do with the goal.
    WithoutDistractors,
}

/// The parameters of a database with rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RuleDbConfig {
    /// How tasks are made.
    pub generator: Generator,
    /// Share of tasks whose first state is at the boundary of a rule.
    pub boundary_share: f64,
    /// The rule whose boundary that is; drawn where it is left out.
    pub focus: Option<RuleKind>,
    /// The fewest rules drawn for a task; those that others need come on top.
    pub least_rules: u32,
    /// The most rules drawn for a task.
    pub most_rules: u32,
    /// The most rows added that have nothing to do with the goal.
    pub distractors: u32,
    /// Legal calls that the explorer makes from the first state.
    pub depth: u32,
    /// Rules that a path should touch, `m`: the explorer prefers those that do.
    pub touched_rules: u32,
    /// Rows that a path should change, `n`.
    pub changed_rows: u32,
    /// Paths among which the explorer chooses.
    pub walks: u32,
    /// Random episodes, none of which may succeed.
    pub random_checks: u32,
    /// Turns after which the episode is truncated: calls, and the turn that says that all is done.
    pub max_turns: u32,
}

impl Default for RuleDbConfig {
    fn default() -> Self {
        Self {
            generator: Generator::Logigen,
            boundary_share: 0.5,
            focus: None,
            least_rules: 6,
            most_rules: 10,
            distractors: 6,
            depth: 4,
            touched_rules: 3,
            changed_rows: 3,
            walks: 12,
            random_checks: 8,
            max_turns: 11,
        }
    }
}

/// Users of a task, distractors aside.
pub(super) const CORE_USERS: u8 = 2;
/// Items of a task, distractors aside.
pub(super) const CORE_ITEMS: u8 = 3;
/// Orders of a task, distractors aside; fewer where they would break an invariant.
pub(super) const CORE_ORDERS: u8 = 3;

impl RuleDbConfig {
    /// Checks every parameter.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let check = Check("rule-db");
        let room = u32::from((USERS - CORE_USERS).min(ITEMS - CORE_ITEMS));
        let templates = RuleKind::ALL.len() as u32;
        check.probability("boundary-share", self.boundary_share)?;
        if let Some(focus) = self.focus {
            let name = focus.name();
            check.that(focus.rejects(), "focus", name, "a rule that can reject a call")?;
        }
        check.between("least-rules", self.least_rules, 1, templates)?;
        check.between("most-rules", self.most_rules, self.least_rules, templates)?;
        check.between("distractors", self.distractors, 0, room)?;
        check.between("depth", self.depth, 1, 8)?;
        check.between("touched-rules", self.touched_rules, 0, templates)?;
        check.between("changed-rows", self.changed_rows, 0, 100)?;
        check.between("walks", self.walks, 1, 1000)?;
        check.between("random-checks", self.random_checks, 0, 1000)?;
        check.between("max-turns", self.max_turns, self.depth + 1, 1000)
    }

    /// The hard set: for each rule that can reject a call, these parameters with every task at its boundary, made by
    /// [`Generator::Logigen`].
    #[must_use]
    pub fn at_every_boundary(&self) -> Vec<Self> {
        let rules = RuleKind::ALL.into_iter().filter(|kind| kind.rejects());
        let hard = |focus| Self {
            generator: Generator::Logigen,
            boundary_share: 1.0,
            focus: Some(focus),
            ..self.clone()
        };
        rules.map(hard).collect()
    }

    pub(super) const fn seeds_boundaries(&self) -> bool {
        matches!(self.generator, Generator::Logigen | Generator::WithoutDistractors)
    }

    pub(super) const fn most_distractors(&self) -> u32 {
        if matches!(self.generator, Generator::WithoutDistractors) { 0 } else { self.distractors }
    }
}
