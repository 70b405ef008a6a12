use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// How the squared distance to the data's action is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloningProfile {
    /// Mean over batch *and* action components: the released code, and d3rlpy. The default.
    #[default]
    Mean,
    /// Sum over components, mean over the batch: the paper's `‖π(s) − a‖²`.
    Sum,
}

impl CloningProfile {
    /// `[n, a], [n, a] → [1]`
    #[must_use]
    pub fn loss(self, policy: Tensor<2>, data: Tensor<2>) -> Tensor<1> {
        let components = policy.dims()[1] as f64;
        let mean = (policy - data).square().mean();
        match self {
            Self::Mean => mean,
            Self::Sum => mean.mul_scalar(components),
        }
    }
}

/// `clip(μ' + clip(σ ε, ±c), ±1)`: target policy smoothing (Fujimoto et al. 2018). `[n, a] → [n, a]`
#[must_use]
pub fn smoothed_action(mean: Tensor<2>, standard_normal: Tensor<2>, sigma: f64, clip: f64) -> Tensor<2> {
    (mean + standard_normal.mul_scalar(sigma).clamp(-clip, clip)).clamp(-1.0, 1.0)
}

/// The parts of TD3+BC's actor loss.
#[derive(Debug, Clone)]
pub struct TdActorLoss {
    /// `−λ mean Q(s, π(s)) + cloning`.
    pub total: Tensor<1>,
    /// The distance to the data.
    pub cloning: Tensor<1>,
}

/// TD3+BC (Fujimoto and Gu 2021): `−λ mean Q + cloning` with `λ = α / mean |Q|`, which has no gradient.
/// `q` is the first critic at the policy's action, `[n]`; actions are `[n, a]`.
///
/// λ makes the gradient of the first part invariant to the scale of rewards.
#[must_use]
pub fn td3_bc_actor_loss(
    q: Tensor<1>,
    policy: Tensor<2>,
    data: Tensor<2>,
    alpha: f64,
    profile: CloningProfile,
) -> TdActorLoss {
    let lambda = q.clone().detach().abs().mean().recip().mul_scalar(alpha);
    let cloning = profile.loss(policy, data);
    TdActorLoss { total: cloning.clone() - lambda * q.mean(), cloning }
}
