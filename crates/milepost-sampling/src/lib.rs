#![doc = include_str!("../README.md")]

mod behaviour;
mod best_of;
mod context;
mod demonstrate;
mod draws;
mod engine;
mod episode;
mod error;
mod groups;
pub mod hints;
pub mod judge;
mod ledger;
mod rated;
pub mod refine;
pub mod rollback;
mod rollout;
mod settings;
mod supersample;
pub mod table;
pub mod toy;
pub mod tree;

pub use behaviour::{MovedTokens, recompute_behaviour};
pub use best_of::BestOfN;
pub use context::{Context, ContextError, ContextRule, ContextView, Overflow, Segment, scoring_segments};
pub use demonstrate::demonstrate;
pub use error::SamplingError;
pub use groups::{GroupSampler, TokenSampler};
pub use hints::HintRescue;
pub use ledger::{DrawnFor, TokenLedger};
pub use rated::RatedGroups;
pub use refine::Refine;
pub use rollback::Rollback;
pub use rollout::{EpisodeSummary, FaultCounts, TokenRollout};
pub use settings::SamplerSettings;
pub use supersample::Supersample;
pub use tree::StepTree;

#[cfg(test)]
mod tests;
