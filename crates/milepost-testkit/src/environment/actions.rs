use std::fmt::Debug;

use milepost_core::{DiscreteEnvironment, Ending, EnvError, Environment, StepOutcome, Stream, TaskSeed};

/// An environment through which a check can walk at random.
pub trait RandomActions: Environment<Action: Clone + Debug> {
    /// A legal action; `None` where there is none.
    fn random_action(&self, stream: &mut Stream) -> Option<Self::Action>;

    /// Some actions that are legal somewhere, to be tried where none is.
    fn some_actions(&self) -> Vec<Self::Action>;
}

/// Legal actions, uniformly.
impl<E: DiscreteEnvironment> RandomActions for E {
    fn random_action(&self, stream: &mut Stream) -> Option<u32> {
        let legal: Vec<u32> =
            (0..self.action_count() as u32).filter(|action| self.is_legal(*action)).collect();
        (!legal.is_empty()).then(|| legal[stream.below(legal.len() as u64) as usize])
    }

    fn some_actions(&self) -> Vec<u32> {
        (0..self.action_count() as u32).collect()
    }
}

/// A world of continuous actions with a way to draw them.
#[derive(Debug, Clone)]
pub(super) struct Continuous<E: Environment> {
    pub(super) inner: E,
    pub(super) draw: fn(&mut Stream) -> E::Action,
    /// Any legal action.
    pub(super) example: E::Action,
}

impl<E: Environment<Action: Clone + Debug + Send + Sync>> Environment for Continuous<E> {
    type Observation = E::Observation;
    type Action = E::Action;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.inner.reset(seed)
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

impl<E: Environment<Action: Clone + Debug + Send + Sync>> RandomActions for Continuous<E> {
    fn random_action(&self, stream: &mut Stream) -> Option<E::Action> {
        Some((self.draw)(stream))
    }

    fn some_actions(&self) -> Vec<E::Action> {
        vec![self.example.clone()]
    }
}
