//! Whole trajectories of the trained policy, so that credit can be assigned to them again.
//!
//! `trajectories.jsonl.gz` is a log whose lines are groups: trajectories of one task, drawn side by side.

use milepost_core::{Ending, Signals};
use serde::{Deserialize, Serialize};

/// The kind in the first line of the log.
pub(crate) const KIND: &str = "trajectories";

/// Trajectories that share a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    /// The task's seed.
    pub(crate) task: u64,
    /// The trajectories.
    pub(crate) members: Vec<TrajectoryRecord>,
    /// Why there are no exact advantages, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) no_exact_values: Option<String>,
}

/// One trajectory of `T` steps with everything that a credit rule reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrajectoryRecord {
    /// Steps of the episode before its first.
    pub(crate) first_step: u32,
    /// How it ended.
    pub(crate) ending: Ending,
    /// Keys of the states, `[T + 1]`.
    pub(crate) state_keys: Vec<u64>,
    /// Actions, `[T]`.
    pub(crate) actions: Vec<u32>,
    /// The words of each turn, where actions are words, `[T]`; `actions` then holds a key of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<String>,
    /// Where the policy's part of each turn came from (`spliced`, `injected`, `candidate 2`, `forced`, …), `[T]`; empty
    /// where the policy drew all of it in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) provenance: Vec<String>,
    /// What each channel paid.
    pub(crate) signals: Signals,
    /// The combined reward, `[T]`.
    pub(crate) rewards: Vec<f64>,
    /// The learned value of each state, `[T + 1]`.
    pub(crate) values: Vec<f64>,
    /// What the arm's own credit rule assigned, `[T]`.
    pub(crate) advantages: Vec<f64>,
    /// `A(s, a)` of the acting policy under the environment's own reward, by dynamic programming, `[T]`.
    pub(crate) exact_advantages: Option<Vec<f64>>,
}

impl TrajectoryRecord {
    /// The actions as they are shown, `[T]`.
    pub(crate) fn action_names(&self) -> Vec<String> {
        if self.words.is_empty() {
            self.actions.iter().map(|action| crate::run::action_name(*action)).collect()
        } else {
            self.words.clone()
        }
    }
}
