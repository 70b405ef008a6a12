use super::{SolveError, TabularMdp};

/// How far the probabilities of a row may be from 1 in sum: single precision leaves this much.
const TOLERANCE: f64 = 1e-4;

/// A stationary stochastic policy `π[state, action]` for one [`TabularMdp`].
#[derive(Debug, Clone, PartialEq)]
pub struct TabularPolicy {
    actions: usize,
    probabilities: Vec<f64>,
}

impl TabularPolicy {
    /// From row-major probabilities `[states, actions]`. A row may miss 1 by 10⁻⁴ (a network's softmax in
    /// single precision) and is normalised; actions that are not legal must have probability 0.
    pub fn new(mdp: &TabularMdp, mut probabilities: Vec<f64>) -> Result<Self, SolveError> {
        let actions = mdp.actions();
        check_size(mdp, "the policy", probabilities.len())?;
        for (state, row) in probabilities.chunks_mut(actions).enumerate() {
            let sum: f64 = row.iter().sum();
            let valid = row.iter().all(|p| p.is_finite() && *p >= 0.0);
            if !valid || (sum - 1.0).abs() > TOLERANCE {
                return Err(SolveError::NotADistribution { what: "the policy's actions".into(), state, sum });
            }
            for (action, p) in row.iter_mut().enumerate() {
                if *p > 0.0 && !mdp.is_legal(state, action) {
                    return Err(SolveError::IllegalAction { state, action, probability: *p });
                }
                *p /= sum;
            }
        }
        Ok(Self { actions, probabilities })
    }

    /// `π(a|s) ∝ exp(θ[s, a])` over the legal actions. `logits` is row-major `[states, actions]`.
    pub fn softmax(mdp: &TabularMdp, logits: &[f64]) -> Result<Self, SolveError> {
        check_size(mdp, "the logits", logits.len())?;
        let mut probabilities = vec![0.0; logits.len()];
        for (state, (row, out)) in
            logits.chunks(mdp.actions()).zip(probabilities.chunks_mut(mdp.actions())).enumerate()
        {
            let legal = |action: &usize| mdp.is_legal(state, *action);
            let largest = (0..row.len()).filter(legal).map(|a| row[a]).fold(f64::NEG_INFINITY, f64::max);
            for action in (0..row.len()).filter(legal) {
                out[action] = libm::exp(row[action] - largest);
            }
            let sum: f64 = out.iter().sum();
            for p in out {
                *p /= sum;
            }
        }
        Self::new(mdp, probabilities)
    }

    /// Every legal action with equal probability.
    pub fn uniform(mdp: &TabularMdp) -> Self {
        let mut probabilities = vec![0.0; mdp.states() * mdp.actions()];
        for (state, row) in probabilities.chunks_mut(mdp.actions()).enumerate() {
            let legal = (0..row.len()).filter(|action| mdp.is_legal(state, *action)).count();
            for (action, p) in row.iter_mut().enumerate() {
                *p = if mdp.is_legal(state, action) { 1.0 / legal as f64 } else { 0.0 };
            }
        }
        Self { actions: mdp.actions(), probabilities }
    }

    /// The probabilities of a state's actions.
    pub fn row(&self, state: usize) -> &[f64] {
        &self.probabilities[state * self.actions..][..self.actions]
    }

    /// All probabilities, row-major `[states, actions]`.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// `Σₐ π(a|s) q(a)`, where actions of probability 0 may have value −∞.
    pub(crate) fn expectation(&self, state: usize, q: &[f64]) -> f64 {
        self.row(state).iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * q).sum()
    }

    /// `Err` unless the policy was made for a process of this size.
    pub(crate) fn fits(&self, mdp: &TabularMdp) -> Result<(), SolveError> {
        check_size(mdp, "the policy", self.probabilities.len())
    }
}

fn check_size(mdp: &TabularMdp, what: &'static str, found: usize) -> Result<(), SolveError> {
    let expected = mdp.states() * mdp.actions();
    if found == expected { Ok(()) } else { Err(SolveError::Size { what, found, expected }) }
}
