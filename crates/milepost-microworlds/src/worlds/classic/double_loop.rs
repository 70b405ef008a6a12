use serde::{Deserialize, Serialize};

use super::{Classic, ClassicLaw};
use crate::dynamics::Transition;
use crate::error::{Check, TaskError};

/// Parameters of a [`DoubleLoop`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DoubleLoopConfig {
    /// Steps `n` around either loop. Default 5.
    pub length: u32,
    /// What closing the easy loop pays. Default 1.
    pub easy_reward: f64,
    /// What closing the hard loop pays. Default 2.
    pub hard_reward: f64,
    /// Steps after which an episode is truncated. Default 100; published phases of learning last 1000.
    pub horizon: u32,
}

impl Default for DoubleLoopConfig {
    fn default() -> Self {
        Self { length: 5, easy_reward: 1.0, hard_reward: 2.0, horizon: 100 }
    }
}

/// Two loops from one state: one closes whatever is done, the other, better one only if no step of it is wrong.
///
/// The first action picks the loop: states 1 to `n − 1` are the easy one, in which both actions go on; `n` to `2n − 2` the
/// hard one, in which [`DoubleLoop::EASY`] leads back to state 0 at once, unpaid. Isolates credit for persistence: one wrong
/// step in `n` forfeits what the others earned. The hard loop pays 400 in 1000 steps, the easy one 200. After Watkins'
/// double loop as used by Dearden, Friedman and Russell (*Bayesian Q-learning*, 1998) and Strens (2000).
pub type DoubleLoop = Classic<DoubleLoopConfig>;

impl DoubleLoop {
    /// Into the easy loop; out of the hard one.
    pub const EASY: u32 = 0;
    /// Into the hard loop, and on in it.
    pub const HARD: u32 = 1;
}

impl ClassicLaw for DoubleLoopConfig {
    const NAME: &'static str = "double-loop";
    const ACTIONS: usize = 2;

    fn check(&self) -> Result<(), TaskError> {
        let check = Check(Self::NAME);
        check.between("length", self.length, 2, 1 << 11)?;
        check.finite("easy-reward", self.easy_reward)?;
        check.finite("hard-reward", self.hard_reward)?;
        check.between("horizon", self.horizon, 1, 1 << 16)
    }

    fn states(&self) -> u32 {
        2 * self.length - 1
    }

    fn horizon(&self) -> u32 {
        self.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let (easy_end, hard_end) = (self.length - 1, 2 * self.length - 2);
        let hard = action == DoubleLoop::HARD;
        let (reward, next) = if state == 0 {
            (0.0, if hard { self.length } else { 1 })
        } else if state == easy_end {
            (self.easy_reward, 0)
        } else if state > easy_end && !hard {
            (0.0, 0)
        } else if state == hard_end {
            (self.hard_reward, 0)
        } else {
            (0.0, state + 1)
        };
        into.push(Transition::step(1.0, reward, next));
    }
}
