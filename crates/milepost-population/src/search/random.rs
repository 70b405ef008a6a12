use super::{Explore, Generation};
use crate::{AgentId, Evaluator, Pool, PopulationError, Proposal};

/// New genomes, over and over: what any search must beat.
#[derive(Debug, Clone)]
pub struct RandomSearch {
    batch: usize,
}

impl RandomSearch {
    /// So many in a generation, at least one.
    #[must_use]
    pub const fn new(batch: usize) -> Self {
        Self { batch: if batch == 0 { 1 } else { batch } }
    }
}

impl<E: Evaluator> Explore<E> for RandomSearch {
    fn generation(
        &mut self,
        pool: &mut Pool<'_, E>,
        _rewarding: &[AgentId],
        allowance: &mut u64,
    ) -> Result<Generation, PopulationError> {
        let members = pool.evaluate(&vec![Proposal::New; self.batch], allowance)?;
        Ok(Generation { peers: members.clone(), members, collapsed: false })
    }

    fn known(&self) -> Vec<AgentId> {
        Vec::new()
    }

    fn archive(&mut self, _agents: &[AgentId]) {}
}
