use std::collections::BTreeMap;

use milepost_core::{DiscreteEnvironment, Ending, EnvError, Environment, StepOutcome, TaskSeed};

use crate::Gridworld;
use crate::wrappers::Unwrapped;

/// What a visit is a visit to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visit {
    /// The agent's cell and direction after the step, and the action that led there.
    Action,
    /// The agent's cell after the step.
    Position,
}

/// How long visits are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BonusScope {
    /// From episode to episode, as MiniGrid does. The bonus then depends on what was played before, so two episodes of one
    /// seed differ: this environment keeps every law of [`Environment`] but that one.
    #[default]
    Lifetime,
    /// Within an episode; reset forgets them.
    Episode,
}

/// A world that pays `scale / √n` more for the `n`-th visit: count-based exploration. In MiniGrid `ActionBonus` and
/// `PositionBonus`.
#[derive(Debug, Clone)]
pub struct VisitBonus<E> {
    inner: E,
    visit: Visit,
    scale: f64,
    scope: BonusScope,
    counts: BTreeMap<u32, u32>,
}

impl<E: Unwrapped> VisitBonus<E> {
    /// Pays `1 / √n` for actions.
    pub const fn for_actions(inner: E) -> Self {
        Self::new(inner, Visit::Action, 1.0, BonusScope::Lifetime)
    }

    /// Pays `scale / √n` for positions.
    pub const fn for_positions(inner: E, scale: f64) -> Self {
        Self::new(inner, Visit::Position, scale, BonusScope::Lifetime)
    }

    /// Pays `scale / √n` for each visit.
    pub const fn new(inner: E, visit: Visit, scale: f64, scope: BonusScope) -> Self {
        Self { inner, visit, scale, scope, counts: BTreeMap::new() }
    }

    /// Where the agent is, as a number that fits the kind of visit.
    fn place(&self, action: u32) -> u32 {
        let world = self.inner.unwrapped();
        let cell = world.agent().map_or(0, |agent| u32::from(agent.x) << 8 | u32::from(agent.y));
        match self.visit {
            Visit::Position => cell,
            Visit::Action => cell << 8 | (world.direction() as u32) << 4 | action,
        }
    }
}

impl<E: Unwrapped> Environment for VisitBonus<E> {
    type Observation = E::Observation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        if self.scope == BonusScope::Episode {
            self.counts.clear();
        }
        self.inner.reset(seed)
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let outcome = self.inner.step(action)?;
        let count = self.counts.entry(self.place(*action)).or_insert(0);
        *count += 1;
        let bonus = 1.0 / f64::from(*count).sqrt();
        Ok(StepOutcome { reward: outcome.reward + bonus * self.scale, ..outcome })
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

    /// The state inside, and the visits: what is paid next depends on both.
    fn state_key(&self) -> u64 {
        self.counts.iter().fold(self.inner.state_key(), |key, (place, count)| {
            crate::key::fold(key, u64::from(*place) << 32 | u64::from(*count))
        })
    }
}

impl<E: Unwrapped> DiscreteEnvironment for VisitBonus<E> {
    fn action_count(&self) -> usize {
        self.inner.action_count()
    }

    fn is_legal(&self, action: u32) -> bool {
        self.inner.is_legal(action)
    }
}

impl<E: Unwrapped> Unwrapped for VisitBonus<E> {
    fn unwrapped(&self) -> &Gridworld {
        self.inner.unwrapped()
    }
}
