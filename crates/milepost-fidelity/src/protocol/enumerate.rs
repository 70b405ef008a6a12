use crate::metrics::{Assigned, Gradients, ratio};
use crate::world::END;
use crate::{Batch, Context, CreditEstimator, FidelityError, Meter, Tape};

use super::Instance;

/// A step `(node, action, reward, next)`.
pub type Step = (u32, u32, f64, u32);

/// Every trajectory that is possible, with its probability.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Enumeration {
    /// Probability of each trajectory.
    pub probabilities: Vec<f64>,
    /// The steps of each.
    pub trajectories: Vec<Vec<Step>>,
}

/// Enumerates the trajectories of an instance; more than `cap` of them are an error.
pub fn enumerate_trajectories(instance: &Instance, cap: usize) -> Result<Enumeration, FidelityError> {
    let (world, policy) = (instance.world(), instance.policy());
    let mut found = Enumeration::default();
    let starts = world.starts().iter().rev();
    let mut open: Vec<_> = starts.map(|(p, n)| (*p, *n, Vec::<Step>::new())).collect();
    while let Some((probability, node, steps)) = open.pop() {
        if node == END {
            if found.trajectories.len() == cap {
                return Err(FidelityError::TooManyCases { what: "trajectories", cap });
            }
            found.probabilities.push(probability);
            found.trajectories.push(steps);
            continue;
        }
        for action in (0..world.actions() as u32).filter(|a| policy.probability(node, *a) > 0.0) {
            for o in world.outcomes(node, action).iter().filter(|o| o.probability > 0.0) {
                let mut longer = steps.clone();
                longer.push((node, action, o.reward, o.next));
                open.push((probability * policy.probability(node, action) * o.probability, o.next, longer));
            }
        }
    }
    Ok(found)
}

/// Moments of an estimator's gradient over all batches.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactGradient {
    /// `Eĝ`.
    pub mean: Vec<f64>,
    /// `E‖ĝ − g*‖²`.
    pub squared_error: f64,
    /// `cos(Eĝ, g*)`; `None` if either is 0.
    pub cosine: Option<f64>,
    /// `‖Eĝ − g*‖ / ‖g*‖`; `None` if `g*` is 0.
    pub error: Option<f64>,
    /// Cases that were enumerated.
    pub cases: usize,
}

/// The exact moments of an estimator's gradient over all groups of `group` trajectories, each multiset once with
/// its multinomial weight; more than `cap` cases are an error. The estimator must have been fitted, may not
/// depend on the order of the episodes, and draws its own noise (if it has any) from the tape of seed 0, a
/// batch per case.
pub fn exact_gradient(
    instance: &Instance,
    estimator: &mut dyn CreditEstimator,
    group: usize,
    cap: usize,
) -> Result<ExactGradient, FidelityError> {
    let all = enumerate_trajectories(instance, cap)?;
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let (tape, name, needs) = (Tape::new(0), estimator.name(), estimator.needs());
    let target = truth.gradient(world, policy);
    let (mut mean, mut squared_error) = (vec![0.0; policy.parameters()], 0.0);
    let mut chosen = vec![0; group];
    let (mut cases, mut meter) = (0, Meter::default());
    loop {
        if cases == cap {
            return Err(FidelityError::TooManyCases { what: "groups of trajectories", cap });
        }
        let mut batch = Batch::default();
        for (place, index) in chosen.iter().enumerate() {
            batch.begin((cases * group + place) as u64);
            for (node, action, reward, next) in &all.trajectories[*index] {
                batch.push(*node, *action, *reward, *next);
            }
        }
        cases += 1;
        let context = Context::new(world, truth, policy, &batch, tape, needs);
        let estimate = estimator.estimate(&context, &mut meter)?;
        let credit = Assigned::read(&name, estimate, &context)?;
        let weight = multinomial(&chosen) * chosen.iter().map(|i| all.probabilities[*i]).product::<f64>();
        let gradient = Gradients::of_batch(policy, &batch, &credit);
        for ((sum, g), exact) in mean.iter_mut().zip(&gradient).zip(&target) {
            *sum += weight * g;
            squared_error += weight * (g - exact) * (g - exact);
        }
        if !advance(&mut chosen, all.trajectories.len()) {
            break;
        }
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (norm, exact) = (dot(&mean, &mean).sqrt(), dot(&target, &target).sqrt());
    let difference: Vec<f64> = mean.iter().zip(&target).map(|(g, e)| g - e).collect();
    Ok(ExactGradient {
        cosine: ratio(dot(&mean, &target), norm * exact),
        error: ratio(dot(&difference, &difference).sqrt(), exact),
        mean,
        squared_error,
        cases,
    })
}

/// The next ascending choice with repetition of `0..n`.
fn advance(chosen: &mut [usize], n: usize) -> bool {
    let Some(place) = chosen.iter().rposition(|index| index + 1 < n) else { return false };
    let value = chosen[place] + 1;
    chosen[place..].fill(value);
    true
}

/// In how many orders an ascending choice can be drawn.
fn multinomial(chosen: &[usize]) -> f64 {
    let (mut orders, mut run) = (1.0, 0.0);
    for (i, index) in chosen.iter().enumerate() {
        run = if i > 0 && chosen[i - 1] == *index { run + 1.0 } else { 1.0 };
        orders *= (i + 1) as f64 / run;
    }
    orders
}
