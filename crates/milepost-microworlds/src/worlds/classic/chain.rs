use serde::{Deserialize, Serialize};

use super::{Classic, ClassicLaw};
use crate::dynamics::Transition;
use crate::error::{Check, TaskError};
use crate::worlds::coin;

/// Parameters of a [`Chain`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChainConfig {
    /// States `n`. Default 5.
    pub states: u32,
    /// Probability that an action does what the other one is meant to do. Default 0.2.
    pub slip: f64,
    /// What going back to the first state pays. Default 2.
    pub back_reward: f64,
    /// What going on from the last state, which stays there, pays. Default 10.
    pub end_reward: f64,
    /// Steps after which an episode is truncated. Default 100; published phases of learning last 1000.
    pub horizon: u32,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self { states: 5, slip: 0.2, back_reward: 2.0, end_reward: 10.0, horizon: 100 }
    }
}

/// Go on for a large reward far away, or back for a small one at once.
///
/// Isolates credit for steps that pay nothing and only keep a chance alive. Going on always is best:
/// `0.4 + 8 · 0.8⁴ = 3.6768` a step in the long run. After Strens, *A Bayesian framework for reinforcement learning* (2000),
/// and Dearden, Friedman and Russell, *Bayesian Q-learning* (1998).
pub type Chain = Classic<ChainConfig>;

impl Chain {
    /// To the next state.
    pub const ON: u32 = 0;
    /// To the first state.
    pub const BACK: u32 = 1;
}

impl ClassicLaw for ChainConfig {
    const NAME: &'static str = "chain";
    const ACTIONS: usize = 2;

    fn check(&self) -> Result<(), TaskError> {
        let check = Check(Self::NAME);
        check.between("states", self.states, 1, 1 << 12)?;
        check.probability("slip", self.slip)?;
        check.finite("back-reward", self.back_reward)?;
        check.finite("end-reward", self.end_reward)?;
        check.between("horizon", self.horizon, 1, 1 << 16)
    }

    fn states(&self) -> u32 {
        self.states
    }

    fn horizon(&self) -> u32 {
        self.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    /// Going on first.
    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let on = if action == Chain::ON { 1.0 - self.slip } else { self.slip };
        into.extend(coin(on).map(|(probability, goes_on)| match (goes_on, state + 1 < self.states) {
            (true, true) => Transition::step(probability, 0.0, state + 1),
            (true, false) => Transition::step(probability, self.end_reward, state),
            (false, _) => Transition::step(probability, self.back_reward, 0),
        }));
    }
}
