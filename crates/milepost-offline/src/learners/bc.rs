use burn::{
    module::{Module, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use milepost_policies::{Adam, ftanh};
use serde::{Deserialize, Serialize};

use super::settings::Check;
use super::{Batch, Greedy, Head, LearnerError, Losses, Networks, OfflineLearner};
use crate::losses::{CloningProfile, gaussian_log_prob};
use crate::nets::Stack;

/// What is cloned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BcPolicy {
    /// An action: mean squared error.
    #[default]
    Deterministic,
    /// A Gaussian with centre tanh(μ(s)) and one learned standard deviation for each component:
    /// `−mean log π(a|s)`.
    Gaussian,
}

/// Settings of behaviour cloning.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BcConfig {
    /// Network and optimizer.
    pub networks: Networks,
    /// What is cloned.
    pub policy: BcPolicy,
    /// How the squared error of the deterministic policy is reduced.
    pub cloning: CloningProfile,
}

/// A squashed centre and log standard deviations that do not depend on the state.
#[derive(Module, Debug)]
pub(super) struct GaussianPolicy {
    pub(super) centre: Stack,
    /// `[1, a]`.
    log_std: Param<Tensor<2>>,
}

impl GaussianPolicy {
    pub(super) fn new(
        name: &str,
        networks: &Networks,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let zeros = TensorData::new(vec![0f32; actions], [1, actions]);
        Self {
            centre: Stack::new(name, 1, &networks.widths(states, actions), seed, device),
            log_std: Param::from_data(zeros, device),
        }
    }

    /// `log π(a|s)`, the log standard deviation clamped to `[−5, 2]`. `[n]`
    pub(super) fn log_prob(&self, states: Tensor<2>, actions: Tensor<2>) -> Tensor<1> {
        let mean = ftanh(self.centre.forward_one(states));
        gaussian_log_prob(actions, mean, self.log_std.val().clamp(-5.0, 2.0))
    }
}

/// Behaviour cloning. On [`Dataset::top_fraction`](crate::data::Dataset::top_fraction) of the data it is
/// percentage BC.
#[derive(Debug)]
pub struct BehaviourCloning {
    config: BcConfig,
    policy: GaussianPolicy,
    adam: Adam,
    actions: usize,
}

impl BehaviourCloning {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: BcConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        config.networks.check(Check("behaviour cloning"))?;
        let policy = GaussianPolicy::new("offline actor", &config.networks, states, actions, seed, device);
        Ok(Self { adam: config.networks.adam(), config, policy, actions })
    }
}

impl OfflineLearner for BehaviourCloning {
    fn update(&mut self, batch: &Batch) -> Losses {
        let (states, actions) = (batch.states.clone(), batch.actions.clone());
        let loss = match self.config.policy {
            BcPolicy::Deterministic => {
                let policy = ftanh(self.policy.centre.forward_one(states));
                self.config.cloning.loss(policy, actions)
            }
            BcPolicy::Gaussian => self.policy.log_prob(states, actions).mean().neg(),
        };
        let grads = GradientsParams::from_grads(loss.backward(), &self.policy);
        self.policy = self.adam.step(self.policy.clone(), grads).0;
        vec![("cloning", loss.detach())]
    }

    fn greedy(&self) -> Greedy {
        Greedy::new(self.policy.centre.valid(), Head::Squashed(self.actions))
    }
}
