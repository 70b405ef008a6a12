use super::AuditError;
use crate::exact::finite::Episode;
use crate::exact::{SolveError, TabularMdp};

/// One world with two rewards: what is wanted (gold), and what is paid (audited).
#[derive(Debug, Clone)]
pub struct RewardPair {
    pub(super) gold: TabularMdp,
    pub(super) audited: TabularMdp,
    pub(super) start: Vec<f64>,
    pub(super) successes: Vec<bool>,
    pub(super) reachable: Vec<bool>,
}

impl RewardPair {
    /// `audited` is made from `gold` with [`TabularMdp::with_rewards`]. `start` is the law of the first
    /// state; `successes` says which transitions are the task's success, in the order of
    /// [`TabularMdp::rewards`].
    pub fn new(
        gold: TabularMdp,
        audited: TabularMdp,
        start: Vec<f64>,
        successes: Vec<bool>,
    ) -> Result<Self, AuditError> {
        if !gold.shares_dynamics(&audited) {
            return Err(AuditError::DifferentDynamics);
        }
        let sizes = [
            ("the start law", start.len(), gold.states()),
            ("the success flags of the transitions", successes.len(), gold.transition_count()),
        ];
        for (what, found, expected) in sizes {
            if found != expected {
                return Err(SolveError::Size { what, found, expected }.into());
            }
        }
        let sum: f64 = start.iter().sum();
        if start.iter().any(|p| !(p.is_finite() && *p >= 0.0)) || (sum - 1.0).abs() > 1e-9 {
            return Err(SolveError::NotADistribution { what: "the first state".into(), state: 0, sum }.into());
        }
        let reachable = reachable(&gold, &start);
        Ok(Self { gold, audited, start, successes, reachable })
    }

    /// The world with the reward that says what is wanted.
    pub const fn gold(&self) -> &TabularMdp {
        &self.gold
    }

    /// The world with the reward that is paid.
    pub const fn audited(&self) -> &TabularMdp {
        &self.audited
    }

    /// Which states can be reached from the start.
    pub fn reachable(&self) -> &[bool] {
        &self.reachable
    }

    pub(super) fn states(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.gold.states()).filter(|state| self.reachable[*state])
    }

    /// Legal pairs of reachable states.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let legal = |state| (0..self.gold.actions()).map(move |action| (state, action));
        self.states().flat_map(legal).filter(|(state, action)| self.gold.is_legal(*state, *action))
    }
}

fn reachable(mdp: &TabularMdp, start: &[f64]) -> Vec<bool> {
    let mut reached: Vec<bool> = start.iter().map(|p| *p > 0.0).collect();
    let mut open: Vec<usize> = (0..start.len()).filter(|state| reached[*state]).collect();
    while let Some(state) = open.pop() {
        for action in 0..mdp.actions() {
            for (next, probability) in mdp.successors(state, action) {
                if let Some(next) = next.filter(|next| probability > 0.0 && !reached[*next]) {
                    reached[next] = true;
                    open.push(next);
                }
            }
        }
    }
    reached
}

/// Which problem an agent is thought to solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solution {
    /// Returns end with the step budget, and what is best may depend on elapsed time.
    Budget,
    /// Returns go on for ever, discounted by less than 1, and what is best depends on the state alone: the
    /// problem for which potential shaping is proven harmless. Rewards must not depend on the clock. The
    /// budget still limits the episodes in which the resulting policy is observed.
    Unbounded,
}

/// The problem for which rewards are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Steps after which an episode is truncated.
    pub horizon: u32,
    /// Discount `γ` of each step.
    pub discount: f64,
    /// The problem.
    pub solution: Solution,
}

impl Setting {
    /// Returns that end with the budget.
    pub const fn budget(horizon: u32, discount: f64) -> Self {
        Self { horizon, discount, solution: Solution::Budget }
    }

    /// Discounted returns without end, observed for `horizon` steps.
    pub const fn unbounded(horizon: u32, discount: f64) -> Self {
        Self { horizon, discount, solution: Solution::Unbounded }
    }

    pub(super) const fn episode(self) -> Episode {
        Episode { horizon: self.horizon, discount: self.discount }
    }
}
