use burn::tensor::Tensor;

/// `mean |τ − 1(u < 0)| u²` (Kostrikov et al. 2021, equation 5, without a factor ½). `[n] → [1]`
///
/// With `u = Q − V` its minimum in `V` is the τ-expectile of `Q`: the mean for τ = ½, towards the maximum
/// over actions in the data for τ → 1.
#[must_use]
pub fn expectile_loss(u: Tensor<1>, tau: f64) -> Tensor<1> {
    let below = u.clone().lower_scalar(0.0).float();
    // τ + (1 − 2τ) · 1(u < 0).
    let weight = below.mul_scalar(1.0 - 2.0 * tau).add_scalar(tau);
    (weight * u.square()).mean()
}

/// `exp(min(β u, ln cap))`, the weight of an action whose advantage is `u`: in `[0, cap]`, without overflow
/// and without a gradient. `[n] → [n]`
#[must_use]
pub fn advantage_weights(u: Tensor<1>, beta: f64, cap: f64) -> Tensor<1> {
    u.detach().mul_scalar(beta).clamp_max(cap.ln()).exp().clamp_max(cap)
}
