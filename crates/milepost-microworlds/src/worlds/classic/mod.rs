//! Small decision processes of textbooks and papers, with published answers.

mod chain;
mod double_loop;
mod random_walk;
mod river_swim;
mod two_state;

pub use chain::{Chain, ChainConfig};
pub use double_loop::{DoubleLoop, DoubleLoopConfig};
pub use random_walk::{RandomWalk, RandomWalkConfig};
pub use river_swim::{RiverSwim, RiverSwimConfig};
pub use two_state::{TwoState, TwoStateConfig};

use crate::dynamics::{Dynamics, Transition};
use crate::error::TaskError;

/// The parameters of a decision process over numbered states that is fully seen, and its law.
///
/// All that is left to say of such a world; [`Classic`] adds what they share.
pub trait ClassicLaw: Clone + Send + Sync {
    /// The world's name.
    const NAME: &'static str;

    /// The number of actions.
    const ACTIONS: usize;

    /// Whether a world can have these parameters.
    fn check(&self) -> Result<(), TaskError>;

    /// The number of states, ends included; they are numbered from 0.
    fn states(&self) -> u32;

    /// Steps after which an episode is truncated.
    fn horizon(&self) -> u32;

    /// Probabilities of the first state.
    fn starts(&self) -> Vec<(f64, u32)>;

    /// Whether `action` may be taken in `state`; all may, unless a law says otherwise.
    fn is_legal(&self, state: u32, action: u32) -> bool {
        let _ = state;
        (action as usize) < Self::ACTIONS
    }

    /// Appends the outcomes of `action` in `state`, the better ones first.
    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>);
}

/// A world whose state is a number that the policy sees, one-hot.
#[derive(Debug, Clone)]
pub struct Classic<L> {
    law: L,
}

impl<L: ClassicLaw> Classic<L> {
    /// The world with these parameters.
    pub fn new(config: L) -> Result<Self, TaskError> {
        config.check()?;
        Ok(Self { law: config })
    }

    /// The parameters.
    pub const fn config(&self) -> &L {
        &self.law
    }
}

impl<L: ClassicLaw> Dynamics for Classic<L> {
    /// The number of the state.
    type State = u32;

    fn name(&self) -> &'static str {
        L::NAME
    }

    fn actions(&self) -> usize {
        L::ACTIONS
    }

    fn horizon(&self) -> u32 {
        self.law.horizon()
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        self.law.starts()
    }

    fn is_legal(&self, state: &u32, action: u32) -> bool {
        self.law.is_legal(*state, action)
    }

    fn outcomes(&self, state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        self.law.outcomes(*state, action, into);
    }

    fn state_key(&self, state: &u32) -> u64 {
        u64::from(*state)
    }

    fn features(&self) -> usize {
        self.law.states() as usize
    }

    /// One-hot.
    fn observe(&self, state: &u32, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
