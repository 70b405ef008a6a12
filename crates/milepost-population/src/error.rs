use milepost_core::{BudgetExhausted, ParameterError, VersionMismatch};

use crate::AgentId;

/// An error of a part that this crate does not know: a world, a network.
pub type PartError = Box<dyn std::error::Error + Send + Sync>;

/// Why a search cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// A setting with which it cannot be run.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// More was to be spent than the budget covers.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
    /// Descriptors of different versions were compared.
    #[error("descriptors cannot be compared: {0}")]
    Version(#[from] VersionMismatch),
    /// Descriptors of different lengths were compared.
    #[error("descriptors of {left} and {right} numbers cannot be compared; describe all agents alike")]
    Dimensions {
        /// Length of one.
        left: usize,
        /// Length of the other.
        right: usize,
    },
    /// A descriptor gave another number of descriptions than it was given observations.
    #[error("the descriptor described {found} of {wanted} observations")]
    Descriptions {
        /// Descriptions it gave.
        found: usize,
        /// Observations it was given.
        wanted: usize,
    },
    /// An agent that is not, or no longer, in the pool.
    #[error("agent {} is not in the pool; retain it for as long as it is needed", agent.0)]
    Unknown {
        /// The agent.
        agent: AgentId,
    },
    /// A reward below 0, which these methods have no meaning for.
    #[error("agent {} got the reward {reward}; quality-diversity methods need rewards from 0 on, 0 meaning \
             none: subtract a threshold", agent.0)]
    NegativeReward {
        /// The agent.
        agent: AgentId,
        /// Its reward.
        reward: f64,
    },
    /// Selection by surprise with a descriptor that is never surprised.
    #[error("the descriptor has no surprise; select by novelty, or use a descriptor that reconstructs")]
    NoSurprise,
    /// An agent could not be evaluated.
    #[error("an agent could not be evaluated: {0}")]
    Evaluation(#[source] PartError),
    /// An agent could not be described, or the descriptor not be trained.
    #[error("the descriptor failed: {0}")]
    Descriptor(#[source] PartError),
}
