//! A mistake that can be put right, and two small relatives.

mod bandit;
mod shortcut;

pub use bandit::{AmbiguousBandit, AmbiguousBanditConfig};
pub use shortcut::{Shortcut, ShortcutConfig};

use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use super::{coin, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`Recovery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecoveryConfig {
    /// Probability `q` that trying to recover succeeds. Default 1.
    pub recovery: f64,
}

impl Default for RecoveryConfig {
    fn default() -> Self {
        Self { recovery: 1.0 }
    }
}

/// A good first action succeeds at once; after a bad one the mistake can still be put right.
///
/// Isolates credit for a successful trajectory that contains a mistake: the bad action must be blamed although
/// the outcome is good. After the recovery environment of AgentCreditBench.
#[derive(Debug, Clone)]
pub struct Recovery {
    config: RecoveryConfig,
}

/// State of a [`Recovery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecoveryState {
    /// Nothing has happened.
    Start,
    /// The first action was bad.
    Mistaken,
    /// The task was achieved.
    Achieved,
    /// The task was given up, or recovery failed.
    Lost,
}

impl Recovery {
    /// First step: succeed at once.
    pub const GOOD: u32 = 0;
    /// First step: make a mistake.
    pub const BAD: u32 = 1;
    /// Second step: try to put it right.
    pub const RECOVER: u32 = 0;
    /// Second step: fail.
    pub const GIVE_UP: u32 = 1;

    /// The world with these parameters.
    pub fn new(config: RecoveryConfig) -> Result<Self, TaskError> {
        Check("recovery").probability("recovery", config.recovery)?;
        Ok(Self { config })
    }
}

impl Dynamics for Recovery {
    type State = RecoveryState;

    fn name(&self) -> &'static str {
        "recovery"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        2
    }

    fn starts(&self) -> Vec<(f64, RecoveryState)> {
        vec![(1.0, RecoveryState::Start)]
    }

    fn outcomes(&self, state: &RecoveryState, action: u32, into: &mut Vec<Transition<RecoveryState>>) {
        if *state == RecoveryState::Start {
            into.push(if action == Self::GOOD {
                Transition::end(1.0, 1.0, RecoveryState::Achieved, Outcome::Success)
            } else {
                Transition::step(1.0, 0.0, RecoveryState::Mistaken)
            });
            return;
        }
        let odds = if action == Self::RECOVER { self.config.recovery } else { 0.0 };
        into.extend(coin(odds).map(|(probability, success)| {
            let next = if success { RecoveryState::Achieved } else { RecoveryState::Lost };
            Transition::end(probability, f64::from(u8::from(success)), next, verdict(success))
        }));
    }

    fn state_key(&self, state: &RecoveryState) -> u64 {
        *state as u64
    }

    fn features(&self) -> usize {
        4
    }

    /// One-hot.
    fn observe(&self, state: &RecoveryState, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
