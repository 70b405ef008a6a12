use burn::tensor::{Int, Tensor};

/// `log Σ exp` along the last axis, without overflow. `[a, b, c] → [a, b]`
#[must_use]
pub fn log_sum_exp(x: Tensor<3>) -> Tensor<2> {
    let top = x.clone().detach().max_dim(2);
    let sum = (x - top.clone()).exp().sum_dim(2).log();
    (sum + top).squeeze_dim::<2>(2)
}

/// Values of actions drawn from one law, and their log-densities under it.
#[derive(Debug, Clone)]
pub struct ConservativeSamples {
    /// `[E, n, N]`, at the *current* state, whichever state the actions were drawn for.
    pub q: Tensor<3>,
    /// `[1, n, N]` or `[1, 1, 1]`.
    pub log_prob: Tensor<3>,
}

/// `mean [ log Σ_a exp(Q(s,a) − log density(a)) − Q(s, a_data) ]` for each critic, over all actions of all
/// laws (Kumar et al. 2020, appendix F). The log of their number is not subtracted: it is a constant.
/// `q_data` is `[E, n]`; the result `[E]`.
#[must_use]
pub fn conservative_gap(samples: Vec<ConservativeSamples>, q_data: Tensor<2>) -> Tensor<1> {
    let corrected = samples.into_iter().map(|s| s.q - s.log_prob).collect();
    (log_sum_exp(Tensor::cat(corrected, 2)) - q_data).mean_dim(1).squeeze_dim::<1>(1)
}

/// `mean [ log Σ_a exp Q(s,a) − Q(s, a_data) ]` with all actions and the *mean* over critics, as d3rlpy
/// has it. Never negative. `[E, n, A], [n] → [1]`
#[must_use]
pub fn discrete_conservative_gap(q: Tensor<3>, action: Tensor<1, Int>) -> Tensor<1> {
    let mean = q.mean_dim(0);
    let data = pick(mean.clone(), action);
    (log_sum_exp(mean) - data).mean()
}

/// The value of each row's action. `[E, n, A], [n] → [E, n]`
fn pick(q: Tensor<3>, action: Tensor<1, Int>) -> Tensor<2> {
    let [critics, n, _] = q.dims();
    let index = action.reshape([1, n, 1]).expand([critics, n, 1]);
    q.gather(2, index).squeeze_dim::<2>(2)
}

/// Double Q-learning's next value: the least of the target critics at the action that the first online
/// critic prefers. `[E, n, A], [E, n, A] → [n], [n]` (action, value)
#[must_use]
pub fn double_target(online: Tensor<3>, target: Tensor<3>) -> (Tensor<1, Int>, Tensor<1>) {
    let [_, n, _] = online.dims();
    let action: Tensor<1, Int> = online.mean_dim(0).argmax(2).reshape([n]);
    let value = pick(target, action.clone()).min_dim(0).squeeze_dim::<1>(0);
    (action, value)
}

/// Huber's loss with threshold 1, `½ e²` near 0 and `|e| − ½` beyond: `Σ_i mean` over critics. The error is
/// that of the taken action. `[E, n, A], [n], [n] → [1]`
#[must_use]
pub fn huber(q: Tensor<3>, action: Tensor<1, Int>, target: Tensor<1>) -> Tensor<1> {
    let critics = q.dims()[0] as f64;
    let error = (pick(q, action) - target.unsqueeze_dim::<2>(0)).abs();
    let near = error.clone().clamp_max(1.0);
    (near.clone().square().mul_scalar(0.5) + (error - near)).mean().mul_scalar(critics)
}
