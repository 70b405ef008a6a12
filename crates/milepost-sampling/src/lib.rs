#![doc = include_str!("../README.md")]

mod context;
mod draws;
mod engine;
mod episode;
mod error;
mod groups;
mod ledger;
mod rollout;
mod settings;
pub mod table;
pub mod toy;

pub use context::{Context, ContextError, ContextRule, ContextView, Overflow, Segment, scoring_segments};
pub use error::SamplingError;
pub use groups::{GroupSampler, TokenSampler};
pub use ledger::{DrawnFor, TokenLedger};
pub use rollout::{EpisodeSummary, FaultCounts, TokenRollout};
pub use settings::SamplerSettings;

#[cfg(test)]
mod groups_tests;
#[cfg(test)]
mod replay;
