use milepost_core::{EnvError, GroupError, SignalError, TaskSeed, TrajectoryError, VersionMismatch};
use milepost_credit::CreditError;
use milepost_objectives::ObjectiveError;
use milepost_policies::{CheckpointError, PolicyError};
use milepost_rewards::ScoreError;
use milepost_sampling::SamplingError;

/// Why training could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The parts of a method do not fit together, or a value is out of range.
    #[error("this method cannot be built: {reason}")]
    Config {
        /// What is wrong and what to change.
        reason: String,
    },
    /// The network and the environment disagree about a size.
    #[error("the network has {found} {what}, but {other} needs {expected}")]
    Shape {
        /// Features or actions.
        what: &'static str,
        /// The network's size.
        found: usize,
        /// Who disagrees.
        other: &'static str,
        /// The size it needs.
        expected: usize,
    },
    /// A sampler needs what the world does not lend.
    #[error("`sampler.kind = \"{sampler}\"` needs {need}, which this world does not lend; {remedy}")]
    Aid {
        /// The sampler's kind.
        sampler: &'static str,
        /// What it needs.
        need: &'static str,
        /// What would help.
        remedy: &'static str,
    },
    /// A belief in the answer was asked for, and the task has none.
    #[error("task {} has no answer in words that a belief could be scored on; leave it out", task.get())]
    NoAnswer {
        /// The task.
        task: TaskSeed,
    },
    /// A reward was asked of another version of the network than the one that drew the batch.
    #[error("rewards of a network are those of the version that drew the batch: {0}")]
    Version(#[from] VersionMismatch),
    /// A loss, gradient or value became NaN or infinite; the update was not applied.
    #[error(
        "iteration {iteration}: {what} became {value}; the update was not applied. Lower the learning rate or look at the rewards of this iteration"
    )]
    NonFinite {
        /// The iteration, counted from 0.
        iteration: u64,
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
    /// A trajectory is not of the kind this learner trains on.
    #[error(
        "turn {turn} of the trajectory in slot {slot} has {found} policy tokens; this learner trains on exactly one a turn"
    )]
    Tokens {
        /// The trajectory's slot.
        slot: u32,
        /// The turn.
        turn: usize,
        /// Tokens found.
        found: usize,
    },
    /// A checkpoint lacks a part or was made by another configuration.
    #[error("the checkpoint does not fit: {reason}")]
    Checkpoint {
        /// What is wrong.
        reason: String,
    },
    /// The environment refused.
    #[error(transparent)]
    Environment(#[from] EnvError),
    /// Trajectories do not form a group.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// A channel does not fit.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// A trajectory is inconsistent.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// A credit rule refused its input.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// An objective refused its input or parameters; the update was not applied.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The policy refused its input.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Model or optimizer state could not be read or written.
    #[error(transparent)]
    Weights(#[from] CheckpointError),
    /// A world of tokens could not be sampled.
    #[error(transparent)]
    Sampling(#[from] SamplingError<PolicyError>),
    /// Demonstrations could not be made.
    #[error("demonstrations: {0}")]
    Demonstrations(#[from] SamplingError<std::convert::Infallible>),
    /// A trajectory cannot be read again by the policy.
    #[error(transparent)]
    Context(#[from] milepost_sampling::ContextError),
    /// A scorer failed.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

impl TrainError {
    /// Whether training has diverged: a number that the network gave, or that was made of one, is NaN or infinite. That
    /// shows where an update is computed, where rewards are read off the network, or where tokens are to be drawn.
    #[must_use]
    pub const fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::NonFinite { .. }
                | Self::Credit(CreditError::NotFinite { .. })
                | Self::Objective(ObjectiveError::NotFinite { .. })
                | Self::Policy(PolicyError::Logit { .. })
                | Self::Sampling(SamplingError::Policy(PolicyError::Logit { .. }))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_a_distribution_has_diverged_wherever_it_shows() {
        let value = f64::NAN;
        let logit = || PolicyError::Logit { action: 3, value: f32::NAN };
        let diverged: [TrainError; 5] = [
            TrainError::NonFinite { iteration: 0, what: "loss".into(), value },
            CreditError::NotFinite { what: "rewards", index: 0, value }.into(),
            ObjectiveError::NotFinite { what: "log_probs", row: 0, index: 0, value }.into(),
            logit().into(),
            SamplingError::Policy(logit()).into(),
        ];
        assert!(diverged.iter().all(TrainError::is_divergence), "{diverged:?}");
        let other: [TrainError; 3] = [
            TrainError::Config { reason: "no group".into() },
            PolicyError::EmptyBatch.into(),
            SamplingError::<PolicyError>::NoTasks.into(),
        ];
        assert!(!other.iter().any(TrainError::is_divergence), "{other:?}");
    }
}
