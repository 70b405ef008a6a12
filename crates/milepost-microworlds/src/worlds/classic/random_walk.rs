use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use super::{Classic, ClassicLaw};
use crate::dynamics::Transition;
use crate::error::{Check, TaskError};

/// Parameters of a [`RandomWalk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomWalkConfig {
    /// States `n` between the two ends. Default 5.
    pub states: u32,
    /// The furthest that one step goes; every distance from 1 to it is equally likely. Default 1.
    pub reach: u32,
    /// What the left end pays. Default 0.
    pub left_reward: f64,
    /// What the right end pays. Default 1.
    pub right_reward: f64,
    /// Steps after which an episode is truncated. Default 200, which one episode in 10¹² of the default walk reaches.
    pub horizon: u32,
}

impl Default for RandomWalkConfig {
    fn default() -> Self {
        Self { states: 5, reach: 1, left_reward: 0.0, right_reward: 1.0, horizon: 200 }
    }
}

impl RandomWalkConfig {
    /// Nineteen states between −1 and 1 (Sutton and Barto, example 7.1).
    #[must_use]
    pub fn nineteen() -> Self {
        Self { states: 19, left_reward: -1.0, ..Self::default() }
    }

    /// A thousand states between −1 and 1, steps of up to a hundred (Sutton and Barto, example 9.1).
    #[must_use]
    pub fn thousand() -> Self {
        Self { states: 1000, reach: 100, left_reward: -1.0, ..Self::default() }
    }
}

/// Left or right until one of the ends is reached; only the right end is success.
///
/// States are 1 to `n`, the ends 0 and `n + 1`; the walk starts in the middle (the left one of two). Under the uniform
/// policy with steps of 1, `V(s) = l + (r − l) s / (n + 1)` without truncation, and every action is worth
/// `A = ±(r − l) / (n + 1)`. Isolates the spread of credit over a chain: each step counts as much as any other. After Sutton
/// and Barto, *Reinforcement Learning*, examples 6.2, 7.1 and 9.1, whose walks have no actions: they are the uniform
/// policy's.
pub type RandomWalk = Classic<RandomWalkConfig>;

impl RandomWalk {
    /// Towards state 0.
    pub const LEFT: u32 = 0;
    /// Towards state `n + 1`.
    pub const RIGHT: u32 = 1;
}

impl RandomWalkConfig {
    fn arrive(&self, probability: f64, state: u32) -> Transition<u32> {
        if state == 0 {
            Transition::end(probability, self.left_reward, state, Outcome::Failure)
        } else if state > self.states {
            Transition::end(probability, self.right_reward, state, Outcome::Success)
        } else {
            Transition::step(probability, 0.0, state)
        }
    }
}

impl ClassicLaw for RandomWalkConfig {
    const NAME: &'static str = "random-walk";
    const ACTIONS: usize = 2;

    fn check(&self) -> Result<(), TaskError> {
        let check = Check(Self::NAME);
        check.between("states", self.states, 1, 1 << 12)?;
        check.between("reach", self.reach, 1, 1 << 12)?;
        check.finite("left-reward", self.left_reward)?;
        check.finite("right-reward", self.right_reward)?;
        check.between("horizon", self.horizon, 1, 1 << 16)
    }

    fn states(&self) -> u32 {
        self.states + 2
    }

    fn horizon(&self) -> u32 {
        self.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, self.states.div_ceil(2))]
    }

    /// The rightmost state first; what lies beyond an end is that end.
    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let end = self.states + 1;
        let (room, right) = if action == RandomWalk::RIGHT { (end - state, true) } else { (state, false) };
        let odds = |distances: u32| f64::from(distances) / f64::from(self.reach);
        let at = |distance: u32| if right { state + distance } else { state - distance };
        // Distances that end short of the end, and all others together.
        let short = self.reach.min(room - 1);
        let first = into.len();
        into.extend((1..=short).map(|distance| self.arrive(odds(1), at(distance))));
        if self.reach > short {
            into.push(self.arrive(odds(self.reach - short), at(room)));
        }
        if right {
            into[first..].reverse();
        }
    }
}
