//! Step-limited episodes, solved by backward induction over elapsed time.
//!
//! `Q_t(s, a) = r(s, a, t) + γ Σ P(s'|s, a) V_{t+1}(s')` with `V_T = 0`, where rewards may be affine in
//! `t` (see [`milepost_core::RewardLaw`]). Under a policy `V_t(s) = Σ π(a|s) Q_t(s, a)`, at the optimum
//! `V_t(s) = max_a Q_t(s, a)`. Cost: one visit of every transition for each step.

use super::{SolveError, TabularMdp, TabularPolicy, add_policy_gradient, optimal_among};

/// How long an episode lasts at most, and how it is discounted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// Steps after which it is truncated; what would come later counts nothing.
    pub horizon: u32,
    /// Discount of each step, in `[0, 1]`.
    pub discount: f64,
}

impl Episode {
    /// Undiscounted.
    pub const fn new(horizon: u32) -> Self {
        Self { horizon, discount: 1.0 }
    }

    fn check(self) -> Result<Self, SolveError> {
        if (0.0..=1.0).contains(&self.discount) {
            Ok(self)
        } else {
            Err(SolveError::Discount { discount: self.discount, range: "[0, 1]" })
        }
    }
}

/// Values for every elapsed time and state. Action values are derived on request: they follow from the
/// state values of the next step.
#[derive(Debug, Clone)]
pub struct FiniteValues {
    mdp: TabularMdp,
    episode: Episode,
    /// `[horizon + 1, states]`.
    v: Vec<f64>,
}

/// Values of a policy.
pub fn evaluate(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    episode: Episode,
) -> Result<FiniteValues, SolveError> {
    policy.fits(mdp)?;
    induce(mdp, episode, |state, q| policy.expectation(state, q))
}

/// Values of the best policy, which may depend on elapsed time.
pub fn optimal(mdp: &TabularMdp, episode: Episode) -> Result<FiniteValues, SolveError> {
    induce(mdp, episode, |_, q| q.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn induce(
    mdp: &TabularMdp,
    episode: Episode,
    value: impl Fn(usize, &[f64]) -> f64,
) -> Result<FiniteValues, SolveError> {
    let episode = episode.check()?;
    let states = mdp.states();
    let mut v = vec![0.0; (episode.horizon as usize + 1) * states];
    let mut q = vec![0.0; mdp.actions()];
    for elapsed in (0..episode.horizon).rev() {
        let (now, later) = v[elapsed as usize * states..].split_at_mut(states);
        for (state, v) in now.iter_mut().enumerate() {
            mdp.back_up(state, elapsed, episode.discount, &later[..states], &mut q);
            *v = value(state, &q);
        }
    }
    Ok(FiniteValues { mdp: mdp.clone(), episode, v })
}

impl FiniteValues {
    /// The process that was solved.
    pub const fn mdp(&self) -> &TabularMdp {
        &self.mdp
    }

    /// The episode that was solved.
    pub const fn episode(&self) -> Episode {
        self.episode
    }

    /// Values of all states after `elapsed` steps, 0 from the horizon on.
    ///
    /// # Panics
    /// If `elapsed` is beyond the horizon.
    pub fn values(&self, elapsed: u32) -> &[f64] {
        let states = self.mdp.states();
        &self.v[elapsed as usize * states..][..states]
    }

    /// Value of `state` after `elapsed` steps.
    ///
    /// # Panics
    /// If either is out of range.
    pub fn value(&self, elapsed: u32, state: usize) -> f64 {
        self.values(elapsed)[state]
    }

    /// Action values of `state` after `elapsed` steps, −∞ for actions that are not legal.
    ///
    /// # Panics
    /// If `elapsed` is not below the horizon, or `state` is out of range.
    pub fn action_values(&self, elapsed: u32, state: usize) -> Vec<f64> {
        let mut q = vec![0.0; self.mdp.actions()];
        self.mdp.back_up(state, elapsed, self.episode.discount, self.values(elapsed + 1), &mut q);
        q
    }

    /// `A_t(s, ·) = Q_t(s, ·) − V_t(s)`; panics as [`FiniteValues::action_values`].
    pub fn advantages(&self, elapsed: u32, state: usize) -> Vec<f64> {
        let v = self.value(elapsed, state);
        self.action_values(elapsed, state).into_iter().map(|q| q - v).collect()
    }

    /// `A_t(s, a)`; panics as [`FiniteValues::action_values`], or if `action` is out of range.
    pub fn advantage(&self, elapsed: u32, state: usize, action: usize) -> f64 {
        self.advantages(elapsed, state)[action]
    }

    /// The actions whose value is within a relative 10⁻⁹ of the best.
    pub fn best_actions(&self, elapsed: u32, state: usize) -> Vec<u32> {
        optimal_among(&self.action_values(elapsed, state))
    }
}

/// Probability of each state after each number of steps, `[horizon, states]` row-major, from the law
/// `start` of the first state. Rows sum to the probability that the episode still runs.
pub fn occupancy(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    start: &[f64],
    horizon: u32,
) -> Result<Vec<f64>, SolveError> {
    policy.fits(mdp)?;
    let states = mdp.states();
    if start.len() != states {
        return Err(SolveError::Size { what: "the start law", found: start.len(), expected: states });
    }
    let mut visits = vec![0.0; horizon as usize * states];
    if let Some(first) = visits.get_mut(..states) {
        first.copy_from_slice(start);
    }
    for step in 1..horizon as usize {
        let (before, after) = visits.split_at_mut(step * states);
        push_forward(mdp, policy, &before[(step - 1) * states..], &mut after[..states]);
    }
    Ok(visits)
}

/// Adds one step's flow of probability from `now` to `next`.
pub(super) fn push_forward(mdp: &TabularMdp, policy: &TabularPolicy, now: &[f64], next: &mut [f64]) {
    for (state, mass) in now.iter().enumerate().filter(|(_, mass)| **mass != 0.0) {
        for (action, p) in policy.row(state).iter().enumerate().filter(|(_, p)| **p > 0.0) {
            for (target, probability) in mdp.successors(state, action) {
                if let Some(target) = target {
                    next[target] += mass * p * probability;
                }
            }
        }
    }
}

/// Gradient of the expected (discounted) return with respect to the logits of a softmax policy that does
/// not see the clock: `Σ_t γ^t d_t(s) π(a|s) A_t(s, a)`, row-major `[states, actions]`.
pub fn policy_gradient(
    mdp: &TabularMdp,
    policy: &TabularPolicy,
    start: &[f64],
    episode: Episode,
) -> Result<Vec<f64>, SolveError> {
    let values = evaluate(mdp, policy, episode)?;
    let visits = occupancy(mdp, policy, start, episode.horizon)?;
    let states = mdp.states();
    let mut gradient = vec![0.0; states * mdp.actions()];
    let mut discount = 1.0;
    for elapsed in 0..episode.horizon {
        for state in 0..states {
            let weight = discount * visits[elapsed as usize * states + state];
            if weight != 0.0 {
                add_policy_gradient(policy, state, weight, &values.advantages(elapsed, state), &mut gradient);
            }
        }
        discount *= episode.discount;
    }
    Ok(gradient)
}
