//! The formulas of the learners, as functions of tensors. Each is checked against values recorded from
//! d3rlpy where that package has it.

mod cql;
mod gaussian;
mod iql;
mod td3;

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests;

pub use cql::{
    ConservativeSamples, conservative_gap, discrete_conservative_gap, double_target, huber, log_sum_exp,
};
pub use gaussian::{bounded_log_variance, gaussian_log_prob, gaussian_nll, squash, squashed_log_prob};
pub use iql::{advantage_weights, expectile_loss};
pub use td3::{CloningProfile, TdActorLoss, smoothed_action, td3_bc_actor_loss};

use burn::tensor::Tensor;

/// `r + γ (1 − d) V(s')`. All `[n]`; `continues` is `1 − d`.
#[must_use]
pub fn td_target(rewards: Tensor<1>, continues: Tensor<1>, next_values: Tensor<1>, gamma: f64) -> Tensor<1> {
    rewards + continues * next_values.mul_scalar(gamma)
}

/// `Σ_i mean (Q_i − y)²` over critics `i`. `[E, n], [n] → [1]`
#[must_use]
pub fn critic_loss(q: Tensor<2>, target: Tensor<1>) -> Tensor<1> {
    let critics = q.dims()[0] as f64;
    (q - target.unsqueeze_dim::<2>(0)).square().mean().mul_scalar(critics)
}

/// `log(1 + eˣ)`, without overflow.
#[must_use]
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone().clamp_min(0.0) + x.abs().neg().exp().add_scalar(1.0).log()
}
