use milepost_core::{Batch, Ending, Group, GroupError, TaskSeed, Trajectory};
use serde::{Deserialize, Serialize};

/// What a sampler returned.
#[derive(Debug, Clone)]
pub struct Rollout<O> {
    /// The trajectories.
    pub batch: Batch<O>,
    /// What else is trained, each with the advantage of one of the trajectories. Not scored, and in no group.
    pub companions: Vec<Companion<O>>,
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

/// Decisions that led to a trajectory but do not stand in it, such as a verdict on its draft.
#[derive(Debug, Clone)]
pub struct Companion<O> {
    /// The trajectory, counted over all groups of the batch.
    pub place: usize,
    /// The decisions, in the context in which they were drawn.
    pub trajectory: Trajectory<O>,
}

impl<O: Clone> Rollout<O> {
    /// The batch and after it the companions, each a group of its own.
    pub(crate) fn joined(&self) -> Result<Batch<O>, GroupError> {
        let mut groups = self.batch.groups.clone();
        for companion in &self.companions {
            groups.push(Group::new(vec![companion.trajectory.clone()])?);
        }
        Ok(Batch { groups })
    }
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
