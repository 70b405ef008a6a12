#![doc = include_str!("../README.md")]

pub use milepost_algorithms as algorithms;
pub use milepost_core as core;
pub use milepost_credit as credit;
pub use milepost_eval as eval;
pub use milepost_fidelity as fidelity;
pub use milepost_gridworld as gridworld;
pub use milepost_microworlds as microworlds;
pub use milepost_objectives as objectives;
pub use milepost_policies as policies;
pub use milepost_rewards as rewards;
pub use milepost_sampling as sampling;
pub use milepost_studies as studies;
pub use milepost_taskworlds as taskworlds;
pub use milepost_textworld as textworld;

/// What most programs need: environments and tasks, a trainer and its parts, scorers, credit rules, gold.
pub mod prelude {
    pub use milepost_algorithms::{
        ActionMode, CreditAssigner, Credits, Device, FeatureAgent, MethodConfig, TokenAgent, TrainError,
        Trainer, TrainerParts,
    };
    pub use milepost_core::{
        Batch, Channel, DiscreteEnvironment, Encoder, Ending, Enumerable, Environment, Group, Level, Probe,
        Purpose, Signals, Stream, StreamKey, TaskSeed, Trajectory,
    };
    pub use milepost_eval::{Bootstrap, Gold, PairedDifferences, Verdict, VerdictRule, evaluate};
    pub use milepost_gridworld::{FlatImage, Gridworld};
    pub use milepost_policies::{DeviceChoice, MlpConfig, Network, NetworkConfig, open_device};
    pub use milepost_rewards::{Combine, ScoreError, ScoreReport, Scorer, ScorerConfig};
    pub use milepost_studies::{Context, Memory, Metric, Recorder, Study, StudyError};
}

/// The book's tutorial, so that its code compiles and runs.
#[doc = include_str!("../../../docs/src/tutorial.md")]
#[cfg(doctest)]
struct Tutorial;
