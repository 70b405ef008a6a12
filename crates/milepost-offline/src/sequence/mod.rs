//! The decision transformer (Chen et al. 2021, arXiv 2106.01345): actions as the continuation of returns-to-go,
//! states and actions.

mod actor;
mod block;
mod config;
mod contexts;
mod learner;
mod network;
#[cfg(test)]
mod tests;

pub use actor::SequenceActor;
pub use config::DecisionTransformerConfig;
pub use contexts::{ContextBatch, Contexts};
pub use learner::DecisionTransformer;
