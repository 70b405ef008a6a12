use serde::{Deserialize, Serialize};

use super::{Classic, ClassicLaw};
use crate::dynamics::Transition;
use crate::error::{Check, TaskError};

/// Parameters of a [`RiverSwim`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RiverSwimConfig {
    /// States `n`. Default 6.
    pub states: u32,
    /// Probability that a stroke upstream makes way between the first and the last state. Default 0.35.
    pub forward: f64,
    /// Probability that it is carried back there; it stays otherwise. Default 0.05.
    pub back: f64,
    /// Probability that a stroke upstream from the first state makes way; it stays otherwise. Default 0.6.
    pub first_forward: f64,
    /// Probability that a stroke upstream in the last state is carried back; it stays otherwise. Default 0.4.
    pub last_back: f64,
    /// What drifting in the first state pays. Default 0.005.
    pub small_reward: f64,
    /// What a stroke upstream in the last state pays, wherever it leads. Default 1.
    pub large_reward: f64,
    /// Steps after which an episode is truncated. Default 20.
    pub horizon: u32,
}

impl Default for RiverSwimConfig {
    fn default() -> Self {
        Self {
            states: 6,
            forward: 0.35,
            back: 0.05,
            first_forward: 0.6,
            last_back: 0.4,
            small_reward: 0.005,
            large_reward: 1.0,
            horizon: 20,
        }
    }
}

/// Swim against a current for a large reward, or drift for a tiny one.
///
/// Isolates credit for a run of unlikely steps: drifting always works, swimming mostly fails. The task is that of Strehl and
/// Littman, *An analysis of model-based interval estimation for Markov decision processes* (2008); the numbers are those of
/// posterior sampling (Osband, Russo and Van Roy, arXiv 1306.0940). Swimming always pays 0.4286 a step in the long run,
/// drifting 0.005.
pub type RiverSwim = Classic<RiverSwimConfig>;

impl RiverSwim {
    /// One state back, for certain.
    pub const DRIFT: u32 = 0;
    /// One state on, if the current lets it.
    pub const SWIM: u32 = 1;
}

impl ClassicLaw for RiverSwimConfig {
    const NAME: &'static str = "river-swim";
    const ACTIONS: usize = 2;

    fn check(&self) -> Result<(), TaskError> {
        let check = Check(Self::NAME);
        check.between("states", self.states, 2, 1 << 12)?;
        check.probability("forward", self.forward)?;
        check.probability("back", self.back)?;
        let sum = self.forward + self.back;
        check.that(sum <= 1.0, "forward + back", sum, "at most 1")?;
        check.probability("first-forward", self.first_forward)?;
        check.probability("last-back", self.last_back)?;
        check.finite("small-reward", self.small_reward)?;
        check.finite("large-reward", self.large_reward)?;
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

    /// The state furthest upstream first.
    fn outcomes(&self, state: u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let (first, last) = (state == 0, state + 1 == self.states);
        if action == RiverSwim::DRIFT {
            let reward = if first { self.small_reward } else { 0.0 };
            into.push(Transition::step(1.0, reward, state.saturating_sub(1)));
            return;
        }
        let (on, back) = match (first, last) {
            (true, _) => (self.first_forward, 0.0),
            (_, true) => (0.0, self.last_back),
            _ => (self.forward, self.back),
        };
        let reward = if last { self.large_reward } else { 0.0 };
        let places = [(on, state + 1), (1.0 - on - back, state), (back, state.saturating_sub(1))];
        let possible = places.into_iter().filter(|(probability, _)| *probability > 0.0);
        into.extend(possible.map(|(probability, next)| Transition::step(probability, reward, next)));
    }
}
