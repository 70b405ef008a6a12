use std::fmt::Debug;

use crate::{Ending, TaskSeed};

/// What one step of an environment returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepOutcome {
    /// The environment's own reward.
    pub reward: f64,
    /// How the episode ended with this step, if it did.
    pub ending: Option<Ending>,
}

/// A task world as a *value*: `Clone` is an exact snapshot, hidden randomness included, so branching,
/// rollback and counterfactuals are clones.
///
/// Laws, checked by `milepost_testkit::environment`:
/// - two resets with the same seed give the same episode for the same actions;
/// - a clone evolves exactly as the original would have;
/// - `step` after the end is an error, never a silent continuation;
/// - equal states have equal keys.
pub trait Environment: Clone + Send {
    /// What the policy sees. Written into a caller's buffer so that stepping need not allocate.
    type Observation: Clone + Debug + PartialEq + Send + 'static;
    /// What the policy does.
    type Action: Clone + Debug + PartialEq + Send;

    /// Starts the task that `seed` names. The seed is honoured: it alone fixes the episode's randomness.
    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError>;

    /// Applies one action.
    fn step(&mut self, action: &Self::Action) -> Result<StepOutcome, EnvError>;

    /// A buffer of the right size for [`Environment::observe`].
    fn new_observation(&self) -> Self::Observation;

    /// Writes the current observation.
    fn observe(&self, into: &mut Self::Observation);

    /// How the current episode ended, or `None` while it runs.
    fn ending(&self) -> Option<Ending>;

    /// Steps taken since the reset.
    fn elapsed(&self) -> u32;

    /// A key of the current state, the step count excluded: states with equal keys have equal
    /// futures as long as the step budget does not matter.
    fn state_key(&self) -> u64;
}

/// An environment whose actions are the indices `0..action_count()`.
pub trait DiscreteEnvironment: Environment<Action = u32> {
    /// The number of actions, the same in every state.
    fn action_count(&self) -> usize;

    /// Whether `action` may be taken in the current state. All are, unless an environment says otherwise.
    fn is_legal(&self, action: u32) -> bool {
        (action as usize) < self.action_count()
    }
}

/// Bad input to an environment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// The action is not one of the environment's.
    #[error("action {action} is out of range: {environment} has {count} actions, 0 to {last}", last = count.saturating_sub(1))]
    ActionOutOfRange {
        /// The environment's name.
        environment: String,
        /// The action that was given.
        action: u64,
        /// How many actions there are.
        count: usize,
    },
    /// The action exists, but may not be taken in the current state.
    #[error("action {action} is not legal in the current state of {environment}; ask `is_legal` first")]
    IllegalAction {
        /// The environment's name.
        environment: String,
        /// The action that was given.
        action: u64,
    },
    /// The action is no action at all, whatever the state: a continuous one that is not a number.
    #[error("{environment} cannot take this action: {reason}")]
    InvalidAction {
        /// The environment's name.
        environment: String,
        /// What was given, and what would be accepted.
        reason: String,
    },
    /// `step` was called on an episode that is over.
    #[error("{environment} was stepped after its episode ended ({ending:?}); call `reset` first")]
    StepAfterEnd {
        /// The environment's name.
        environment: String,
        /// How the episode had ended.
        ending: Ending,
    },
    /// `step` was called before the first `reset`.
    #[error("{environment} was stepped before its first `reset`")]
    NotReset {
        /// The environment's name.
        environment: String,
    },
    /// The number of actions differs from the number of environments.
    #[error("{actions} actions were given for {environments} environments; give one for each")]
    BatchSize {
        /// Actions given.
        actions: usize,
        /// Environments there are.
        environments: usize,
    },
    /// No task could be made from the seed or configuration.
    #[error("{environment} could not build task {seed}: {reason}")]
    Task {
        /// The environment's name.
        environment: String,
        /// The task seed.
        seed: u64,
        /// What was wrong and what to change.
        reason: String,
    },
}
