#![doc = include_str!("../README.md")]

mod encoder;
mod ending;
mod enumerable;
mod environment;
mod flags;
mod group;
mod ledger;
mod names;
mod parameter;
mod random;
mod records;
mod signals;
mod span;
mod task;
mod tokens;
mod trajectory;
mod vector;
mod vector_environment;
mod version;

pub use encoder::Encoder;
pub use ending::{Budget, CutReason, Ending, Outcome};
pub use enumerable::{Branch, Enumerable, RewardLaw};
pub use environment::{DiscreteEnvironment, EnvError, Environment, StepOutcome};
pub use flags::{FLAGS_OF_A_RECORD, recorded_flags};
pub use group::{Batch, Group, GroupError};
pub use ledger::{BudgetExhausted, Cost, CostLedger};
pub use names::nearest;
pub use parameter::{ParameterCheck, ParameterError};
pub use random::{Purpose, Stream, StreamKey, philox4x32_10};
pub use records::{Probe, StateRecords};
pub use signals::{Channel, Level, SignalError, Signals};
pub use span::{Provenance, Span, SpanKind};
pub use task::TaskSeed;
pub use tokens::{
    Demonstrator, DrawnTurn, ScoreRequest, TokenEnvironment, TokenPolicy, TurnFault, TurnRequest, Vocabulary,
    VocabularyError,
};
pub use trajectory::{Trajectory, TrajectoryBuilder, TrajectoryError, Turn};
pub use vector::{StepHook, VectorEnv};
pub use vector_environment::VectorEnvironment;
pub use version::{Version, VersionMismatch, Versioned};
