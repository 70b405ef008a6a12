use std::collections::BTreeMap;

use milepost_core::{DiscreteEnvironment, Purpose, Stream, StreamKey};

/// A tabular softmax policy: `π(a|s) ∝ exp θ_{s,a}` over the legal actions, one logit for each pair of state
/// key and action. `∂ log π(a|s)/∂θ_{s,b} = 1[a = b] − π(b|s)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    seed: u64,
    spread: f64,
    set: BTreeMap<(u64, u32), f64>,
}

impl Softmax {
    /// All logits 0.
    #[must_use]
    pub const fn uniform() -> Self {
        Self::drawn(0, 0.0)
    }

    /// Logits uniform in `[−spread, spread)`, a pure function of seed, state key and action.
    #[must_use]
    pub const fn drawn(seed: u64, spread: f64) -> Self {
        Self { seed, spread, set: BTreeMap::new() }
    }

    /// The same policy with one logit set.
    #[must_use]
    pub fn with(mut self, state_key: u64, action: u32, logit: f64) -> Self {
        self.set.insert((state_key, action), logit);
        self
    }

    /// The logit of an action.
    #[must_use]
    pub fn logit(&self, state_key: u64, action: u32) -> f64 {
        self.set.get(&(state_key, action)).copied().unwrap_or_else(|| {
            let key = StreamKey::new(self.seed, Purpose::named("softmax logits"));
            let key = StreamKey { task: state_key, step: action, ..key };
            self.spread * (2.0 * Stream::new(key).uniform() - 1.0)
        })
    }

    /// The legal actions of the current state, with their probabilities.
    #[must_use]
    pub fn actions<E: DiscreteEnvironment>(&self, environment: &E) -> Vec<(u32, f64)> {
        let legal = (0..environment.action_count() as u32).filter(|action| environment.is_legal(*action));
        let key = environment.state_key();
        let logits: Vec<(u32, f64)> = legal.map(|action| (action, self.logit(key, action))).collect();
        let largest = logits.iter().fold(f64::NEG_INFINITY, |max, (_, logit)| max.max(*logit));
        let weights: Vec<f64> = logits.iter().map(|(_, logit)| libm::exp(logit - largest)).collect();
        let total: f64 = weights.iter().sum();
        logits.iter().zip(weights).map(|((action, _), weight)| (*action, weight / total)).collect()
    }
}
