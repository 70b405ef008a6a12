#![doc = include_str!("../README.md")]

mod advantage;
mod calibration;
mod credit;
mod error;
mod kernel;
mod law;
pub mod masked;
mod matching;
mod noise;
mod prompt;
mod rollout;
mod rows;
mod schedule;
mod score;
mod surrogate;
#[cfg(test)]
mod tests;
mod velocity;

pub use advantage::{NormalizerReport, Scope, StepNormalizer};
pub use calibration::{Calibrated, Calibration};
pub use credit::{Balance, Broadcast, CreditRule, Gain, NextState, Similarity, StepCredit};
pub use error::FlowError;
pub use kernel::{Affine, Kernel, StepKernel};
pub use law::{Form, Reduce, StepLaw};
pub use matching::MatchingBatch;
pub use noise::NoiseSource;
pub use prompt::{Groups, Prompts};
pub use rollout::{Behaviour, DriftHook, LawSource, Rollout, complete};
pub use rows::PerRow;
pub use schedule::{Place, Schedule, Step};
pub use score::{
    CleanPrediction, CompletionSteps, OdeCompletion, SampleReward, ScoreTable, StateScorer, Terminal,
    sample_rewards,
};
pub use surrogate::{FlowSurrogate, StepBatch, StepKl, SurrogateReport, path_kl};
pub use velocity::{
    AnalyticMixture, Blocks, Cfg, RawPlusDelta, Velocity, VelocityMlp, VelocityMlpConfig, clean_prediction,
};
