use serde::{Deserialize, Serialize};

use super::{two_point, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of an [`Umbrella`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UmbrellaConfig {
    /// Steps `n` of an episode. Published: 1 to 10, 12, 14, 17, 20, 25, 30, 40 and so on to 100. Default 20.
    pub length: u32,
    /// Fair coins added to the observation. Default 20.
    pub distractor_bits: u32,
}

impl Default for UmbrellaConfig {
    fn default() -> Self {
        Self { length: 20, distractor_bits: 20 }
    }
}

/// Take an umbrella or not, then walk through noise to learn whether it was needed.
///
/// Only the first action counts. Steps before the last pay ±1 at random; the last pays 1 if the umbrella was taken
/// exactly when needed, else −1. So `Var(R) = n` and the first action's share of it is `1/n` under the uniform
/// policy. After bsuite's umbrella chain (Osband et al., arXiv 1908.03568); before the first action the umbrella is
/// not held, where bsuite shows a coin.
#[derive(Debug, Clone)]
pub struct Umbrella {
    config: UmbrellaConfig,
}

/// State of an [`Umbrella`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UmbrellaState {
    /// Steps taken.
    pub step: u32,
    /// Whether it will rain.
    pub needed: bool,
    /// Whether the umbrella was taken.
    pub taken: bool,
}

impl Umbrella {
    /// First step: leave the umbrella.
    pub const LEAVE: u32 = 0;
    /// First step: take the umbrella.
    pub const TAKE: u32 = 1;

    /// The chain with these parameters.
    pub fn new(config: UmbrellaConfig) -> Result<Self, TaskError> {
        let check = Check("umbrella");
        check.between("length", config.length, 1, 1 << 16)?;
        check.between("distractor-bits", config.distractor_bits, 0, 1 << 12)?;
        Ok(Self { config })
    }
}

impl Dynamics for Umbrella {
    type State = UmbrellaState;

    fn name(&self) -> &'static str {
        "umbrella"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.length
    }

    fn starts(&self) -> Vec<(f64, UmbrellaState)> {
        [false, true].map(|needed| (0.5, UmbrellaState { step: 0, needed, taken: false })).to_vec()
    }

    fn outcomes(&self, state: &UmbrellaState, action: u32, into: &mut Vec<Transition<UmbrellaState>>) {
        let taken = if state.step == 0 { action == Self::TAKE } else { state.taken };
        let next = UmbrellaState { step: state.step + 1, taken, ..*state };
        if next.step < self.config.length {
            into.extend(
                two_point(1.0).map(|(probability, noise)| Transition::step(probability, noise, next)),
            );
        } else {
            let right = taken == state.needed;
            into.push(Transition::end(1.0, if right { 1.0 } else { -1.0 }, next, verdict(right)));
        }
    }

    fn state_key(&self, state: &UmbrellaState) -> u64 {
        u64::from(state.step) << 2 | u64::from(state.needed) << 1 | u64::from(state.taken)
    }

    fn features(&self) -> usize {
        3
    }

    /// Whether it is needed, whether it was taken, share of the steps left.
    fn observe(&self, state: &UmbrellaState, into: &mut [f32]) {
        into[0] = f32::from(u8::from(state.needed));
        into[1] = f32::from(u8::from(state.taken));
        into[2] = 1.0 - state.step as f32 / self.config.length as f32;
    }

    fn distractor_bits(&self) -> usize {
        self.config.distractor_bits as usize
    }
}
