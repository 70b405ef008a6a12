#![doc = include_str!("../README.md")]

mod agent;
mod descriptor;
pub mod emitter;
mod error;
mod evaluator;
mod exploitation;
mod genome;
mod linalg;
mod novelty;
pub mod pareto;
mod pool;
mod run;
pub mod schedule;
pub mod search;
mod signature;

pub use agent::{Agent, AgentId, Evaluation, Truth};
pub use descriptor::{Described, Description, Descriptor, Handmade, Refit};
pub use error::{PartError, PopulationError};
pub use evaluator::{Evaluator, Witness};
pub use exploitation::{Candidate, Exploitation, ExploitationConfig, ExploitationCounts};
pub use genome::{GenomeLaw, genome_distance};
pub use novelty::{novelties, novelty};
pub use pool::{Pool, PoolCounts, Proposal};
pub use run::{Outcome, Plan, Progress, search};
pub use signature::Signature;
