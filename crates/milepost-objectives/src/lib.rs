#![doc = include_str!("../README.md")]

mod check;
mod distillation;
mod entropy;
mod error;
mod implicit_reward;
mod math;
pub mod offline;
mod plackett_luce;
mod policy;
mod preference;
pub mod profiles;
mod reward_model;
mod value;

pub use distillation::{Distillation, DistillationBatch, DistillationReport, GeneralizedJsd};
pub use entropy::EntropyLoss;
pub use error::ObjectiveError;
pub use implicit_reward::{ImplicitReward, ImplicitRewardLoss, ImplicitRewardReport, LabelledBatch};
pub use plackett_luce::plackett_luce;
pub use policy::{
    BinaryDivergence, Cispo, Clip, Dppo, Dro, GammaWeight, GeometricMean, KlBounds, KlCorrection, KlCov,
    KlEstimatorNames, KlTerm, LogRatio, Outside, PolicyObjective, PolicyReport, RatioUnit, Reduction,
    Regression, RowCount, Sapo, Surrogate, TokenBatch, Vespo, log_partition,
};
pub use preference::{
    Divergence, MarginLoss, PairBatch, PreferenceLoss, PreferenceObjective, PreferenceReport, SequenceLogProb,
};
pub use reward_model::{BradleyTerry, BradleyTerryReport, RewardPairs};
pub use value::{ValueBatch, ValueLoss, ValueReport};
