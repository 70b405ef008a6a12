use serde::{Deserialize, Serialize};

use super::{coin, two_point, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`DelayedEffect`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DelayedEffectConfig {
    /// Steps of an episode, at least 2. Default 8.
    pub horizon: u32,
    /// Probability of success after a good first action. Default 0.8.
    pub good_success: f64,
    /// Probability of success after a bad first action. Default 0.2.
    pub bad_success: f64,
    /// Actions to choose from after the first step, none of which matters. Default 2.
    pub distractor_actions: u32,
    /// What failure pays; success pays 1. Default 0.
    pub failure_reward: f64,
    /// Every step but the last pays plus or minus this much, whatever is done. Default 0.
    pub noise: f64,
    /// Whether the policy sees only the clock, not what it chose first. Default false.
    pub aliased: bool,
}

impl Default for DelayedEffectConfig {
    fn default() -> Self {
        Self {
            horizon: 8,
            good_success: 0.8,
            bad_success: 0.2,
            distractor_actions: 2,
            failure_reward: 0.0,
            noise: 0.0,
            aliased: false,
        }
    }
}

impl DelayedEffectConfig {
    /// The delayed-effect chain of hindsight credit assignment (Harutyunyan et al., arXiv 1912.02503,
    /// figure 2): three aliased states between the choice and its result of ±1, with reward noise of standard
    /// deviation `sigma` on the way. The noise is two-point, so that the world stays enumerable.
    #[must_use]
    pub fn hindsight_chain(sigma: f64) -> Self {
        Self {
            horizon: 4,
            good_success: 1.0,
            bad_success: 0.0,
            failure_reward: -1.0,
            noise: sigma,
            aliased: true,
            ..Self::default()
        }
    }
}

/// The first action fixes the odds of the result; every later one is a distraction.
///
/// Isolates leakage: whatever credit a later action is given is wrong. After the delayed-effect environment of
/// AgentCreditBench.
#[derive(Debug, Clone)]
pub struct DelayedEffect {
    config: DelayedEffectConfig,
}

/// State of a [`DelayedEffect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DelayedEffectState {
    /// Steps taken.
    pub step: u32,
    /// Whether the first action was good; false before it.
    pub good: bool,
}

const CHECK: Check = Check("delayed-effect");

impl DelayedEffect {
    /// The first action that makes success likelier.
    pub const GOOD: u32 = 0;
    /// The other first action.
    pub const BAD: u32 = 1;

    /// The world with these parameters.
    pub fn new(config: DelayedEffectConfig) -> Result<Self, TaskError> {
        CHECK.between("horizon", config.horizon, 2, 1 << 16)?;
        CHECK.probability("good-success", config.good_success)?;
        CHECK.probability("bad-success", config.bad_success)?;
        CHECK.between("distractor-actions", config.distractor_actions, 1, 1 << 10)?;
        CHECK.finite("failure-reward", config.failure_reward)?;
        CHECK.not_negative("noise", config.noise)?;
        Ok(Self { config })
    }

    /// The parameters.
    pub const fn config(&self) -> &DelayedEffectConfig {
        &self.config
    }

    /// Two choices first, the distractors afterwards.
    const fn choices(&self, step: u32) -> u32 {
        if step == 0 { 2 } else { self.config.distractor_actions }
    }
}

impl Dynamics for DelayedEffect {
    type State = DelayedEffectState;

    fn name(&self) -> &'static str {
        "delayed-effect"
    }

    fn actions(&self) -> usize {
        self.config.distractor_actions.max(2) as usize
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, DelayedEffectState)> {
        vec![(1.0, DelayedEffectState { step: 0, good: false })]
    }

    fn is_legal(&self, state: &DelayedEffectState, action: u32) -> bool {
        action < self.choices(state.step)
    }

    fn outcomes(
        &self,
        state: &DelayedEffectState,
        action: u32,
        into: &mut Vec<Transition<DelayedEffectState>>,
    ) {
        let config = &self.config;
        let good = if state.step == 0 { action == Self::GOOD } else { state.good };
        let next = DelayedEffectState { step: state.step + 1, good };
        if next.step < config.horizon {
            into.extend(
                two_point(config.noise)
                    .map(|(probability, reward)| Transition::step(probability, reward, next)),
            );
            return;
        }
        let success = if good { config.good_success } else { config.bad_success };
        into.extend(coin(success).map(|(probability, success)| {
            let reward = if success { 1.0 } else { config.failure_reward };
            Transition::end(probability, reward, next, verdict(success))
        }));
    }

    fn state_key(&self, state: &DelayedEffectState) -> u64 {
        u64::from(state.step) << 1 | u64::from(state.good)
    }

    fn observation_key(&self, state: &DelayedEffectState) -> u64 {
        let good = state.good && !self.config.aliased;
        self.state_key(&DelayedEffectState { good, ..*state })
    }

    fn features(&self) -> usize {
        2
    }

    /// Share of the steps taken; whether the first action was good, unless that is hidden.
    fn observe(&self, state: &DelayedEffectState, into: &mut [f32]) {
        into[0] = state.step as f32 / self.config.horizon as f32;
        into[1] = f32::from(u8::from(state.good && !self.config.aliased));
    }
}
