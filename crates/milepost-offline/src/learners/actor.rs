use burn::tensor::{Device, Tensor, TensorData};

use super::Greedy;
use crate::data::{DataError, Normalizer};

/// A policy at work in several episodes side by side. Numbers are on the host and states are as the
/// environment shows them.
pub trait Actor {
    /// Starts this many episodes afresh.
    fn begin(&mut self, episodes: usize);

    /// One action for each episode. `[n, state width] → [n, action width]`
    fn act(&mut self, states: &[f32]) -> Result<Vec<f32>, DataError>;

    /// What the last actions were paid, `[n]`.
    fn rewarded(&mut self, rewards: &[f64]);
}

/// An actor whose action depends on the present state alone.
#[derive(Debug, Clone)]
pub struct MarkovActor {
    policy: Greedy,
    normalizer: Normalizer,
    device: Device,
}

impl MarkovActor {
    /// From a policy over normalised states.
    #[must_use]
    pub const fn new(policy: Greedy, normalizer: Normalizer, device: Device) -> Self {
        Self { policy, normalizer, device }
    }
}

impl Actor for MarkovActor {
    fn begin(&mut self, _episodes: usize) {}

    fn act(&mut self, states: &[f32]) -> Result<Vec<f32>, DataError> {
        let states = self.normalizer.normalized(states)?;
        let (n, width) = (states.len() / self.normalizer.width(), self.normalizer.width());
        let states = Tensor::from_data(TensorData::new(states, [n, width]), &self.device);
        Ok(self.policy.act(states).into_data().iter::<f32>().collect())
    }

    fn rewarded(&mut self, _rewards: &[f64]) {}
}
