use crate::{DiscreteEnvironment, Ending};

/// A reward that is affine in the number of steps already taken: `base + per_step · elapsed`.
///
/// MiniGrid pays `1 − 0.9 · (elapsed + 1) / max_steps` for success; a constant reward has `per_step = 0`.
/// With it, the states of a world can be enumerated without their clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardLaw {
    /// Reward of the transition if taken as the first step of an episode.
    pub base: f64,
    /// What each step already taken adds.
    pub per_step: f64,
}

impl RewardLaw {
    /// The same reward at every time.
    #[must_use]
    pub const fn constant(reward: f64) -> Self {
        Self { base: reward, per_step: 0.0 }
    }

    /// The reward of the transition when `elapsed` steps were taken before it.
    #[must_use]
    pub fn at(self, elapsed: u32) -> f64 {
        self.base + self.per_step * f64::from(elapsed)
    }
}

/// One way in which an action can turn out.
#[derive(Debug, Clone)]
pub struct Branch<E> {
    /// Probability of this outcome; those of one action sum to 1.
    pub probability: f64,
    /// Its reward.
    pub reward: RewardLaw,
    /// The world afterwards.
    pub next: E,
    /// The task's ending, if this outcome is one. Running out of steps is not an outcome: see
    /// [`Enumerable::horizon`].
    pub ending: Option<Ending>,
}

/// A world whose states can all be visited, so that values and advantages can be computed exactly.
pub trait Enumerable: DiscreteEnvironment {
    /// Every outcome of `action` in the current state, ignoring the step budget.
    ///
    /// Law: the distribution of `step` equals this one for every reachable state (the budget aside).
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>>;

    /// After how many steps an episode is truncated, if it ever is.
    fn horizon(&self) -> Option<u32>;
}
