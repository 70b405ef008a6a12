use milepost_core::{BudgetExhausted, ParameterError};
use milepost_credit::CreditError;

/// What can go wrong with a flow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// A setting is out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The noise levels are no schedule.
    #[error(
        "noise levels {sigmas:?} are no schedule; they must fall strictly from 1 (pure noise) to 0 (data)"
    )]
    Schedule {
        /// The levels.
        sigmas: Vec<f64>,
    },
    /// A sample left the numbers: the velocity has diverged.
    #[error(
        "sample {row} is not finite after step {step}; the velocity has diverged (lower the learning rate or raise the weight of the KL)"
    )]
    NonFinite {
        /// Which sample.
        row: usize,
        /// The step, from 0.
        step: usize,
    },
    /// A reward is NaN or infinite.
    #[error(
        "the reward of sample {row}, prompt {prompt:?}, is {value}; a reward must be finite at every finite point"
    )]
    Reward {
        /// Which sample.
        row: usize,
        /// Its prompt.
        prompt: Option<usize>,
        /// The reward.
        value: f64,
    },
    /// The work would exceed the budget.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
    /// Two sizes that belong together differ.
    #[error("{what}: {found} against {expected}; both sides must match")]
    Size {
        /// What was compared.
        what: &'static str,
        /// What was needed.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A prompt that the model does not know.
    #[error("prompt {prompt} is unknown: the model has {known} prompts, counted from 0")]
    Prompt {
        /// The prompt.
        prompt: usize,
        /// How many there are.
        known: usize,
    },
    /// Scores could not be normalised.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// A token that is no part of the vocabulary.
    #[error("token {token} in row {row}, position {position}, is outside the vocabulary of {vocabulary}")]
    Token {
        /// The token.
        token: u32,
        /// Its row.
        row: usize,
        /// Its position.
        position: usize,
        /// Size of the vocabulary.
        vocabulary: usize,
    },
    /// A step that the law cannot take.
    #[error(
        "row {row}, position {position}: a revealed token was changed, which an absorbing step cannot do"
    )]
    Impossible {
        /// Its row.
        row: usize,
        /// Its position.
        position: usize,
    },
    /// Numbers could not be read from the device.
    #[error("results could not be read from the device: {reason}")]
    Device {
        /// What the device said.
        reason: String,
    },
}
