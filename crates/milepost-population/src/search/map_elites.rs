use std::collections::BTreeMap;

use milepost_core::{ParameterCheck, Version};
use serde::{Deserialize, Serialize};

use super::{Explore, Generation};
use crate::{AgentId, Evaluator, Pool, PopulationError, Proposal};

/// A grid over a box in behaviour space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CellLayout {
    /// The least coordinates.
    pub least: Vec<f64>,
    /// The largest coordinates.
    pub most: Vec<f64>,
    /// Cells along each axis.
    pub bins: u32,
}

impl CellLayout {
    /// `bins × bins` cells over the unit square.
    #[must_use]
    pub fn unit_square(bins: u32) -> Self {
        Self { least: vec![0.0; 2], most: vec![1.0; 2], bins }
    }

    /// The cell of a code, its index along each axis. Codes outside the box belong to the nearest cell.
    #[must_use]
    pub fn cell(&self, code: &[f64]) -> Vec<u32> {
        let index = |((x, least), most): ((&f64, &f64), &f64)| {
            let share = (x - least) / (most - least) * f64::from(self.bins);
            // Casts saturate: what lies below the box is 0.
            (share as u32).min(self.bins - 1)
        };
        code.iter().zip(&self.least).zip(&self.most).map(index).collect()
    }

    fn check(&self) -> Result<(), PopulationError> {
        let check = ParameterCheck("map-elites");
        check.between("bins", self.bins, 1, 1 << 16)?;
        let ordered = self.least.len() == self.most.len()
            && self.least.iter().zip(&self.most).all(|(a, b)| a < b && (b - a).is_finite());
        let shown = format!("{:?} to {:?}", self.least, self.most);
        Ok(check.that(ordered, "least", shown, "below `most` along every axis")?)
    }
}

/// Settings of [`MapElites`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MapElitesConfig {
    /// The grid.
    pub layout: CellLayout,
    /// New genomes before the first mutants.
    pub initial: usize,
    /// Mutants in a generation.
    pub batch: usize,
}

/// MAP-Elites (Mouret and Clune, 2015): the best paid agent of every cell of a grid; parents are drawn evenly
/// from the cells. A newcomer takes a cell only if it is paid more than its holder.
#[derive(Debug, Clone)]
pub struct MapElites {
    config: MapElitesConfig,
    undrawn: usize,
    elites: BTreeMap<Vec<u32>, AgentId>,
    version: Version,
    generation: u64,
}

impl MapElites {
    /// An empty grid.
    pub fn new(config: MapElitesConfig) -> Result<Self, PopulationError> {
        config.layout.check()?;
        let check = ParameterCheck("map-elites");
        check.that(config.initial > 0, "initial", config.initial, "at least 1")?;
        check.that(config.batch > 0, "batch", config.batch, "at least 1")?;
        let undrawn = config.initial;
        let (elites, version) = (BTreeMap::new(), Version::default());
        Ok(Self { config, undrawn, elites, version, generation: 0 })
    }

    /// The holders of the cells.
    #[must_use]
    pub const fn elites(&self) -> &BTreeMap<Vec<u32>, AgentId> {
        &self.elites
    }

    fn place<E: Evaluator>(&mut self, pool: &Pool<'_, E>, id: AgentId) -> Result<(), PopulationError> {
        let agent = pool.agent(id)?;
        let code = agent.described.code(pool.version())?;
        if code.len() != self.config.layout.least.len() {
            let (left, right) = (code.len(), self.config.layout.least.len());
            return Err(PopulationError::Dimensions { left, right });
        }
        let cell = self.config.layout.cell(code);
        let better = match self.elites.get(&cell) {
            Some(holder) => agent.reward > pool.agent(*holder)?.reward,
            None => true,
        };
        if better {
            self.elites.insert(cell, id);
        }
        Ok(())
    }
}

impl<E: Evaluator> Explore<E> for MapElites {
    fn generation(
        &mut self,
        pool: &mut Pool<'_, E>,
        _rewarding: &[AgentId],
        allowance: &mut u64,
    ) -> Result<Generation, PopulationError> {
        if pool.version() != self.version {
            self.version = pool.version();
            let holders: Vec<AgentId> = std::mem::take(&mut self.elites).into_values().collect();
            holders.into_iter().try_for_each(|id| self.place(pool, id))?;
        }
        let holders: Vec<AgentId> = self.elites.values().copied().collect();
        let before = *allowance;
        let proposals = if self.undrawn > 0 || holders.is_empty() {
            vec![Proposal::New; self.undrawn.max(1)]
        } else {
            let mut stream = pool.stream("map-elites parents", self.generation);
            let sigma = pool.law().sigma;
            let mut draw = |_| holders[stream.below(holders.len() as u64) as usize];
            (0..self.config.batch).map(&mut draw).map(|of| Proposal::Mutant { of, sigma }).collect()
        };
        let members = pool.evaluate(&proposals, allowance)?;
        self.undrawn = self.undrawn.saturating_sub((before - *allowance) as usize);
        self.generation += 1;
        members.iter().try_for_each(|id| self.place(pool, *id))?;
        let peers = [holders.as_slice(), &members].concat();
        Ok(Generation { members, peers, collapsed: false })
    }

    fn known(&self) -> Vec<AgentId> {
        self.elites.values().copied().collect()
    }

    /// The grid keeps the best of what it is shown by its own rule only; nothing is taken over.
    fn archive(&mut self, _agents: &[AgentId]) {}
}
