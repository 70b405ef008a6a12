#![doc = include_str!("../README.md")]

mod checkpoint;
pub mod config;
mod credit;
mod error;
mod evaluation;
mod learner;
mod objective;
#[cfg(test)]
mod objective_tests;
mod pairs;
mod report;
mod sampler;
mod table;
mod trainer;

pub use checkpoint::CheckpointParts;
pub use config::MethodConfig;
pub use credit::{CreditAssigner, Credits, StandardCredit};
pub use error::TrainError;
pub use evaluation::{ActionMode, EvaluationPolicy};
pub use milepost_objectives as objectives;
pub use objective::{Loss, Minibatch, Objective, Tokens};
pub use report::{ChannelTotal, IterationReport};
pub use sampler::{Actor, EpisodeSummary, GroupSampler, Rollout, SegmentSampler, SegmentState, draw_groups};
pub use trainer::{Trace, Trainer, TrainerParts};
