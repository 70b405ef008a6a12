use milepost_core::{Batch, Ending, TaskSeed};
use serde::{Deserialize, Serialize};

/// What a sampler returned.
#[derive(Debug, Clone)]
pub struct Rollout<O> {
    /// The trajectories.
    pub batch: Batch<O>,
    /// Episodes that ended while sampling, in slot order.
    pub episodes: Vec<EpisodeSummary>,
    /// Environment steps taken.
    pub steps: u64,
    /// Tokens that the policy drew, those that were thrown away included.
    pub drawn_tokens: u64,
    /// What the sampler counted.
    pub counters: Vec<(String, u64)>,
    /// What it measured.
    pub metrics: Vec<(String, f64)>,
    /// Tokens that stand in another context than the one in which they were drawn.
    pub moved: Vec<MovedToken>,
}

/// A token that a sampler moved out of the context in which it was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedToken {
    /// Its trajectory, in the batch's order.
    pub trajectory: usize,
    /// Its place among the trajectory's tokens.
    pub token: usize,
    /// Its log-probability where it stands, minus that where it was drawn.
    pub log_ratio: f64,
}

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
