use std::collections::{BTreeMap, BTreeSet};

use milepost_core::{Cost, CostLedger, Purpose, Stream, StreamKey, TaskSeed, Version};
use rayon::prelude::*;

use crate::{
    Agent, AgentId, Described, Descriptor, Evaluator, GenomeLaw, PopulationError, Refit, Witness, novelties,
};

/// A genome to be tried.
#[derive(Debug, Clone, PartialEq)]
pub enum Proposal {
    /// A new one, from the law of new genomes.
    New,
    /// A mutant of an agent in the pool.
    Mutant {
        /// The parent.
        of: AgentId,
        /// Standard deviation of the change of each gene.
        sigma: f64,
    },
    /// This one; clipped like all others.
    Genome {
        /// The genes.
        genome: Vec<f64>,
        /// Whom it descends from.
        parent: Option<AgentId>,
    },
}

/// What was thrown away or fell back, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolCounts {
    /// Agents whose reward or description was not finite: charged, and discarded.
    pub discarded: u64,
    /// Times that the descriptor was trained.
    pub trainings: u64,
    /// Trainings after which it was the same as before: it could not be improved, or came out not finite.
    pub futile_trainings: u64,
}

/// The agents that a search knows, and the only way to evaluate more: every evaluation is charged to the
/// ledger before it is made, numbered, drawn from its own stream and described. So neither the number of
/// threads nor the order of work within a batch can change a result.
///
/// All descriptions in a pool are of the descriptor's current version, always.
pub struct Pool<'a, E: Evaluator> {
    evaluator: &'a E,
    descriptor: &'a mut dyn Descriptor<E::Observations>,
    witness: &'a mut dyn Witness<E::Observations>,
    law: GenomeLaw,
    run_seed: u64,
    ledger: CostLedger,
    next: u64,
    agents: BTreeMap<AgentId, Agent<E::Observations>>,
    counts: PoolCounts,
}

impl<'a, E: Evaluator> Pool<'a, E> {
    /// An empty pool with a budget of evaluations.
    pub fn new(
        evaluator: &'a E,
        descriptor: &'a mut dyn Descriptor<E::Observations>,
        witness: &'a mut dyn Witness<E::Observations>,
        law: GenomeLaw,
        run_seed: u64,
        budget: u64,
    ) -> Result<Self, PopulationError> {
        law.check()?;
        let ledger = CostLedger::unlimited().with_budget(Cost::Evaluations, budget);
        let (agents, counts) = (BTreeMap::new(), PoolCounts::default());
        Ok(Self { evaluator, descriptor, witness, law, run_seed, ledger, next: 0, agents, counts })
    }

    /// Evaluates the proposals, as many as `allowance` and the budget cover, and takes those off `allowance`.
    /// Returns the new agents that are worth keeping, in the order of their proposals.
    pub fn evaluate(
        &mut self,
        proposals: &[Proposal],
        allowance: &mut u64,
    ) -> Result<Vec<AgentId>, PopulationError> {
        let count = self.left().min(*allowance).min(proposals.len() as u64);
        let proposals = &proposals[..count as usize];
        let drawn: Vec<(AgentId, Option<AgentId>, Vec<f64>)> = (self.next..)
            .zip(proposals)
            .map(|(number, proposal)| self.draw(AgentId(number), proposal))
            .collect::<Result<_, _>>()?;
        self.ledger.spend(Cost::Evaluations, count)?;
        self.ledger.spend(Cost::Frames, count * self.evaluator.frames())?;
        *allowance -= count;
        self.next += count;
        let (evaluator, run_seed) = (self.evaluator, self.run_seed);
        let evaluations: Vec<_> = drawn
            .par_iter()
            .map(|(id, _, genome)| evaluator.evaluate(genome, TaskSeed::train(run_seed, id.0)))
            .collect::<Result<_, _>>()
            .map_err(PopulationError::Evaluation)?;
        let observed: Vec<&E::Observations> = evaluations.iter().map(|e| &e.observations).collect();
        let described = self.describe(&observed)?;
        let mut kept = Vec::new();
        for (((id, parent, genome), evaluation), described) in
            drawn.into_iter().zip(evaluations).zip(described)
        {
            if !(evaluation.reward.is_finite() && described.is_finite()) {
                self.counts.discarded += 1;
                continue;
            }
            if evaluation.reward < 0.0 {
                return Err(PopulationError::NegativeReward { agent: id, reward: evaluation.reward });
            }
            let (reward, observations, truth) =
                (evaluation.reward, evaluation.observations, evaluation.truth);
            let agent = Agent { id, parent, genome: genome.into(), reward, observations, described, truth };
            self.witness.evaluated(&agent);
            self.agents.insert(id, agent);
            kept.push(id);
        }
        Ok(kept)
    }

