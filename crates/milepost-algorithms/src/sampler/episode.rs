use milepost_core::{Ending, TaskSeed};
use serde::{Deserialize, Serialize};

/// A finished episode, whatever fragments it was recorded in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpisodeSummary {
    /// Its task.
    pub task: TaskSeed,
    /// Sum of the environment's own rewards.
    pub environment_return: f64,
    /// Its number of steps.
    pub length: u32,
    /// How it ended.
    pub ending: Ending,
}

impl EpisodeSummary {
    /// Whether the environment declared success.
    #[must_use]
    pub const fn success(&self) -> bool {
        self.ending.is_success()
    }
}
