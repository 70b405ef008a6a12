use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};
use crate::worlds::verdict;

/// Parameters of a [`MemoryAlias`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemoryAliasConfig {
    /// Steps of an episode, at least 2: the cue, steps that do nothing, the decision. Default 8.
    pub horizon: u32,
}

impl Default for MemoryAliasConfig {
    fn default() -> Self {
        Self { horizon: 8 }
    }
}

/// A cue is shown once, and the last action must repeat it.
///
/// Only the last action matters: under the uniform policy it is worth ±½ in each state, but 0 on average over the
/// two states that look the same, so an estimator that groups by observation sees nothing.
#[derive(Debug, Clone)]
pub struct MemoryAlias {
    config: MemoryAliasConfig,
}

/// State of a [`MemoryAlias`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemoryAliasState {
    /// Steps taken.
    pub step: u32,
    /// The cue: the action that will be right.
    pub cue: u32,
}

impl MemoryAlias {
    /// The world with these parameters.
    pub fn new(config: MemoryAliasConfig) -> Result<Self, TaskError> {
        Check("memory-alias").between("horizon", config.horizon, 2, 1 << 16)?;
        Ok(Self { config })
    }
}

impl Dynamics for MemoryAlias {
    type State = MemoryAliasState;

    fn name(&self) -> &'static str {
        "memory-alias"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, MemoryAliasState)> {
        [0, 1].map(|cue| (0.5, MemoryAliasState { step: 0, cue })).to_vec()
    }

    fn outcomes(&self, state: &MemoryAliasState, action: u32, into: &mut Vec<Transition<MemoryAliasState>>) {
        let next = MemoryAliasState { step: state.step + 1, ..*state };
        into.push(if next.step < self.config.horizon {
            Transition::step(1.0, 0.0, next)
        } else {
            let right = action == state.cue;
            Transition::end(1.0, f64::from(u8::from(right)), next, verdict(right))
        });
    }

    fn state_key(&self, state: &MemoryAliasState) -> u64 {
        u64::from(state.step) << 1 | u64::from(state.cue)
    }

    fn observation_key(&self, state: &MemoryAliasState) -> u64 {
        let cue = if state.step == 0 { state.cue } else { 0 };
        self.state_key(&MemoryAliasState { cue, ..*state })
    }

    fn features(&self) -> usize {
        2
    }

    /// Share of the steps taken; the cue as ±1 in the first step, 0 afterwards.
    fn observe(&self, state: &MemoryAliasState, into: &mut [f32]) {
        into[0] = state.step as f32 / self.config.horizon as f32;
        into[1] = match (state.step, state.cue) {
            (0, 0) => -1.0,
            (0, _) => 1.0,
            _ => 0.0,
        };
    }
}
