use serde::{Deserialize, Serialize};

/// One trajectory of the trained policy on a held-out task, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TraceRecord {
    /// The task's seed.
    pub(crate) task: u64,
    /// How it ended, in words.
    pub(crate) ending: String,
    /// Whether the environment declared success.
    pub(crate) success: bool,
    /// Steps of the whole trajectory; the first of them are recorded.
    pub(crate) length: usize,
    /// Names of the reward channels.
    pub(crate) channels: Vec<String>,
    /// The steps.
    pub(crate) steps: Vec<TraceStep>,
    /// Pictures of the states before each step, and of the last one, as SVG.
    pub(crate) frames: Vec<String>,
    /// Why there are no exact values, where there are none.
    pub(crate) no_exact_values: Option<String>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TraceStep {
    /// Name of the action.
    pub(crate) action: String,
    /// What each channel paid.
    pub(crate) channels: Vec<Option<f64>>,
    /// The combined reward.
    pub(crate) reward: f64,
    /// What the credit rule assigned.
    pub(crate) advantage: f64,
    /// The learned value of the state.
    pub(crate) value: f64,
    /// `A(s, a)` of the acting policy, by dynamic programming.
    pub(crate) exact_advantage: Option<f64>,
    /// `V(s)` of the acting policy, by dynamic programming.
    pub(crate) exact_value: Option<f64>,
}
