use milepost_core::{Stream, StreamKey};

use crate::SamplerSettings;

/// What the draws of a stream decide. Part of the stream's address, so that none disturbs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Lane {
    /// The tokens of a turn; index 0 is the plain draw, others are candidates for the same place.
    Turn = 0,
    /// Which candidate of a step tree goes on.
    Winner = 1,
    /// Whether rollback is on for a trajectory.
    RollbackSwitch = 2,
    /// The tokens of an attempt to repair; the index counts the trajectory's attempts.
    Retry = 3,
    /// Whether a draft is revised, and where it is cut; the index counts the rounds.
    Review = 4,
    /// The tokens of a turn drawn anew after a cut; the index counts the rounds.
    Regenerate = 5,
    /// The tokens of a turn under a hint; the index counts the completions.
    Hint = 6,
    /// Which members of a group make room.
    Slots = 7,
}

/// The address of one draw within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DrawKey {
    /// The task's key.
    pub task: u64,
    /// The place in the group.
    pub member: u32,
    /// What is decided.
    pub lane: Lane,
    /// Which of several draws of the same kind at the same place; below 2²⁴.
    pub index: u32,
    /// The turn.
    pub step: u32,
}

impl DrawKey {
    /// The plain draw of turn `step`.
    pub(crate) const fn turn(task: u64, member: u32, step: u32) -> Self {
        Self { task, member, lane: Lane::Turn, index: 0, step }
    }

    /// Opens the stream. As in all samplers the member stands in the place of the stream's task and the task
    /// in that of its episode; lane and index take the member's upper half, which is 0 for plain draws.
    pub(crate) const fn stream(self, settings: &SamplerSettings) -> Stream {
        Stream::new(StreamKey {
            run_seed: settings.run_seed,
            purpose: settings.purpose,
            task: self.member as u64 | (self.lane as u64) << 32 | (self.index as u64) << 40,
            episode: self.task,
            step: self.step,
        })
    }
}
