use milepost_core::{EnvError, GroupError, TaskSeed, TrajectoryError, VersionMismatch};

use crate::ContextError;
use crate::tree::RowError;

/// What can go wrong while sampling; `E` is the policy's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError<E> {
    /// The policy failed.
    #[error("the policy could not answer: {0}")]
    Policy(#[source] E),
    /// The world refused.
    #[error(transparent)]
    Environment(#[from] EnvError),
    /// No context could be made.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// What was sampled does not form a trajectory.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// What was sampled does not form a group.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The rows of a step tree do not fit together.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// Log-probabilities were asked of another version than the one that sampled.
    #[error("log-probabilities are those of the version that sampled: {0}")]
    Version(#[from] VersionMismatch),
    /// There is nothing to sample from.
    #[error("no tasks were given; a sampler needs at least one")]
    NoTasks,
    /// A count that must not be 0 is.
    #[error("`{name}` is 0; it must be at least 1")]
    Zero {
        /// The setting.
        name: &'static str,
    },
    /// A setting is out of its range.
    #[error("`{name}` is {value}; it must be {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Where it must lie.
        range: &'static str,
    },
    /// A task is over before its first turn.
    #[error("task {} is over before its first turn; leave it out", task.get())]
    AlreadyOver {
        /// The task.
        task: TaskSeed,
    },
    /// The policy's answer does not fit the request.
    #[error("the policy returned {found} {what} where {expected} are needed")]
    PolicyAnswer {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A judge's answer is not a number.
    #[error(
        "a judge gave {value} to candidate {slot} of step {step}; it must give a finite number, or abstain"
    )]
    JudgeValue {
        /// What it gave.
        value: f64,
        /// The step.
        step: u32,
        /// The candidate.
        slot: u32,
    },
    /// A rater returned the wrong number of verdicts.
    #[error("a rater returned {found} verdicts on {expected} candidates")]
    JudgeAnswer {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The weights of the cuts are no weights.
    #[error("the cuts have weights {weights:?}; they must be finite, not negative and not all 0")]
    Cuts {
        /// The weights.
        weights: Vec<f64>,
    },
    /// A word for decisions cannot be one.
    #[error("token {word} cannot stand in a decision: it is reserved, or unknown to the world")]
    MetaToken {
        /// The word.
        word: u32,
    },
    /// Decisions cannot be told apart.
    #[error(
        "decisions need a phrase to accept and at least one to cut, all different and none of them empty"
    )]
    MetaPhrases,
    /// A sampler that is to be rescued does not return one group a task with one episode a member.
    #[error(
        "{groups} groups were sampled on {tasks} tasks; hints can rescue one group of whole episodes a task"
    )]
    NotOneGroupATask {
        /// Groups there are.
        groups: usize,
        /// Tasks there are.
        tasks: usize,
    },
}
