use serde::{Deserialize, Serialize};

use super::{Classic, ClassicLaw};
use crate::dynamics::Transition;
use crate::error::{Check, TaskError};
use crate::worlds::coin;

/// Parameters of a [`TwoState`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TwoStateConfig {
    /// Probability that the patient action stays in the first state. Default 0.5.
    pub stay: f64,
    /// What the patient action pays. Default 5.
    pub patient_reward: f64,
    /// What the greedy action pays. Default 10.
    pub greedy_reward: f64,
    /// What each step in the second state pays, in which only one action is legal. Default −1.
    pub second_reward: f64,
    /// Steps after which an episode is truncated. Default 10.
    pub horizon: u32,
}

impl Default for TwoStateConfig {
    fn default() -> Self {
        Self { stay: 0.5, patient_reward: 5.0, greedy_reward: 10.0, second_reward: -1.0, horizon: 10 }
    }
}

/// Five now and perhaps again, or ten now and never again: the horizon decides which is better.
///
/// Isolates what a finite and a discounted problem disagree on. With the discount 0.95 the values are `−60/7` and −20, and
/// patience is best; in a single step greed is. After Puterman, *Markov Decision Processes*, figure 3.1.1.
pub type TwoState = Classic<TwoStateConfig>;

impl TwoState {
    /// Stays in the first state with some luck.
    pub const PATIENT: u32 = 0;
    /// Leads to the second state; not legal there.
    pub const GREEDY: u32 = 1;
}

impl ClassicLaw for TwoStateConfig {
    const NAME: &'static str = "two-state";
    const ACTIONS: usize = 2;

    fn check(&self) -> Result<(), TaskError> {
        let check = Check(Self::NAME);
        check.probability("stay", self.stay)?;
        check.finite("patient-reward", self.patient_reward)?;
        check.finite("greedy-reward", self.greedy_reward)?;
        check.finite("second-reward", self.second_reward)?;
        check.between("horizon", self.horizon, 1, 1 << 16)
    }

    fn states(&self) -> u32 {
        2
    }

    fn horizon(&self) -> u32 {
        self.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn is_legal(&self, state: u32, action: u32) -> bool {
        action == TwoState::PATIENT || (action == TwoState::GREEDY && state == 0)
    }

    /// The first state first.
    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>) {
        if state == 1 {
            into.push(Transition::step(1.0, self.second_reward, 1));
        } else if action == TwoState::GREEDY {
            into.push(Transition::step(1.0, self.greedy_reward, 1));
        } else {
            let arrive =
                |(p, stays): (f64, bool)| Transition::step(p, self.patient_reward, u32::from(!stays));
            into.extend(coin(self.stay).map(arrive));
        }
    }
}
