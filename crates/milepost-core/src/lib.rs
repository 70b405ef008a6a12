//! The vocabulary that every Milepost crate shares: environments as values, trajectories of turns
//! and tokens, named reward channels, and keyed random streams.
//!
//! This crate must not know Burn, the file system, the clock or any particular environment.
//!
//! ```
//! use milepost_core::{Purpose, Stream, StreamKey};
//! // The same key always yields the same draws, in whatever order streams are opened.
//! let key = StreamKey { run_seed: 7, purpose: Purpose::POLICY, task: 3, episode: 0, step: 12 };
//! assert_eq!(Stream::new(key).next_u64(), Stream::new(key).next_u64());
//! ```

mod encoder;
mod ending;
mod enumerable;
mod environment;
mod group;
mod names;
mod random;
mod records;
mod signals;
mod span;
mod task;
mod trajectory;
mod vector;
mod version;

pub use encoder::Encoder;
pub use ending::{Budget, CutReason, Ending, Outcome};
pub use enumerable::{Branch, Enumerable, RewardLaw};
pub use environment::{DiscreteEnvironment, EnvError, Environment, StepOutcome};
pub use group::{Batch, Group, GroupError};
pub use names::nearest;
pub use random::{Purpose, Stream, StreamKey, philox4x32_10};
pub use records::{Probe, StateRecords};
pub use signals::{Channel, Level, SignalError, Signals};
pub use span::{Provenance, Span, SpanKind};
pub use task::TaskSeed;
pub use trajectory::{Trajectory, TrajectoryBuilder, TrajectoryError, Turn};
pub use vector::{StepHook, VectorEnv};
pub use version::{Version, VersionMismatch, Versioned};
