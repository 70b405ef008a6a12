//! The stationary, discounted, infinite-horizon problem, solved by sweeps until the error bound
//! `γ/(1−γ) · max|change|` is below [`TOLERANCE`] (relative to the largest value, if that is above 1).

use super::finite::push_forward;
use super::{SolveError, TabularMdp, TabularPolicy, add_policy_gradient, optimal_among};

/// Largest error of a value.
pub const TOLERANCE: f64 = 1e-12;

/// Values of every state and of every action in it.
#[derive(Debug, Clone, PartialEq)]
pub struct StationaryValues {
    actions: usize,
    v: Vec<f64>,
    q: Vec<f64>,
}

/// Values of a policy: `V(s) = Σ π(a|s) Q(s, a)`, `Q(s, a) = r(s, a) + γ Σ P(s'|s, a) V(s')`.
pub fn evaluate(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    discount: f64,
) -> Result<StationaryValues, SolveError> {
    policy.fits(mdp)?;
    sweep(mdp, discount, |state, q| policy.expectation(state, q))
}

/// Values of the best policy: `V(s) = max_a Q(s, a)`.
pub fn optimal(mdp: &TabularMdp, discount: f64) -> Result<StationaryValues, SolveError> {
    sweep(mdp, discount, |_, q| q.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn check(discount: f64) -> Result<(), SolveError> {
    if (0.0..1.0).contains(&discount) {
        Ok(())
    } else {
        Err(SolveError::Discount { discount, range: "[0, 1)" })
    }
}

pub(crate) fn sweep(
    mdp: &TabularMdp,
    discount: f64,
    value: impl Fn(usize, &[f64]) -> f64,
) -> Result<StationaryValues, SolveError> {
    check(discount)?;
    if mdp.is_clocked() {
        return Err(SolveError::ClockedRewards);
    }
    let (states, actions) = (mdp.states(), mdp.actions());
    let mut v = vec![0.0; states];
    let mut row = vec![0.0; actions];
    loop {
        let (mut change, mut scale) = (0.0_f64, 1.0_f64);
        for state in 0..states {
            mdp.back_up(state, 0, discount, &v, &mut row);
            let new = value(state, &row);
            change = change.max((new - v[state]).abs());
            scale = scale.max(new.abs());
            v[state] = new;
        }
        // Below a few units in the last place a change is rounding and would never reach the bound.
        let rounding = 4.0 * f64::EPSILON * scale;
        if change <= rounding || discount / (1.0 - discount) * change <= TOLERANCE * scale {
            break;
        }
    }
    let mut q = vec![0.0; states * actions];
    for (state, row) in q.chunks_mut(actions).enumerate() {
        mdp.back_up(state, 0, discount, &v, row);
        v[state] = value(state, row);
    }
    Ok(StationaryValues { actions, v, q })
}

impl StationaryValues {
    /// Values of all states.
    pub fn values(&self) -> &[f64] {
        &self.v
    }

    /// Action values of `state`, −∞ for actions that are not legal.
    ///
    /// # Panics
    /// If `state` is out of range.
    pub fn action_values(&self, state: usize) -> &[f64] {
        &self.q[state * self.actions..][..self.actions]
    }

    /// `A(s, ·) = Q(s, ·) − V(s)`; panics as [`StationaryValues::action_values`].
    pub fn advantages(&self, state: usize) -> Vec<f64> {
        self.action_values(state).iter().map(|q| q - self.v[state]).collect()
    }

    /// The actions whose value is within a relative 10⁻⁹ of the best.
    pub fn best_actions(&self, state: usize) -> Vec<u32> {
        optimal_among(self.action_values(state))
    }
}

/// Discounted visits `d(s) = Σ_t γ^t Pr(s_t = s)`, not normalised: they sum to `1/(1−γ)` where no
/// episode ends. `start` is the law of the first state.
pub fn occupancy(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    start: &[f64],
    discount: f64,
) -> Result<Vec<f64>, SolveError> {
    check(discount)?;
    policy.fits(mdp)?;
    if start.len() != mdp.states() {
        return Err(SolveError::Size { what: "the start law", found: start.len(), expected: mdp.states() });
    }
    let mut visits = vec![0.0; start.len()];
    let mut now = start.to_vec();
    let mut weight = 1.0;
    // What is still to come weighs at most γ^t · mass / (1 − γ).
    while weight * now.iter().sum::<f64>() > TOLERANCE * (1.0 - discount) {
        for (visit, mass) in visits.iter_mut().zip(&now) {
            *visit += weight * mass;
        }
        let mut next = vec![0.0; now.len()];
        push_forward(mdp, policy, &now, &mut next);
        now = next;
        weight *= discount;
    }
    Ok(visits)
}

/// Gradient of `J = Σ start(s) V(s)` with respect to the logits of a softmax policy:
/// `d(s) π(a|s) A(s, a)`, row-major `[states, actions]`.
pub fn policy_gradient(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    start: &[f64],
    discount: f64,
) -> Result<Vec<f64>, SolveError> {
    let values = evaluate(mdp, policy, discount)?;
    let visits = occupancy(mdp, policy, start, discount)?;
    let mut gradient = vec![0.0; mdp.states() * mdp.actions()];
    for (state, weight) in visits.into_iter().enumerate() {
        add_policy_gradient(policy, state, weight, &values.advantages(state), &mut gradient);
    }
    Ok(gradient)
}
