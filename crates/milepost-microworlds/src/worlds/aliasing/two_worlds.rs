use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::TaskError;
use crate::worlds::verdict;

/// Which of the two worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Action 1 always succeeds: its effect is `E[R₁ − R₀] = +½`.
    #[default]
    Plus,
    /// Action 0 always succeeds: the effect is `−½`.
    Minus,
}

/// Parameters of [`TwoWorlds`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TwoWorldsConfig {
    /// Which world. Default plus.
    pub sign: Sign,
}

/// Two worlds with the same logs and opposite truths.
///
/// A hidden bit `Z` is 0 or 1 with even odds and never shown. The behaviour knows it and takes action `Z`, which
/// succeeds in both worlds, so every log reads: constant observation, a coin's action, reward 1. What the other
/// action would have done differs: in the plus world action 1 always succeeds and action 0 only if `Z = 0`; in the
/// minus world it is the other way round. No estimator that reads logs alone can be right in both; one that
/// restores the state and tries can. After proposition 2 of the survey arXiv 2604.09459; the construction is
/// Milepost's.
#[derive(Debug, Clone)]
pub struct TwoWorlds {
    config: TwoWorldsConfig,
}

/// State of [`TwoWorlds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TwoWorldsState {
    /// The bit that is never shown.
    pub hidden: u32,
    /// Whether the only action was taken.
    pub over: bool,
}

impl TwoWorlds {
    /// The world with this sign. Every parameter is valid; the result is that of the other worlds.
    pub const fn new(config: TwoWorldsConfig) -> Result<Self, TaskError> {
        Ok(Self { config })
    }

    /// Whether `action` succeeds.
    fn succeeds(&self, hidden: u32, action: u32) -> bool {
        let always = match self.config.sign {
            Sign::Plus => 1,
            Sign::Minus => 0,
        };
        action == always || action == hidden
    }
}

impl Dynamics for TwoWorlds {
    type State = TwoWorldsState;

    fn name(&self) -> &'static str {
        "two-worlds"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        1
    }

    fn starts(&self) -> Vec<(f64, TwoWorldsState)> {
        [0, 1].map(|hidden| (0.5, TwoWorldsState { hidden, over: false })).to_vec()
    }

    fn outcomes(&self, state: &TwoWorldsState, action: u32, into: &mut Vec<Transition<TwoWorldsState>>) {
        let success = self.succeeds(state.hidden, action);
        let next = TwoWorldsState { over: true, ..*state };
        into.push(Transition::end(1.0, f64::from(u8::from(success)), next, verdict(success)));
    }

    fn state_key(&self, state: &TwoWorldsState) -> u64 {
        u64::from(state.hidden) << 1 | u64::from(state.over)
    }

    fn observation_key(&self, state: &TwoWorldsState) -> u64 {
        u64::from(state.over)
    }

    fn features(&self) -> usize {
        1
    }

    /// Whether the action was taken; the hidden bit is not shown.
    fn observe(&self, state: &TwoWorldsState, into: &mut [f32]) {
        into[0] = f32::from(u8::from(state.over));
    }

    /// The behaviour that made the logs: it knows the hidden bit and takes that action.
    fn reference_policy(&self, state: &TwoWorldsState, into: &mut [f64]) {
        into.fill(0.0);
        into[state.hidden as usize] = 1.0;
    }
}
