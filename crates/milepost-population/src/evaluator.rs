use milepost_core::TaskSeed;

use crate::{Agent, Evaluation, PartError};

/// A world that genomes are tried in.
///
/// Called from many threads at once, so an evaluation must be a function of the genome and the seed alone.
pub trait Evaluator: Sync {
    /// What is seen of an agent, and kept for as long as the agent is.
    type Observations: Send + Sync;

    /// The length of a genome.
    fn genes(&self) -> usize;

    /// Tries a genome. `seed` is of this evaluation alone; worlds without luck ignore it.
    fn evaluate(&self, genome: &[f64], seed: TaskSeed) -> Result<Evaluation<Self::Observations>, PartError>;

    /// Steps of the environment that one evaluation takes, for the books; 0 for worlds without steps.
    fn frames(&self) -> u64 {
        0
    }
}

/// Somebody who looks on: sees every agent that was evaluated and not discarded, once, in the order of their
/// numbers. What it learns must not flow back into the search.
pub trait Witness<O> {
    /// An agent was evaluated.
    fn evaluated(&mut self, agent: &Agent<O>);
}

impl<O, F: FnMut(&Agent<O>)> Witness<O> for F {
    fn evaluated(&mut self, agent: &Agent<O>) {
        self(agent);
    }
}
