use std::collections::BTreeSet;
use std::ops::ControlFlow;

use milepost_core::ParameterCheck;
use serde::{Deserialize, Serialize};

use crate::schedule::{Moment, Phase, Schedule};
use crate::search::Explore;
use crate::{
    AgentId, Evaluator, Exploitation, ExploitationConfig, ExploitationCounts, Pool, PopulationError,
};

/// How a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Evaluations of a chunk. A generation that does not fit into the rest of a chunk is cut short. Default 1000.
    pub chunk: u64,
    /// What chunks are spent on. Without emitters, all are spent on exploration.
    pub schedule: Schedule,
    /// Emitters; `None` for exploration alone. Default none.
    pub emitters: Option<ExploitationConfig>,
    /// When the descriptor is trained; `None` for never. The first training is after the first generation, the
    /// next `refit` generations of exploration later, then `2 · refit`, `3 · refit`, … Default never.
    pub refit: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { chunk: 1000, schedule: Schedule::default(), emitters: None, refit: None }
    }
}

impl Plan {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), PopulationError> {
        let check = ParameterCheck("plan");
        check.that(self.chunk > 0, "chunk", self.chunk, "at least 1")?;
        check.that(self.refit != Some(0), "refit", 0, "at least 1")?;
        self.schedule.check()?;
        if let Some(emitters) = self.emitters {
            Exploitation::new(emitters, 0)?;
        }
        Ok(())
    }
}

/// How far a search is, after a generation or a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Evaluations spent.
    pub evaluations: u64,
    /// Generations of exploration.
    pub generations: u64,
    /// Agents in the reward archive; 0 without emitters.
    pub rewarding: usize,
}

/// What a search did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The known behaviours at the end: population and archive.
    pub known: Vec<AgentId>,
    /// The reward archive at the end, oldest entry first.
    pub rewarding: Vec<AgentId>,
    /// Generations of exploration.
    pub generations: u64,
    /// Generations in which novelty gave way to surprise, because all descriptions were equal.
    pub collapsed: u64,
    /// What became of emitters.
    pub exploitation: ExploitationCounts,
    /// Whether it was stopped from outside.
    pub stopped: bool,
}

/// Spends the pool's budget to the last evaluation, unless `watch` breaks it off. `watch` is called after every
/// generation of exploration and every chunk of exploitation.
///
/// Chunk after chunk the scheduler says what to do. What exploitation cannot use, because there is nobody to search
/// around, goes to exploration. After each generation the pool keeps only the agents that somebody still needs.
pub fn search<E: Evaluator>(
    pool: &mut Pool<'_, E>,
    explorer: &mut dyn Explore<E>,
    plan: &Plan,
    run_seed: u64,
    watch: &mut dyn FnMut(&Pool<'_, E>, Progress) -> ControlFlow<()>,
) -> Result<Outcome, PopulationError> {
    plan.check()?;
    let exploitation = plan.emitters.map(|config| Exploitation::new(config, run_seed)).transpose()?;
    let scheduler = plan.schedule.scheduler();
    let next_refit = plan.refit.map(|_| 1);
    let mut run =
        Run { pool, explorer, plan, exploitation, watch, gap: 0, next_refit, outcome: Outcome::default() };
    run.spend(scheduler)?;
    let Run { explorer, exploitation, mut outcome, .. } = run;
    outcome.known = explorer.known();
    if let Some(exploitation) = exploitation {
        outcome.rewarding = exploitation.rewarding().to_vec();
        outcome.exploitation = exploitation.counts();
    }
    Ok(outcome)
}

struct Run<'a, 'p, E: Evaluator> {
    pool: &'a mut Pool<'p, E>,
    explorer: &'a mut dyn Explore<E>,
    plan: &'a Plan,
    exploitation: Option<Exploitation>,
    watch: &'a mut dyn FnMut(&Pool<'p, E>, Progress) -> ControlFlow<()>,
    /// Generations between the last training and the next, in units of the plan's.
    gap: u64,
    next_refit: Option<u64>,
    outcome: Outcome,
}

impl<E: Evaluator> Run<'_, '_, E> {
    fn spend(&mut self, mut scheduler: Box<dyn crate::schedule::Scheduler>) -> Result<(), PopulationError> {
        let budget = self.pool.left();
        for chunk in 0.. {
            let left = self.pool.left();
            if left == 0 || self.outcome.stopped {
                break;
            }
            let spent = (budget - left) as f64 / budget as f64;
            let mut stream = self.pool.stream("schedule", chunk);
            let phase = scheduler.next(Moment { chunk, spent }, &mut stream);
            let (size, before) = (self.plan.chunk.min(left), self.rewarding().len());
            let mut allowance = size;
            if phase == Phase::Exploitation {
                self.exploit(&mut allowance)?;
            }
            let exploited = allowance < size;
            while allowance > 0 && !self.outcome.stopped {
                self.explore(&mut allowance)?;
            }
            let payoff = (self.rewarding().len() - before) as f64 / size as f64;
            scheduler.paid(if exploited { phase } else { Phase::Exploration }, payoff);
        }
        Ok(())
    }

    fn rewarding(&self) -> &[AgentId] {
        self.exploitation.as_ref().map_or(&[], Exploitation::rewarding)
    }

    fn explore(&mut self, allowance: &mut u64) -> Result<(), PopulationError> {
        let rewarding = self.exploitation.as_ref().map_or(&[][..], Exploitation::rewarding);
        let generation = self.explorer.generation(self.pool, rewarding, allowance)?;
        self.outcome.generations += 1;
        self.outcome.collapsed += u64::from(generation.collapsed);
        if let Some(exploitation) = &mut self.exploitation {
            exploitation.collect(self.pool, &generation)?;
        }
        if self.next_refit == Some(self.outcome.generations) {
            let data = self.explorer.known().into_iter().chain(generation.members);
            let data: BTreeSet<AgentId> = data.chain(self.rewarding().iter().copied()).collect();
            self.pool.refit(&data)?;
            self.gap += self.plan.refit.unwrap_or(1);
            self.next_refit = Some(self.outcome.generations + self.gap);
        }
        self.settle();
        Ok(())
    }

    fn exploit(&mut self, allowance: &mut u64) -> Result<(), PopulationError> {
        let Some(exploitation) = self.exploitation.as_mut().filter(|part| part.has_work()) else {
            return Ok(());
        };
        exploitation.run(self.pool, self.explorer, self.plan.chunk, allowance)?;
        self.settle();
        Ok(())
    }

    /// Forgets whom nobody needs, and shows how far the search is.
    fn settle(&mut self) {
        let mut keep: BTreeSet<AgentId> = self.explorer.known().into_iter().collect();
        keep.extend(self.exploitation.iter().flat_map(Exploitation::known));
        self.pool.retain(&keep);
        let progress = Progress {
            evaluations: self.pool.ledger().spent(milepost_core::Cost::Evaluations),
            generations: self.outcome.generations,
            rewarding: self.rewarding().len(),
        };
        self.outcome.stopped |= (self.watch)(self.pool, progress).is_break();
    }
}
