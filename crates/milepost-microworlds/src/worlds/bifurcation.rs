use serde::{Deserialize, Serialize};

use super::{Combination, Decisive, coin, two_point, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`Bifurcation`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BifurcationConfig {
    /// Steps `H` of an episode. Default 8.
    pub horizon: u32,
    /// The decisive steps. Default: step 2 alone.
    pub decisive: Decisive,
    /// How good decisions add up. Default `lin`; all but `xor` agree where there is one decision.
    pub combination: Combination,
    /// Probability `p1` of success if `f(n) = 1`. Default 0.8.
    pub success_high: f64,
    /// Probability `p0` of success if `f(n) = 0`. Default 0.2.
    pub success_low: f64,
    /// Probability `π_g` with which the reference policy decides well. Default 0.5.
    pub good_probability: f64,
    /// Number of actions `m`. Default 2.
    pub actions: u32,
    /// Recoverability `ρ`: the probability that action 0 of a step that does not decide makes up for one
    /// missed decision. Default 0.
    pub repair: f64,
    /// Distractor reward `σ`: every step but the last pays `+σ` or `−σ`, whatever is done. Default 0.
    pub noise: f64,
    /// Immediate reward `c` of action 0 in steps that do not decide. Default 0.
    pub bait: f64,
}

impl Default for BifurcationConfig {
    fn default() -> Self {
        Self {
            horizon: 8,
            decisive: Decisive::At(vec![2]),
            combination: Combination::Lin,
            success_high: 0.8,
            success_low: 0.2,
            good_probability: 0.5,
            actions: 2,
            repair: 0.0,
            noise: 0.0,
            bait: 0.0,
        }
    }
}

/// The bifurcation chain: of `H` steps, the few decisive ones fix how likely success is at the end.
///
/// In a decisive step [`Bifurcation::GOOD`] adds one to the number `n` of good decisions; everywhere else all
/// actions lead to the same states, so their advantage is exactly 0 (unless `repair` or `bait` is set). The
/// last step pays 1 with probability `p0 + (p1 − p0) f(n)`. After the bifurcation points of the survey
/// arXiv 2604.09459, whose own construction is not public; this parameterisation is Milepost's.
#[derive(Debug, Clone)]
pub struct Bifurcation {
    config: BifurcationConfig,
    /// Ascending.
    decisive: Vec<u32>,
}

/// State of a [`Bifurcation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BifurcationState {
    /// Steps taken.
    pub step: u32,
    /// Good decisions, repairs included.
    pub good: u32,
}

const CHECK: Check = Check("bifurcation");

impl Bifurcation {
    /// The action that decides well.
    pub const GOOD: u32 = 0;
    /// The action that may make up for a miss in a step that does not decide, and that takes the bait.
    pub const REPAIR: u32 = 0;

    /// The chain with these parameters.
    pub fn new(config: BifurcationConfig) -> Result<Self, TaskError> {
        let BifurcationConfig { horizon, actions, .. } = config;
        CHECK.between("horizon", horizon, 1, 1 << 16)?;
        CHECK.between("actions", actions, 2, 1 << 10)?;
        CHECK.probability("success-high", config.success_high)?;
        CHECK.probability("success-low", config.success_low)?;
        CHECK.probability("good-probability", config.good_probability)?;
        CHECK.probability("repair", config.repair)?;
        CHECK.not_negative("noise", config.noise)?;
        CHECK.finite("bait", config.bait)?;
        let decisive = config.decisive.resolve(CHECK, horizon)?;
        Ok(Self { config, decisive })
    }

    /// The parameters.
    pub const fn config(&self) -> &BifurcationConfig {
        &self.config
    }

    /// The steps that decide, ascending.
    pub fn decisive(&self) -> &[u32] {
        &self.decisive
    }

    fn decides(&self, step: u32) -> bool {
        self.decisive.binary_search(&step).is_ok()
    }

    /// Missed decisions that have not been made up for.
    fn missed(&self, state: BifurcationState) -> u32 {
        let passed = self.decisive.partition_point(|step| *step < state.step) as u32;
        passed.saturating_sub(state.good)
    }

    /// The probability that one more good decision is counted after `action`.
    fn gain(&self, state: BifurcationState, action: u32) -> f64 {
        if self.decides(state.step) {
            f64::from(u8::from(action == Self::GOOD))
        } else if action == Self::REPAIR && self.missed(state) > 0 {
            self.config.repair
        } else {
            0.0
        }
    }
}

impl Dynamics for Bifurcation {
    type State = BifurcationState;

    fn name(&self) -> &'static str {
        "bifurcation"
    }

    fn actions(&self) -> usize {
        self.config.actions as usize
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, BifurcationState)> {
        vec![(1.0, BifurcationState { step: 0, good: 0 })]
    }

    fn outcomes(&self, state: &BifurcationState, action: u32, into: &mut Vec<Transition<BifurcationState>>) {
        let config = &self.config;
        let bait = if self.decides(state.step) || action != Self::REPAIR { 0.0 } else { config.bait };
        let gain = self.gain(*state, action);
        let next =
            |gained: bool| BifurcationState { step: state.step + 1, good: state.good + u32::from(gained) };
        if state.step + 1 < config.horizon {
            for (noise_probability, noise) in two_point(config.noise) {
                for (probability, gained) in coin(gain) {
                    let reward = bait + noise;
                    into.push(Transition::step(noise_probability * probability, reward, next(gained)));
                }
            }
            return;
        }
        for success in [true, false] {
            for (probability, gained) in coin(gain) {
                let after = next(gained);
                let share = config.combination.share(after.good, self.decisive.len() as u32);
                let high = config.success_low + (config.success_high - config.success_low) * share;
                let probability = probability * if success { high } else { 1.0 - high };
                if probability > 0.0 {
                    let reward = bait + f64::from(u8::from(success));
                    into.push(Transition::end(probability, reward, after, verdict(success)));
                }
            }
        }
    }

    fn state_key(&self, state: &BifurcationState) -> u64 {
        u64::from(state.step) << 32 | u64::from(state.good)
    }

    fn features(&self) -> usize {
        3
    }

    /// Share of the steps taken, share of the decisions that were good, whether this step decides.
    fn observe(&self, state: &BifurcationState, into: &mut [f32]) {
        into[0] = state.step as f32 / self.config.horizon as f32;
        into[1] = state.good as f32 / self.decisive.len() as f32;
        into[2] = f32::from(u8::from(self.decides(state.step)));
    }

    /// Decides well with probability `π_g`, the other actions sharing the rest; elsewhere uniform.
    fn reference_policy(&self, state: &BifurcationState, into: &mut [f64]) {
        if !self.decides(state.step) {
            into.fill(1.0 / f64::from(self.config.actions));
            return;
        }
        let good = self.config.good_probability;
        into.fill((1.0 - good) / f64::from(self.config.actions - 1));
        into[Self::GOOD as usize] = good;
    }
}
