//! What came out, as it is written to `recredit.json`.

use serde::{Deserialize, Serialize};

use super::rule::Rule;

/// The latest format of `recredit.json`.
pub const FORMAT: u64 = 1;

/// Credit rules compared on the trajectories of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecreditRecord {
    /// Version of the format.
    pub(crate) format: u64,
    /// The version of Milepost.
    pub(crate) milepost: String,
    /// The experiment.
    pub(crate) experiment: String,
    /// Hash of the run's configuration.
    pub(crate) config: String,
    /// One entry for each arm.
    pub(crate) arms: Vec<ArmRecord>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArmRecord {
    /// Its name.
    pub(crate) arm: String,
    /// Seeds whose trajectories were read.
    pub(crate) seeds: Vec<u64>,
    /// The rules, resolved.
    pub(crate) rules: Vec<Rule>,
    /// What each rule counted.
    pub(crate) counters: Vec<RuleCounters>,
    /// Columns that are compared: `recorded`, `exact` where there is any, and the rules.
    pub(crate) columns: Vec<String>,
    /// Every two columns.
    pub(crate) pairs: Vec<Pair>,
    /// Why some trajectories have no exact advantage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) no_exact_values: Option<String>,
    /// The trajectories, step by step.
    pub(crate) trajectories: Vec<TrajectoryTable>,
}

/// What a rule counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RuleCounters {
    /// The rule.
    pub(crate) rule: String,
    /// Trajectories that it leaves out.
    pub(crate) left_out: usize,
    /// Its own counters that are not zero.
    pub(crate) counts: Vec<(String, u64)>,
}

/// How two columns agree, over the trajectories that have both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// One column.
    pub(crate) a: String,
    /// The other.
    pub(crate) b: String,
    /// Trajectories with both.
    pub(crate) trajectories: usize,
    /// Steps of them.
    pub(crate) steps: usize,
    /// `⟨a, b⟩ / (‖a‖ ‖b‖)` over all steps; none where one is zero throughout.
    pub(crate) cosine: Option<f64>,
    /// Mean over trajectories of Kendall's τ_b over their steps; none where it exists in none of them.
    pub(crate) kendall: Option<f64>,
    /// Trajectories in which τ_b exists: both columns vary.
    pub(crate) kendall_trajectories: usize,
    /// Share of steps with the same sign; magnitudes below 10⁻¹² are zero, which is a sign of its own.
    pub(crate) sign: Option<f64>,
}

/// A trajectory, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrajectoryTable {
    /// The run's seed.
    pub(crate) seed: u64,
    /// The task's seed.
    pub(crate) task: u64,
    /// Its place in its group.
    pub(crate) member: usize,
    /// Whether the task was solved.
    pub(crate) success: bool,
    /// Names of the actions.
    pub(crate) actions: Vec<String>,
    /// The combined reward.
    pub(crate) rewards: Vec<f64>,
    /// The learned value before each step.
    pub(crate) values: Vec<f64>,
    /// One entry for each column of the arm.
    pub(crate) credit: Vec<Option<Vec<f64>>>,
}
