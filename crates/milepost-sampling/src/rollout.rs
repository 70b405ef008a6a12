use milepost_core::{Batch, Ending, TaskSeed, TurnFault};
use serde::{Deserialize, Serialize};

use crate::TokenLedger;

/// What a sampler over tokens returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenRollout {
    /// The trajectories to train on.
    pub batch: Batch<()>,
    /// The episodes, in the order of tasks and members.
    pub episodes: Vec<EpisodeSummary>,
    /// Every token drawn, by what it was used for.
    pub ledger: TokenLedger,
    /// Steps that worlds were asked to take, replays and temporary contexts included.
    pub environment_steps: u64,
    /// Contexts from which turns were left out because they did not fit.
    pub truncated_contexts: u64,
    /// Candidates on which a judge gave no value.
    pub unrated: u64,
}

/// A finished episode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpisodeSummary {
    /// Its task.
    pub task: TaskSeed,
    /// Sum of the environment's own rewards.
    pub environment_return: f64,
    /// Its number of turns.
    pub turns: u32,
    /// How it ended.
    pub ending: Ending,
    /// Tokens that the policy wrote in it.
    pub policy_tokens: u64,
    /// Turns with which something was wrong.
    pub faults: FaultCounts,
}

impl EpisodeSummary {
    /// Whether the environment declared success.
    #[must_use]
    pub const fn success(&self) -> bool {
        self.ending.is_success()
    }
}

/// How many turns had which fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FaultCounts {
    /// [`TurnFault::Malformed`].
    pub malformed: u32,
    /// [`TurnFault::Refused`].
    pub refused: u32,
}

impl FaultCounts {
    /// Counts the fault of a turn, if it had one.
    pub const fn count(&mut self, fault: Option<TurnFault>) {
        match fault {
            Some(TurnFault::Malformed) => self.malformed += 1,
            Some(TurnFault::Refused) => self.refused += 1,
            None => {}
        }
    }

    /// All of them.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.malformed + self.refused
    }
}
