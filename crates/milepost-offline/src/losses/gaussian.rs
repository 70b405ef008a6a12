use burn::tensor::Tensor;
use milepost_policies::ftanh;

use super::softplus;

/// `½ log 2π`.
const HALF_LOG_TWO_PI: f64 = 0.918_938_533_204_672_8;
/// Actions at the bounds are moved inside by this before they are unsquashed.
const INSIDE: f64 = 1e-6;

/// `log N(a; μ, σ)` summed over components. `[n, a], [n, a], [n, a] or [1, a] → [n]`
#[must_use]
pub fn gaussian_log_prob(action: Tensor<2>, mean: Tensor<2>, log_std: Tensor<2>) -> Tensor<1> {
    let z = (action - mean) * log_std.clone().neg().exp();
    let each = z.square().mul_scalar(-0.5) - log_std;
    each.add_scalar(-HALF_LOG_TWO_PI).sum_dim(1).squeeze_dim::<1>(1)
}

/// An action `a = tanh(u)` with `u = μ + σ ε`, and `log π(a) = log N(u) − Σ log(1 − a²)`. `[n, a] → [n, a], [n]`
///
/// `log(1 − tanh² u) = 2 (log 2 − u − log(1 + e^(−2u)))`, which is finite for every `u`.
#[must_use]
pub fn squash(mean: Tensor<2>, log_std: Tensor<2>, standard_normal: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
    let u = mean.clone() + log_std.clone().exp() * standard_normal;
    let log_prob = gaussian_log_prob(u.clone(), mean, log_std) - log_jacobian(u.clone());
    (ftanh(u), log_prob)
}

/// The log-density of recorded actions under `tanh(N(μ, σ))`, each summed over components. Actions are
/// clipped to `±(1 − 10⁻⁶)`: at a bound the density has no value. `[n, a] → [n]`
#[must_use]
pub fn squashed_log_prob(action: Tensor<2>, mean: Tensor<2>, log_std: Tensor<2>) -> Tensor<1> {
    let a = action.clamp(-1.0 + INSIDE, 1.0 - INSIDE);
    // atanh a = ½ log((1 + a) / (1 − a)).
    let u = (a.clone().add_scalar(1.0) / a.neg().add_scalar(1.0)).log().mul_scalar(0.5);
    gaussian_log_prob(u.clone(), mean, log_std) - log_jacobian(u)
}

/// `Σ log(1 − tanh² u)`. `[n, a] → [n]`
fn log_jacobian(u: Tensor<2>) -> Tensor<1> {
    let inner = u.clone() + softplus(u.mul_scalar(-2.0));
    inner.neg().add_scalar(std::f64::consts::LN_2).mul_scalar(2.0).sum_dim(1).squeeze_dim::<1>(1)
}

/// Keeps a log-variance between learned bounds, softly:
/// `v ← max − softplus(max − v)`, then `v ← min + softplus(v − min)` (Chua et al. 2018). Any shape that
/// broadcasts.
///
/// The result lies above `min`, and below `max + log(1 + e^(min − max))`.
#[must_use]
pub fn bounded_log_variance(raw: Tensor<3>, min: Tensor<3>, max: Tensor<3>) -> Tensor<3> {
    let below = max.clone() - softplus(max - raw);
    min.clone() + softplus(below - min)
}

/// `mean((μ − y)² e^(−v)) + mean v` for each member: twice the Gaussian negative log-likelihood, constants
/// aside. `[E, n, d] → [E]`
#[must_use]
pub fn gaussian_nll(mean: Tensor<3>, log_variance: Tensor<3>, target: Tensor<3>) -> Tensor<1> {
    let members = mean.dims()[0];
    let each = (mean - target).square() * log_variance.clone().neg().exp() + log_variance;
    each.mean_dim(2).mean_dim(1).reshape([members])
}
