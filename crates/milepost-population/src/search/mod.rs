//! Ways to explore: each makes one generation at a time, within an allowance.

mod evolution;
mod map_elites;
mod random;
mod selection;

pub use evolution::{Evolution, EvolutionConfig};
pub use map_elites::{CellLayout, MapElites, MapElitesConfig};
pub use random::RandomSearch;
pub use selection::{Criterion, Rival, Selection};

use crate::{AgentId, Evaluator, Pool, PopulationError};

/// What one generation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Generation {
    /// The agents that were evaluated for it and kept by the pool, by number.
    pub members: Vec<AgentId>,
    /// Those among which the members were born: themselves, and the population before them.
    pub peers: Vec<AgentId>,
    /// Whether survivors could not be chosen by novelty, because all had the same description, and were chosen
    /// by surprise instead.
    pub collapsed: bool,
}

/// A way to explore.
pub trait Explore<E: Evaluator> {
    /// Makes one generation, or the part of it that `allowance` covers. `rewarding` are the agents of the reward
    /// archive; they count as known behaviours.
    fn generation(
        &mut self,
        pool: &mut Pool<'_, E>,
        rewarding: &[AgentId],
        allowance: &mut u64,
    ) -> Result<Generation, PopulationError>;

    /// The agents that count as known: population and archive. The pool keeps them.
    fn known(&self) -> Vec<AgentId>;

    /// Takes agents that others found into the archive, if there is one.
    fn archive(&mut self, agents: &[AgentId]);
}
