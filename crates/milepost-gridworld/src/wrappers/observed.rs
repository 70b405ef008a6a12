use std::fmt::Debug;

use milepost_core::{
    Branch, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, StepOutcome, TaskSeed,
};

use crate::Gridworld;
use crate::wrappers::Unwrapped;

/// Another way to look at a world.
pub trait View<E: Unwrapped>: Clone + Send {
    /// What is seen.
    type Observation: Clone + Debug + PartialEq + Send + 'static;

    /// Whether the level that was just started can be seen this way; if not, why and what to do.
    fn accept(&self, inner: &E) -> Result<(), String> {
        let _ = inner;
        Ok(())
    }

    /// A buffer of the right size.
    fn new_observation(&self, inner: &E) -> Self::Observation;

    /// Writes what is seen now. Before the first reset there is nothing to see.
    fn observe(&self, inner: &E, into: &mut Self::Observation);
}

/// A world seen through a [`View`]. It plays as the world inside does.
#[derive(Debug, Clone)]
pub struct Observed<E, V> {
    inner: E,
    view: V,
}

impl<E, V> Observed<E, V> {
    /// Looks at `inner` through `view`.
    pub const fn new(inner: E, view: V) -> Self {
        Self { inner, view }
    }

    /// The environment that is looked at.
    pub const fn inner(&self) -> &E {
        &self.inner
    }
}

impl<E: Unwrapped, V: View<E>> Environment for Observed<E, V> {
    type Observation = V::Observation;
    type Action = u32;

    /// Refuses a level that cannot be seen this way.
    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.inner.reset(seed)?;
        self.view.accept(&self.inner).map_err(|reason| EnvError::Task {
            environment: self.unwrapped().name().to_owned(),
            seed: seed.get(),
            reason,
        })
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        self.inner.step(action)
    }

    fn new_observation(&self) -> V::Observation {
        self.view.new_observation(&self.inner)
    }

    fn observe(&self, into: &mut V::Observation) {
        self.view.observe(&self.inner, into);
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

impl<E: Unwrapped, V: View<E>> DiscreteEnvironment for Observed<E, V> {
    fn action_count(&self) -> usize {
        self.inner.action_count()
    }

    fn is_legal(&self, action: u32) -> bool {
        self.inner.is_legal(action)
    }
}

impl<E: Unwrapped + Enumerable, V: View<E>> Enumerable for Observed<E, V> {
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let outcomes = self.inner.outcomes(action).into_iter();
        outcomes
            .map(|Branch { probability, reward, next, ending }| Branch {
                probability,
                reward,
                next: Self::new(next, self.view.clone()),
                ending,
            })
            .collect()
    }

    fn horizon(&self) -> Option<u32> {
        self.inner.horizon()
    }
}

impl<E: Unwrapped, V: View<E>> Unwrapped for Observed<E, V> {
    fn unwrapped(&self) -> &Gridworld {
        self.inner.unwrapped()
    }
}
