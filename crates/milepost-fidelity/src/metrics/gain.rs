use crate::{FidelityError, LayeredWorld, NodePolicy, Truth};

/// Newton steps; each about doubles the number of right digits.
const ROUNDS: usize = 60;

/// The `η` at which `KL(π ‖ π_η) = divergence` nats per episode for `π_η ∝ π exp(ηĝ)`; `None` if the gradient
/// moves nothing.
///
/// Along a ray the divergence `Σ_n d(n) (log E_π[e^{ηg}] − η E_π[g])` is convex and rises, so Newton's method
/// cannot miss; it starts from the quadratic approximation.
pub fn step_to_divergence(
    world: &LayeredWorld,
    policy: &NodePolicy,
    truth: &Truth,
    gradient: &[f64],
    divergence: f64,
) -> Option<f64> {
    let moved: Vec<(f64, &[f64], &[f64])> = (0..world.nodes() as u32)
        .map(|n| (truth.visits(n), policy.row(n), policy.parameters_of(n, gradient)))
        .filter(|(visits, _, step)| *visits > 0.0 && step.iter().any(|g| *g != 0.0))
        .collect();
    let fisher: f64 = moved.iter().map(|(d, row, step)| d * at(row, step, 0.0).curvature).sum();
    if fisher <= 0.0 || !fisher.is_finite() {
        return None;
    }
    let mut eta = (2.0 * divergence / fisher).sqrt();
    for _ in 0..ROUNDS {
        let (mut value, mut slope) = (-divergence, 0.0);
        for (d, row, step) in &moved {
            let here = at(row, step, eta);
            value += d * here.value;
            slope += d * here.slope;
        }
        let change = value / slope;
        eta -= change;
        if !change.is_finite() || change.abs() <= 1e-12 * eta {
            break;
        }
    }
    (eta.is_finite() && eta > 0.0).then_some(eta)
}

/// `KL(π ‖ π_η)` of one node, and its first two derivatives in `η`.
struct Divergence {
    value: f64,
    slope: f64,
    curvature: f64,
}

fn at(row: &[f64], step: &[f64], eta: f64) -> Divergence {
    let possible = || row.iter().zip(step).filter(|(p, _)| **p > 0.0);
    let largest = possible().fold(f64::NEG_INFINITY, |m, (_, g)| m.max(eta * g));
    let (mut mean, mut sum, mut first, mut second) = (0.0, 0.0, 0.0, 0.0);
    for (p, g) in possible() {
        let weight = p * libm::exp(eta * g - largest);
        mean += p * g;
        sum += weight;
        first += weight * g;
        second += weight * g * g;
    }
    let tilted = first / sum;
    Divergence {
        value: libm::log(sum) + largest - eta * mean,
        slope: tilted - mean,
        curvature: (second / sum - tilted * tilted).max(0.0),
    }
}

/// `V^{π_η} − V^π` with `η` such that the step costs `divergence` nats per episode; 0 for a gradient that moves
/// nothing.
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
