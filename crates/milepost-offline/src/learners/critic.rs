use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use milepost_policies::Adam;

use super::settings::Networks;
use crate::nets::{Stack, blend};

/// Two critics with their slowly following targets.
#[derive(Debug)]
pub(super) struct TwinCritic {
    pub(super) online: Stack,
    pub(super) target: Stack,
    adam: Adam,
    polyak: f64,
}

impl TwinCritic {
    pub(super) fn new(
        name: &str,
        networks: &Networks,
        inputs: usize,
        outputs: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let online = Stack::new(name, 2, &networks.widths(inputs, outputs), seed, device);
        let target = online.valid();
        Self { online, target, adam: networks.adam(), polyak: networks.polyak }
    }

    /// `Q_i(s, a)` of both online critics. `[n, ..] → [2, n]`
    pub(super) fn values(&self, states: Tensor<2>, actions: Tensor<2>) -> Tensor<2> {
        values(&self.online, states, actions)
    }

    /// `min_i Q̄_i(s, a)` of the targets, without gradients. `[n]`
    pub(super) fn target_min(&self, states: Tensor<2>, actions: Tensor<2>) -> Tensor<1> {
        values(&self.target, states, actions).min_dim(0).squeeze_dim::<1>(0)
    }

    /// One gradient step on the online critics.
    pub(super) fn step(&mut self, loss: &Tensor<1>) {
        let grads = GradientsParams::from_grads(loss.backward(), &self.online);
        self.online = self.adam.step(self.online.clone(), grads).0;
    }

    /// Lets the targets follow.
    pub(super) fn follow(&mut self) {
        self.target = blend(self.target.clone(), &self.online, self.polyak);
    }
}

/// `[n, s], [n, a] → [E, n]`
pub(super) fn values(critics: &Stack, states: Tensor<2>, actions: Tensor<2>) -> Tensor<2> {
    critics.forward_shared(Tensor::cat(vec![states, actions], 1)).squeeze_dim::<2>(2)
}
