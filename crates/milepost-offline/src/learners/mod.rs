//! Learners: a policy from a fixed set of transitions. Every one takes batches and is updated step by step;
//! the last policy counts, never the best.

mod actor;
mod batch;
mod bc;
mod critic;
mod discrete;
mod iql;
pub(crate) mod policy;
mod sac;
mod schedule;
pub(crate) mod settings;
mod td3_bc;
#[cfg(test)]
mod tests;

pub use actor::{Actor, MarkovActor};
pub use batch::{Batch, Batches};
pub use bc::{BcConfig, BcPolicy, BehaviourCloning};
pub use discrete::{DiscreteCloning, DiscreteCql, DiscreteCqlConfig};
pub use iql::{Iql, IqlConfig};
pub use policy::{Greedy, Head};
pub use sac::{Conservative, Lagrange, Sac, SacConfig};
pub use settings::{LearnerError, Networks};
pub use td3_bc::{Td3Bc, Td3BcConfig};

use burn::tensor::Tensor;

/// Named losses of one update, left on the device; reading each is a synchronisation.
pub type Losses = Vec<(&'static str, Tensor<1>)>;

/// A learner that is updated batch by batch.
pub trait OfflineLearner {
    /// One update from one batch.
    fn update(&mut self, batch: &Batch) -> Losses;

    /// What it would do now: a frozen copy.
    fn greedy(&self) -> Greedy;
}
