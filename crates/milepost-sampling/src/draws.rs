use milepost_core::{Stream, StreamKey};

use crate::SamplerSettings;

/// What the draws of a stream decide. Part of the stream's address, so that none disturbs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Lane {
    /// The tokens of a turn; index 0 is the plain draw, others are candidates for the same place.
    Turn = 0,
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
