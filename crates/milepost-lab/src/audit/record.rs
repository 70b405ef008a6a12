//! What an audit found, as it is written to `audit.json`.

use milepost_eval::audit::Solution;
use serde::{Deserialize, Serialize};

/// The latest format of `audit.json`.
pub const FORMAT: u64 = 1;

/// An audit of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Version of the format.
    pub(crate) format: u64,
    /// The version of Milepost.
    pub(crate) milepost: String,
    /// The experiment.
    pub(crate) experiment: String,
    /// Its environment.
    pub(crate) environment: String,
    /// Seeds of the tasks from whose first states the world was enumerated.
    pub(crate) tasks: Vec<u64>,
    /// States that can be reached.
    pub(crate) states: usize,
    /// Transitions that can happen.
    pub(crate) transitions: usize,
    /// Step budget.
    pub(crate) horizon: u32,
    /// `budget` or `unbounded`.
    pub(crate) problem: String,
    /// Whether the environment's own reward depends on elapsed time.
    pub(crate) clocked: bool,
    /// One entry for each arm.
    pub(crate) arms: Vec<ArmAudit>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArmAudit {
    /// Its name.
    pub(crate) arm: String,
    /// What it is.
    pub(crate) about: String,
    /// What was found.
    pub(crate) outcome: ArmOutcome,
}

/// What was found about an arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ArmOutcome {
    /// Its reward is no function of a transition.
    Refused {
        /// Why.
        reason: String,
    },
    /// The numbers.
    Audited(Box<Numbers>),
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Number {
    /// The number.
    pub(crate) value: Option<f64>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undefined: Option<String>,
}

impl<E: std::fmt::Display> From<Result<f64, E>> for Number {
    fn from(result: Result<f64, E>) -> Self {
        match result {
            Ok(value) => Self { value: Some(value), undefined: None },
            Err(error) => Self { value: None, undefined: Some(error.to_string()) },
        }
    }
}

/// What the audit of `milepost_eval` says about one reward; see there for definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    /// Discount that was used.
    pub(crate) discount: f64,
    /// Values that scorers did not have, over all transitions; they pay nothing.
    pub(crate) missing: u64,
    /// Share of transitions that pay.
    pub(crate) density_transitions: f64,
    /// Share of steps that pay under the uniform policy.
    pub(crate) density_uniform: f64,
    /// Share of steps that pay under the policy that is best for gold.
    pub(crate) density_gold: f64,
    /// Share of steps that pay under the policy that is best for this reward.
    pub(crate) density_own: f64,
    /// States whose best actions are the same.
    pub(crate) states_same: usize,
    /// States with fewer best actions, all of them best for gold.
    pub(crate) states_narrower: usize,
    /// States with a best action that is not best for gold.
    pub(crate) states_misled: usize,
    /// Best gold value.
    pub(crate) gold_value: f64,
    /// Gold that is lost, ties at their worst.
    pub(crate) regret_worst: f64,
    /// Gold that is lost, ties drawn uniformly.
    pub(crate) regret_mean: f64,
    /// Least distance from a shaped gold reward.
    pub(crate) residual: f64,
    /// Its proven lower bound.
    pub(crate) residual_lower: f64,
    /// The best never-ending cycle that can be walked at will.
    pub(crate) cycle_mean: Option<f64>,
    /// Its steps.
    pub(crate) cycle: Vec<CycleStep>,
    /// Mean of the best cycle that can happen.
    pub(crate) possible_cycle_mean: Option<f64>,
    /// EPIC distance to gold.
    pub(crate) epic: Number,
    /// DARD distance to gold.
    pub(crate) dard: Number,
    /// Root mean square difference to gold.
    pub(crate) direct: Number,
    /// Pearson's correlation of returns.
    pub(crate) return_pearson: Number,
    /// Spearman's correlation of returns.
    pub(crate) return_spearman: Number,
    /// Episodes behind the correlations.
    pub(crate) return_episodes: usize,
    /// Share of hovering steps.
    pub(crate) hover: Number,
    /// Share of the reward paid for them.
    pub(crate) hover_reward: Number,
    /// Share of steps that go over states again under the policy that is best for gold.
    pub(crate) hover_gold: Number,
    /// Success within the budget of the policy that is best for gold.
    pub(crate) success_gold: f64,
    /// Success within the budget of the policy that is best for this reward.
    pub(crate) success: f64,
    /// The first task's map.
    pub(crate) map: Map,
}

/// A step of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CycleStep {
    /// Key of the state, in hexadecimal.
    pub(crate) state: String,
    /// Where the agent stands, `x, y`.
    pub(crate) at: Option<(u8, u8)>,
    /// The action.
    pub(crate) action: String,
}

/// The map of a gridworld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Map {
    /// Columns.
    pub(crate) width: u8,
    /// Rows.
    pub(crate) height: u8,
    /// Cells in which the agent can stand, row by row.
    pub(crate) cells: Vec<Cell>,
}

/// A cell and the states with the agent in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// Column.
    pub(crate) x: u8,
    /// Row.
    pub(crate) y: u8,
    /// States.
    pub(crate) states: usize,
    /// Of them, those with a best action that is not best for gold.
    pub(crate) misled: usize,
    /// Whether an episode starts here.
    pub(crate) start: bool,
}

/// The name of a problem in files and on the command line.
pub(super) const fn problem_name(problem: Solution) -> &'static str {
    match problem {
        Solution::Budget => "budget",
        Solution::Unbounded => "unbounded",
    }
}
