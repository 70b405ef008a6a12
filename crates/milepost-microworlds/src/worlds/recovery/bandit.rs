use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};
use crate::worlds::{coin, two_point};

/// Parameters of an [`AmbiguousBandit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AmbiguousBanditConfig {
    /// Mean reward of each arm's own state. Default 1 and 2.
    pub means: [f64; 2],
    /// Standard deviation of the reward in either state; two-point noise. Default 1.5.
    pub sigma: f64,
    /// Probability `ε` of landing in the other arm's state. Default 0.1.
    pub crossover: f64,
}

impl Default for AmbiguousBanditConfig {
    fn default() -> Self {
        Self { means: [1.0, 2.0], sigma: 1.5, crossover: 0.1 }
    }
}

/// Two arms that mostly, but not always, lead to their own state, whose rewards overlap.
///
/// The state says more about which arm was pulled than the reward does. After the ambiguous bandit of hindsight
/// credit assignment (Harutyunyan et al., arXiv 1912.02503, figure 2), with two-point instead of normal
/// rewards, so that the world stays enumerable.
#[derive(Debug, Clone)]
pub struct AmbiguousBandit {
    config: AmbiguousBanditConfig,
}

impl AmbiguousBandit {
    /// The world with these parameters.
    pub fn new(config: AmbiguousBanditConfig) -> Result<Self, TaskError> {
        let check = Check("ambiguous-bandit");
        for mean in config.means {
            check.finite("means", mean)?;
        }
        check.not_negative("sigma", config.sigma)?;
        check.probability("crossover", config.crossover)?;
        Ok(Self { config })
    }
}

impl Dynamics for AmbiguousBandit {
    /// 0 at the start, 1 and 2 in the states of the arms.
    type State = u32;

    fn name(&self) -> &'static str {
        "ambiguous-bandit"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        1
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    /// The better state first, and in each the larger reward.
    fn outcomes(&self, _state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let AmbiguousBanditConfig { means, sigma, crossover } = self.config;
        let better = u32::from(means[1] >= means[0]);
        let odds = if action == better { 1.0 - crossover } else { crossover };
        for (probability, lands_in_better) in coin(odds) {
            let arm = if lands_in_better { better } else { 1 - better };
            into.extend(two_point(sigma).map(|(half, noise)| {
                let reward = means[arm as usize] + noise;
                Transition::end(probability * half, reward, arm + 1, Outcome::Success)
            }));
        }
    }

    fn state_key(&self, state: &u32) -> u64 {
        u64::from(*state)
    }

    fn features(&self) -> usize {
        3
    }

    /// One-hot.
    fn observe(&self, state: &u32, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
