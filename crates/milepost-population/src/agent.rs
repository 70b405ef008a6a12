use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Described;

/// The number of an agent: counts evaluations, so that a later agent has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AgentId(pub u64);

/// What an [`Evaluator`](crate::Evaluator) found out about a genome.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<O> {
    /// What it is paid, at least 0, and 0 almost everywhere.
    pub reward: f64,
    /// What a descriptor is computed from.
    pub observations: O,
    /// What evaluation knows about it, and the search does not.
    pub truth: Truth,
}

/// What evaluation measures a search by. Searching code has no business with it: descriptors are given the
/// observations alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Truth {
    descriptor: Vec<f64>,
    area: Option<usize>,
}

impl Truth {
    /// A true descriptor, and the reward area that the agent ended in.
    #[must_use]
    pub const fn new(descriptor: Vec<f64>, area: Option<usize>) -> Self {
        Self { descriptor, area }
    }

    /// The true descriptor and the reward area. Its name is the promise of the caller.
    #[must_use]
    pub fn for_evaluation(&self) -> (&[f64], Option<usize>) {
        (&self.descriptor, self.area)
    }
}

/// An evaluated genome.
#[derive(Debug, Clone)]
pub struct Agent<O> {
    /// Its number.
    pub id: AgentId,
    /// The agent that it was made from.
    pub parent: Option<AgentId>,
    /// What was evaluated.
    pub genome: Arc<[f64]>,
    /// What it was paid.
    pub reward: f64,
    /// What was seen of it.
    pub observations: O,
    /// Its place in behaviour space, as of the descriptor's current version.
    pub described: Described,
    /// What evaluation knows about it.
    pub truth: Truth,
}
