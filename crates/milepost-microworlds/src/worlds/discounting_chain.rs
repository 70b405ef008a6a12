use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`DiscountingChain`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiscountingChainConfig {
    /// With which step each arm pays. Default 1, 3, 10, 30, 100.
    pub pay_steps: Vec<u32>,
    /// The arm that pays more. Default 4: the latest.
    pub best: u32,
    /// How much more than 1 it pays. Default 0.1.
    pub bonus: f64,
    /// Steps of an episode. Default 100.
    pub horizon: u32,
}

impl Default for DiscountingChainConfig {
    fn default() -> Self {
        Self { pay_steps: vec![1, 3, 10, 30, 100], best: 4, bonus: 0.1, horizon: 100 }
    }
}

/// The first action picks when to be paid, and one of the later times pays a little more.
///
/// Nothing is random and only the first action counts, so what an estimator prefers shows how it discounts. After
/// bsuite's discounting chain (Osband et al., arXiv 1908.03568).
#[derive(Debug, Clone)]
pub struct DiscountingChain {
    config: DiscountingChainConfig,
}

/// State of a [`DiscountingChain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscountingChainState {
    /// Steps taken.
    pub step: u32,
    /// The arm that was picked; `None` before.
    pub arm: Option<u32>,
}

impl DiscountingChain {
    /// The chain with these parameters.
    pub fn new(config: DiscountingChainConfig) -> Result<Self, TaskError> {
        let check = Check("discounting-chain");
        check.between("horizon", config.horizon, 1, 1 << 16)?;
        let arms = config.pay_steps.len();
        check.that((1..=1 << 10).contains(&arms), "pay-steps (their number)", arms, "from 1 to 1024")?;
        for step in &config.pay_steps {
            check.between("pay-steps", *step, 1, config.horizon)?;
        }
        check.between("best", config.best, 0, arms as u32 - 1)?;
        check.finite("bonus", config.bonus)?;
        Ok(Self { config })
    }

    /// bsuite's score of a mean return: 1 for always picking the best arm, 0 for never.
    #[must_use]
    pub fn score(&self, mean_return: f64) -> f64 {
        let bonus = self.config.bonus;
        (1.0 - (1.0 + bonus - mean_return) / bonus).clamp(0.0, 1.0)
    }
}

impl Dynamics for DiscountingChain {
    type State = DiscountingChainState;

    fn name(&self) -> &'static str {
        "discounting-chain"
    }

    fn actions(&self) -> usize {
        self.config.pay_steps.len()
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, DiscountingChainState)> {
        vec![(1.0, DiscountingChainState { step: 0, arm: None })]
    }

    fn outcomes(
        &self,
        state: &DiscountingChainState,
        action: u32,
        into: &mut Vec<Transition<DiscountingChainState>>,
    ) {
        let arm = state.arm.unwrap_or(action);
        let next = DiscountingChainState { step: state.step + 1, arm: Some(arm) };
        let pays = self.config.pay_steps[arm as usize] == next.step;
        let bonus = if arm == self.config.best { self.config.bonus } else { 0.0 };
        let reward = if pays { 1.0 + bonus } else { 0.0 };
        into.push(if next.step == self.config.horizon {
            Transition::end(1.0, reward, next, Outcome::Success)
        } else {
            Transition::step(1.0, reward, next)
        });
    }

    fn state_key(&self, state: &DiscountingChainState) -> u64 {
        u64::from(state.step) << 16 | u64::from(state.arm.map_or(0, |arm| arm + 1))
    }

    fn features(&self) -> usize {
        2
    }

    /// The arm, −1 before the choice; share of the steps taken.
    fn observe(&self, state: &DiscountingChainState, into: &mut [f32]) {
        into[0] = state.arm.map_or(-1.0, |arm| arm as f32);
        into[1] = state.step as f32 / self.config.horizon as f32;
    }
}
