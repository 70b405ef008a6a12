use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use super::coin;
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`Shortcut`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShortcutConfig {
    /// States of the chain, the goal included. Default 5.
    pub states: u32,
    /// Probability `ε` of being carried to the goal whatever is done. Default 0.1.
    pub jump: f64,
}

impl Default for ShortcutConfig {
    fn default() -> Self {
        Self { states: 5, jump: 0.1 }
    }
}

/// A chain in which one action leads to the goal at once and the other takes the long way.
///
/// Entering the goal pays 1 and ends the episode, entering any other state pays −1. After the shortcut task of
/// hindsight credit assignment (Harutyunyan et al., arXiv 1912.02503, figure 2).
#[derive(Debug, Clone)]
pub struct Shortcut {
    config: ShortcutConfig,
}

impl Shortcut {
    /// Leads to the goal at once.
    pub const SHORTCUT: u32 = 0;
    /// Leads to the next state.
    pub const LONG: u32 = 1;

    /// The world with these parameters.
    pub fn new(config: ShortcutConfig) -> Result<Self, TaskError> {
        let check = Check("shortcut");
        check.between("states", config.states, 2, 1 << 16)?;
        check.probability("jump", config.jump)?;
        Ok(Self { config })
    }
}

impl Dynamics for Shortcut {
    /// Number of the state; the goal is the last one.
    type State = u32;

    fn name(&self) -> &'static str {
        "shortcut"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.states - 1
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn outcomes(&self, state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let goal = self.config.states - 1;
        let next = if action == Self::SHORTCUT { goal } else { state + 1 };
        let jump = if next == goal { 1.0 } else { self.config.jump };
        into.extend(coin(jump).map(|(probability, jumps)| {
            if jumps {
                Transition::end(probability, 1.0, goal, Outcome::Success)
            } else {
                Transition::step(probability, -1.0, next)
            }
        }));
    }

    fn state_key(&self, state: &u32) -> u64 {
        u64::from(*state)
    }

    fn features(&self) -> usize {
        self.config.states as usize
    }

    /// One-hot.
    fn observe(&self, state: &u32, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