    fn draw(
        &self,
        id: AgentId,
        proposal: &Proposal,
    ) -> Result<(AgentId, Option<AgentId>, Vec<f64>), PopulationError> {
        let mut stream = self.stream("population genome", id.0);
        Ok(match proposal {
            Proposal::New => (id, None, self.law.draw(self.evaluator.genes(), &mut stream)),
            Proposal::Mutant { of, sigma } => {
                (id, Some(*of), self.law.mutate(&self.agent(*of)?.genome, *sigma, &mut stream))
            }
            Proposal::Genome { genome, parent } => {
                (id, *parent, genome.iter().map(|gene| self.law.clipped(*gene)).collect())
            }
        })
    }

    fn describe(&mut self, observations: &[&E::Observations]) -> Result<Vec<Described>, PopulationError> {
        if observations.is_empty() {
            return Ok(Vec::new());
        }
        let calls = observations.iter().map(|o| self.descriptor.network_calls(o)).sum();
        self.ledger.spend(Cost::NetworkCalls, calls)?;
        let version = self.descriptor.version();
        let descriptions = self.descriptor.describe(observations).map_err(PopulationError::Descriptor)?;
        if descriptions.len() != observations.len() {
            let (found, wanted) = (descriptions.len(), observations.len());
            return Err(PopulationError::Descriptions { found, wanted });
        }
        Ok(descriptions.into_iter().map(|d| Described::new(d, version)).collect())
    }

    /// Trains the descriptor on the observations of these agents, in the order of their numbers, and describes
    /// every agent in the pool anew. Nothing else of any agent changes.
    pub fn refit(&mut self, data: &BTreeSet<AgentId>) -> Result<Refit, PopulationError> {
        let seen = |id: &AgentId| {
            let agent = self.agents.get(id).ok_or(PopulationError::Unknown { agent: *id })?;
            Ok(&agent.observations)
        };
        let observations: Vec<&E::Observations> =
            data.iter().map(seen).collect::<Result<_, PopulationError>>()?;
        let refit = self.descriptor.refit(&observations).map_err(PopulationError::Descriptor)?;
        self.ledger.spend(Cost::NetworkCalls, refit.network_calls)?;
        self.counts.trainings += 1;
        if !refit.changed {
            self.counts.futile_trainings += 1;
            return Ok(refit);
        }
        let agents = std::mem::take(&mut self.agents);
        let observations: Vec<&E::Observations> = agents.values().map(|agent| &agent.observations).collect();
        let described = self.describe(&observations)?;
        let renewed = agents.into_iter().zip(described);
        self.agents = renewed.map(|((id, agent), described)| (id, Agent { described, ..agent })).collect();
        Ok(refit)
    }

    /// Forgets all agents but these.
    pub fn retain(&mut self, keep: &BTreeSet<AgentId>) {
        self.agents.retain(|id, _| keep.contains(id));
    }

    /// An agent that was evaluated, and retained since.
    pub fn agent(&self, id: AgentId) -> Result<&Agent<E::Observations>, PopulationError> {
        self.agents.get(&id).ok_or(PopulationError::Unknown { agent: id })
    }

    /// All agents, by number.
    pub fn agents(&self) -> impl ExactSizeIterator<Item = &Agent<E::Observations>> {
        self.agents.values()
    }

    /// The agents of these numbers.
    pub fn get(&self, ids: &[AgentId]) -> Result<Vec<&Agent<E::Observations>>, PopulationError> {
        ids.iter().map(|id| self.agent(*id)).collect()
    }

    /// The [novelty](crate::novelty) of each agent with respect to a reference multiset.
    pub fn novelties(
        &self,
        of: &[AgentId],
        reference: &[AgentId],
        neighbours: usize,
    ) -> Result<Vec<f64>, PopulationError> {
        let places = |ids| -> Result<Vec<(AgentId, &Described)>, PopulationError> {
            Ok(self.get(ids)?.into_iter().map(|agent| (agent.id, &agent.described)).collect())
        };
        novelties(&places(of)?, &places(reference)?, neighbours)
    }

    /// Evaluations that the budget still covers.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.ledger.left(Cost::Evaluations).unwrap_or(u64::MAX)
    }

    /// What was spent.
    #[must_use]
    pub const fn ledger(&self) -> &CostLedger {
        &self.ledger
    }

    /// What was thrown away or fell back.
    #[must_use]
    pub const fn counts(&self) -> PoolCounts {
        self.counts
    }

    /// The version of all descriptions in the pool.
    #[must_use]
    pub fn version(&self) -> Version {
        self.descriptor.version()
    }

    /// The law of new and changed genomes.
    #[must_use]
    pub const fn law(&self) -> &GenomeLaw {
        &self.law
    }

    /// The length of a genome.
    #[must_use]
    pub fn genes(&self) -> usize {
        self.evaluator.genes()
    }

    /// A stream of the run for a purpose.
    #[must_use]
    pub fn stream(&self, purpose: &str, number: u64) -> Stream {
        let purpose = Purpose::named(purpose);
        Stream::new(StreamKey { task: number, ..StreamKey::new(self.run_seed, purpose) })
    }
}
