//! A world compiled into flat arrays, its laws checked on the way.

mod compile;

use std::sync::Arc;

use milepost_core::Ending;

use crate::dynamics::{Dynamics, Transition};

/// Any world, every state visited and numbered: the same law without the world's own types.
///
/// States are numbered in the order in which they are found, breadth first from the starts; keys,
/// observations and reference policy are those of the world that was compiled. Cloning shares the arrays.
#[derive(Debug, Clone)]
pub struct Table(Arc<Arrays>);

#[derive(Debug)]
struct Arrays {
    name: String,
    actions: usize,
    horizon: u32,
    features: usize,
    distractor_bits: usize,
    /// By step.
    turns: Vec<(u32, u32)>,
    starts: Vec<(f64, u32)>,
    keys: Vec<u64>,
    observation_keys: Vec<u64>,
    /// `[states, features]`.
    observations: Vec<f32>,
    /// `[states, actions]`.
    reference: Vec<f64>,
    /// The outcomes of pair `s · actions + a` are `offsets[pair]..offsets[pair + 1]`; none if not legal.
    offsets: Vec<u32>,
    outcomes: Vec<Transition<u32>>,
}

/// A law of [`Dynamics`] that a world breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LawError {
    /// More states than allowed.
    #[error("{world} has more than {cap} states; raise the cap, or choose smaller parameters")]
    TooManyStates {
        /// The world.
        world: String,
        /// The cap that was given.
        cap: usize,
    },
    /// Probabilities that are no distribution.
    #[error(
        "{world}: the probabilities of {what} sum to {sum}, or one is not positive; list only what can happen"
    )]
    NotADistribution {
        /// The world.
        world: String,
        /// Of what.
        what: String,
        /// Their sum.
        sum: f64,
    },
    /// A reward is not finite.
    #[error("{world}: action {action} in state {state} pays {reward}, which is not finite")]
    Reward {
        /// The world.
        world: String,
        /// The state.
        state: String,
        /// The action.
        action: usize,
        /// The reward.
        reward: f64,
    },
    /// Nothing may be done in a state that is not an end.
    #[error("{world}: no action is legal in state {state}, which is not an end")]
    DeadEnd {
        /// The world.
        world: String,
        /// The state.
        state: String,
    },
    /// Two states that are told apart, but share a key.
    #[error("{world}: states {one} and {other} differ but share {what}; {remedy}")]
    SharedKey {
        /// The world.
        world: String,
        /// One state.
        one: String,
        /// The other.
        other: String,
        /// Which key, and what differs.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

impl Table {
    /// States that may be met before [`Table::compile`] gives up, unless said otherwise.
    pub const CAP: usize = 2_000_000;

    /// Visits every state of `world`, at most `cap`, and checks its laws on the way.
    pub fn compile<D: Dynamics>(world: &D, cap: usize) -> Result<Self, LawError> {
        compile::compile(world, cap)
    }

    /// Number of states, ends included.
    pub fn states(&self) -> usize {
        self.0.keys.len()
    }

    /// The outcomes of an action; none if it is not legal or the state is an end.
    ///
    /// # Panics
    /// If `state` or `action` is out of range.
    pub fn row(&self, state: u32, action: u32) -> &[Transition<u32>] {
        let pair = state as usize * self.0.actions + action as usize;
        &self.0.outcomes[self.0.offsets[pair] as usize..self.0.offsets[pair + 1] as usize]
    }

    /// Whether episodes end in this state: nothing may be done in it.
    pub fn is_end(&self, state: u32) -> bool {
        (0..self.0.actions as u32).all(|action| self.row(state, action).is_empty())
    }

    /// The endings of all transitions that have one.
    pub fn endings(&self) -> impl Iterator<Item = Ending> + '_ {
        self.0.outcomes.iter().filter_map(|outcome| outcome.ending)
    }
}

impl Dynamics for Table {
    /// The number of a state.
    type State = u32;

    fn name(&self) -> &str {
        &self.0.name
    }

    fn actions(&self) -> usize {
        self.0.actions
    }

    fn horizon(&self) -> u32 {
        self.0.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        self.0.starts.clone()
    }

    fn is_legal(&self, state: &u32, action: u32) -> bool {
        (action as usize) < self.0.actions && !self.row(*state, action).is_empty()
    }

    fn outcomes(&self, state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        into.extend_from_slice(self.row(*state, action));
    }

    fn state_key(&self, state: &u32) -> u64 {
        self.0.keys[*state as usize]
    }

    fn observation_key(&self, state: &u32) -> u64 {
        self.0.observation_keys[*state as usize]
    }

    fn features(&self) -> usize {
        self.0.features
    }

    fn observe(&self, state: &u32, into: &mut [f32]) {
        let first = *state as usize * self.0.features;
        into.copy_from_slice(&self.0.observations[first..first + self.0.features]);
    }

    /// # Panics
    /// If `step` is not below the horizon.
    fn turn_of(&self, step: u32) -> (u32, u32) {
        self.0.turns[step as usize]
    }

    fn distractor_bits(&self) -> usize {
        self.0.distractor_bits
    }

    fn reference_policy(&self, state: &u32, into: &mut [f64]) {
        let first = *state as usize * self.0.actions;
        into.copy_from_slice(&self.0.reference[first..first + self.0.actions]);
    }
}
