#![doc = include_str!("../README.md")]

mod agent;
mod checkpoint;
pub mod config;
mod credit;
mod distillation;
mod error;
mod host;
mod learner;
mod model_scorer;
mod moved;
mod objective;
#[cfg(test)]
mod objective_tests;
mod oversample;
mod pairs;
mod report;
mod trainer;
mod warm_start;

pub use agent::{
    ActionMode, Actor, Agent, AnswerForm, AnswerGrammar, BeliefAid, CallAid, Companion, DecisionTable,
    EpisodeSummary, EvaluationPolicy, FeatureAgent, Forward, GroupSampler, HintedPrompt, MetaWords,
    MovedToken, Rollout, SamplerAids, SamplerState, Scores, SegmentSampler, SegmentState, TokenAgent,
    TokenParts, TokenSettings, TokenTable, TrainerParts, TurnJudge, VerificationAid, draw_groups,
};
pub use burn::tensor::Device;
pub use checkpoint::CheckpointParts;
pub use config::MethodConfig;
pub use credit::{CreditAssigner, Credits, StandardCredit};
pub use error::TrainError;
pub use milepost_objectives as objectives;
pub use milepost_sampling as sampling;
pub use model_scorer::{
    Exploration, ExplorationConfig, ImplicitRewardModel, InformationGain, Intrinsic, IntrinsicKind,
    LogProbability, ModelScorer, NoveltyKind, RangeConfig, SelfVerification, SignConfig, View,
};
pub use objective::{Loss, Minibatch, Objective, Tokens};
pub use report::{ChannelTotal, IterationReport};
pub use trainer::{Trace, Trainer};
pub use warm_start::{WarmStart, WarmStartReport};
