use milepost_core::{DiscreteEnvironment, Ending, EnvError, Environment, StepOutcome, TaskSeed};

use crate::Gridworld;
use crate::wrappers::Unwrapped;

/// A world with only a few levels: task seed `s` starts the one of `seeds[s mod n]`.
///
/// Seeds 0, 1, 2, … go through the levels in turn, as MiniGrid's wrapper does from reset to reset. Unlike there, the level
/// depends on the seed alone, so that episodes can be replayed.
#[derive(Debug, Clone)]
pub struct Reseed<E> {
    inner: E,
    seeds: Vec<TaskSeed>,
}

/// There is no level to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Reseed was given no seeds; give it at least one")]
pub struct NoSeeds;

impl<E: Environment> Reseed<E> {
    /// The levels of `seeds`, at least one.
    pub fn new(inner: E, seeds: Vec<TaskSeed>) -> Result<Self, NoSeeds> {
        if seeds.is_empty() { Err(NoSeeds) } else { Ok(Self { inner, seeds }) }
    }
}

impl<E: Environment> Environment for Reseed<E> {
    type Observation = E::Observation;
    type Action = E::Action;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let index = seed.get() % self.seeds.len() as u64;
        self.inner.reset(self.seeds[index as usize])
    }

    fn step(&mut self, action: &E::Action) -> Result<StepOutcome, EnvError> {
        self.inner.step(action)
    }

    fn new_observation(&self) -> E::Observation {
        self.inner.new_observation()
    }

    fn observe(&self, into: &mut E::Observation) {
        self.inner.observe(into);
    }

    fn ending(&self) -> Option<Ending> {
        self.inner.ending()
    }

    fn elapsed(&self) -> u32 {
        self.inner.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.inner.state_key()
    }
}

impl<E: DiscreteEnvironment> DiscreteEnvironment for Reseed<E> {
    fn action_count(&self) -> usize {
        self.inner.action_count()
    }

    fn is_legal(&self, action: u32) -> bool {
        self.inner.is_legal(action)
    }
}

impl<E: Unwrapped> Unwrapped for Reseed<E> {
    fn unwrapped(&self) -> &Gridworld {
        self.inner.unwrapped()
    }
}
