use milepost_core::ParameterCheck;
use serde::{Deserialize, Serialize};

use super::selection::ranked;
use super::{Explore, Generation, Selection};
use crate::{AgentId, Evaluator, Pool, PopulationError, Proposal};

/// Settings of an [`Evolution`]. The defaults are those of novelty search in the SERENE paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvolutionConfig {
    /// Agents that survive a generation, `M`. Default 100.
    pub population: usize,
    /// Mutants of each of them in a generation. Default 2.
    pub offspring: usize,
    /// Neighbours that novelty is the mean distance to, `k`. Default 15.
    pub neighbours: usize,
    /// Offspring, drawn at random, that enter the archive with each generation, `λ`. Default 5.
    pub additions: usize,
    /// Who survives. Default novelty.
    pub selection: Selection,
}

impl Default for EvolutionConfig {
    fn default() -> Self {
        let selection = Selection::default();
        Self { population: 100, offspring: 2, neighbours: 15, additions: 5, selection }
    }
}

/// Evolution of a population: novelty search, TAXONS and their relatives differ in their [`Selection`] alone.
///
/// A generation: every member has `offspring` mutants; they are evaluated; the `population` best of both, by the
/// selection, survive; `additions` random offspring enter the archive. Known behaviours, with respect to which an
/// agent is novel, are population, offspring, archive and the reward archive that the caller shows.
#[derive(Debug, Clone)]
pub struct Evolution {
    config: EvolutionConfig,
    undrawn: usize,
    population: Vec<AgentId>,
    archive: Vec<AgentId>,
    generation: u64,
}

impl Evolution {
    /// A population to be drawn.
    pub fn new(config: EvolutionConfig) -> Result<Self, PopulationError> {
        let check = ParameterCheck("evolution");
        check.that(config.population > 0, "population", config.population, "at least 1")?;
        check.that(config.offspring > 0, "offspring", config.offspring, "at least 1")?;
        check.that(config.neighbours > 0, "neighbours", config.neighbours, "at least 1")?;
        let (population, archive) = (Vec::new(), Vec::new());
        Ok(Self { config, undrawn: config.population, population, archive, generation: 0 })
    }

    /// The members of the population.
    #[must_use]
    pub fn population(&self) -> &[AgentId] {
        &self.population
    }

    /// The archive, oldest entry first.
    #[must_use]
    pub fn archived(&self) -> &[AgentId] {
        &self.archive
    }

    fn first<E: Evaluator>(
        &mut self,
        pool: &mut Pool<'_, E>,
        allowance: &mut u64,
    ) -> Result<Generation, PopulationError> {
        let before = *allowance;
        let members = pool.evaluate(&vec![Proposal::New; self.undrawn], allowance)?;
        self.undrawn -= (before - *allowance) as usize;
        self.population.extend(&members);
        Ok(Generation { members, peers: self.population.clone(), collapsed: false })
    }

    fn parents(&self, sigma: f64) -> Vec<Proposal> {
        let mutant = |of: &AgentId| Proposal::Mutant { of: *of, sigma };
        let twins = |of| std::iter::repeat_n(mutant(of), self.config.offspring);
        self.population.iter().flat_map(twins).collect()
    }
}

impl<E: Evaluator> Explore<E> for Evolution {
    /// The first generation draws the population, in several calls if the allowance is short.
    fn generation(
        &mut self,
        pool: &mut Pool<'_, E>,
        rewarding: &[AgentId],
        allowance: &mut u64,
    ) -> Result<Generation, PopulationError> {
        if self.undrawn == 0 && self.population.is_empty() {
            // All were discarded: start again.
            self.undrawn = self.config.population;
        }
        if self.undrawn > 0 {
            return self.first(pool, allowance);
        }
        let offspring = pool.evaluate(&self.parents(pool.law().sigma), allowance)?;
        let peers = [self.population.as_slice(), &offspring].concat();
        let known = [peers.as_slice(), &self.archive, rewarding].concat();
        let coin = pool.stream("selection criterion", self.generation).next_u32() & 1 == 0;
        let criterion = self.config.selection.criterion(coin);
        let (mut ranked, collapsed) = ranked(pool, criterion, &peers, &known, self.config.neighbours)?;
        ranked.truncate(self.config.population);
        self.population = ranked;
        let mut drawn = offspring.clone();
        pool.stream("archive additions", self.generation).shuffle(&mut drawn);
        self.archive.extend(drawn.into_iter().take(self.config.additions));
        self.generation += 1;
        Ok(Generation { members: offspring, peers, collapsed })
    }

    fn known(&self) -> Vec<AgentId> {
        [self.population.as_slice(), &self.archive].concat()
    }

    fn archive(&mut self, agents: &[AgentId]) {
        self.archive.extend(agents);
    }
}
