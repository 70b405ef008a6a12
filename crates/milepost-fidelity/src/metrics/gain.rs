use crate::{FidelityError, LayeredWorld, NodePolicy, Truth};

/// Doublings and halvings of the step: enough to exhaust the digits of an `f64`.
const ROUNDS: usize = 60;

/// The `η` at which `KL(π ‖ π + ηĝ) = divergence` nats per episode, the policies being softmaxes of their logits;
/// `None` if the gradient does not move the policy that far.
pub fn step_to_divergence(
    world: &LayeredWorld,
    policy: &NodePolicy,
    truth: &Truth,
    gradient: &[f64],
    divergence: f64,
) -> Option<f64> {
    let largest = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return None;
    }
    let short = |eta: f64| kl(world, policy, &policy.stepped(gradient, eta), truth) < divergence;
    let (mut low, mut high) = (0.0, 1e-3 / largest);
    for _ in 0..ROUNDS {
        if !short(high) {
            break;
        }
        (low, high) = (high, 2.0 * high);
    }
    if short(high) {
        return None;
    }
    for _ in 0..ROUNDS {
        let middle = f64::midpoint(low, high);
        if short(middle) { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}

/// `V^{π + ηĝ} − V^π` with `η` such that the step costs `divergence` nats per episode; 0 for a gradient that
/// moves nothing.
pub fn gain_at_divergence(
    world: &LayeredWorld,
    policy: &NodePolicy,
    truth: &Truth,
    gradient: &[f64],
    divergence: f64,
) -> Result<f64, FidelityError> {
    let Some(eta) = step_to_divergence(world, policy, truth, gradient, divergence) else {
        return Ok(0.0);
    };
    Ok(Truth::solve(world, &policy.stepped(gradient, eta))?.value() - truth.value())
}

/// `Σ_n d(n) Σ_a π(a|n) log(π(a|n) / π'(a|n))`.
fn kl(world: &LayeredWorld, from: &NodePolicy, to: &NodePolicy, truth: &Truth) -> f64 {
    let node_kl = |n: u32| -> f64 {
        let pairs = from.row(n).iter().zip(to.row(n)).filter(|(p, _)| **p > 0.0);
        pairs.map(|(p, q)| p * libm::log(p / q)).sum()
    };
    (0..world.nodes() as u32).map(|n| truth.visits(n) * node_kl(n)).sum()
}
