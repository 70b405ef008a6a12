use serde::{Deserialize, Serialize};

/// How a trajectory ended. A type, not a flag: truncation is never failure by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ending {
    /// The task is over; nothing follows, so nothing is bootstrapped.
    Terminated(Outcome),
    /// A budget ran out while the task was still going; the value of the last state still counts.
    Truncated(Budget),
    /// A sampler stopped recording here; the episode itself goes on elsewhere.
    Cut(CutReason),
    /// The policy's output could not be understood and the environment ended the episode for it.
    Malformed,
}

/// The environment's own verdict on a terminated episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The task was achieved.
    Success,
    /// The task can no longer be achieved.
    Failure,
}

/// The budget that a truncated episode exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Budget {
    /// Environment steps (turns).
    Steps,
    /// Policy tokens.
    Tokens,
}

/// Why a sampler stopped recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CutReason {
    /// A fixed-length rollout segment was full; the next segment continues the episode.
    SegmentFull,
    /// A branch was left for another.
    Branch,
}

impl Ending {
    /// Whether the value of the final state is part of the return (truncated or cut).
    #[must_use]
    pub const fn bootstraps(self) -> bool {
        matches!(self, Self::Truncated(_) | Self::Cut(_))
    }

    /// Whether the episode itself is over (everything but [`Ending::Cut`]).
    #[must_use]
    pub const fn ends_episode(self) -> bool {
        !matches!(self, Self::Cut(_))
    }

    /// Whether the environment declared success.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Terminated(Outcome::Success))
    }
}
