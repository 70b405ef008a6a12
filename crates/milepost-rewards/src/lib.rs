#![doc = include_str!("../README.md")]
//!
//! This crate must not know the file system, the clock, any particular environment, or how a policy
//! is trained.

mod combine;
mod config;
mod count;
#[cfg(test)]
mod fixture;
mod hash;
mod intermediate;
#[cfg(test)]
mod invariance;
mod normalize;
mod oracle;
mod outcome;
mod outcome_process;
mod perceptron;
pub mod potential;
pub mod progress;
pub mod reward_model;
pub mod rnd;
mod rubric;
mod scorer;
mod slots;
mod state;
mod unidoc;
mod vote;

pub use combine::{Combine, CombineConfig, Combined, Term, combine, combine_counted};
pub use config::{ScorerConfig, ScorerContext};
pub use count::{Count, CountKey, CountMode};
pub use intermediate::Intermediate;
pub use normalize::{ForwardFilter, RunningMeanStd};
pub use oracle::{JudgeNoise, OracleProgress};
pub use outcome::{Outcome, OutcomeSource};
pub use outcome_process::{OutcomeProcess, OutcomeProcessConfig};
pub use potential::{Form, Potential, Shaping, TerminalPotential};
pub use rnd::{Rnd, RndConfig};
pub use rubric::{
    Connection, Graded, Rubric, RubricConfig, RubricNoise, RubricReward, RubricRewardConfig, RubricUse,
};
pub use scorer::{ScoreError, ScoreReport, Scorer};
pub use state::{pack, unpack};
pub use unidoc::{UniDoc, UniDocConfig, UniDocPlacement, UniDocRecords, UniDocWeights};
pub use vote::{Vote, VoteConfig};
