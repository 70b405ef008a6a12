//! Policies that draw uniformly from a set of actions, which may depend on elapsed time.

use super::{AuditError, RewardPair, Setting, Solution};
use crate::exact::{TabularMdp, TabularPolicy, discounted, finite, optimal_among};

/// A set of actions for each time and state; the last time stands for all later ones.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    states: usize,
    actions: usize,
    times: usize,
    member: Vec<bool>,
}

/// Which member of a set is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// Each with equal probability.
    Uniform,
    /// Always the one of lowest value.
    Worst,
}

impl Plan {
    fn new(mdp: &TabularMdp, times: usize) -> Self {
        let (states, actions) = (mdp.states(), mdp.actions());
        Self { states, actions, times, member: vec![false; times * states * actions] }
    }

    /// All legal actions.
    pub(super) fn uniform(mdp: &TabularMdp) -> Self {
        let mut plan = Self::new(mdp, 1);
        for state in 0..plan.states {
            for action in 0..plan.actions {
                plan.member[state * plan.actions + action] = mdp.is_legal(state, action);
            }
        }
        plan
    }

    /// All optimal actions, and the optimal value of each state at the start of an episode.
    pub(super) fn optimal(mdp: &TabularMdp, setting: Setting) -> Result<(Self, Vec<f64>), AuditError> {
        match setting.solution {
            Solution::Budget => {
                let values = finite::optimal(mdp, setting.episode())?;
                let mut plan = Self::new(mdp, setting.horizon as usize);
                let mut q = vec![0.0; plan.actions];
                for elapsed in 0..setting.horizon {
                    for state in 0..plan.states {
                        mdp.back_up(state, elapsed, setting.discount, values.values(elapsed + 1), &mut q);
                        plan.insert(elapsed as usize, state, &optimal_among(&q));
                    }
                }
                Ok((plan, values.values(0).to_vec()))
            }
            Solution::Unbounded => {
                let values = discounted::optimal(mdp, setting.discount)?;
                let mut plan = Self::new(mdp, 1);
                for state in 0..plan.states {
                    plan.insert(0, state, &values.best_actions(state));
                }
                Ok((plan, values.values().to_vec()))
            }
        }
    }

    fn insert(&mut self, time: usize, state: usize, actions: &[u32]) {
        for action in actions {
            self.member[(time * self.states + state) * self.actions + *action as usize] = true;
        }
    }

    /// Which actions belong to the set, `[actions]`.
    pub(super) fn set(&self, elapsed: u32, state: usize) -> &[bool] {
        let time = (elapsed as usize).min(self.times.saturating_sub(1));
        &self.member[(time * self.states + state) * self.actions..][..self.actions]
    }

    /// The actions of the set with their probability.
    pub(super) fn drawn(&self, elapsed: u32, state: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let set = self.set(elapsed, state);
        let probability = 1.0 / set.iter().filter(|member| **member).count().max(1) as f64;
        set.iter().enumerate().filter(|(_, member)| **member).map(move |(action, _)| (action, probability))
    }

    /// Value of each state at the start of an episode.
    pub(super) fn value(
        &self,
        mdp: &TabularMdp,
        setting: Setting,
        among: Among,
    ) -> Result<Vec<f64>, AuditError> {
        match (setting.solution, among) {
            (Solution::Budget, _) => Ok(self.within_budget(mdp, setting, among)),
            (Solution::Unbounded, Among::Uniform) => {
                let policy = TabularPolicy::new(mdp, self.probabilities())?;
                Ok(discounted::evaluate(mdp, &policy, setting.discount)?.values().to_vec())
            }
            (Solution::Unbounded, Among::Worst) => {
                let lowest = |state, q: &[f64]| self.combine(0, state, q, Among::Worst);
                Ok(discounted::sweep(mdp, setting.discount, lowest)?.values().to_vec())
            }
        }
    }

    /// As [`Plan::value`], for returns that end with the budget whatever the plan was made for.
    pub(super) fn within_budget(&self, mdp: &TabularMdp, setting: Setting, among: Among) -> Vec<f64> {
        let mut later = vec![0.0; self.states];
        let mut now = later.clone();
        let mut q = vec![0.0; self.actions];
        for elapsed in (0..setting.horizon).rev() {
            for (state, v) in now.iter_mut().enumerate() {
                mdp.back_up(state, elapsed, setting.discount, &later, &mut q);
                *v = self.combine(elapsed, state, &q, among);
            }
            std::mem::swap(&mut now, &mut later);
        }
        later
    }

    fn combine(&self, elapsed: u32, state: usize, q: &[f64], among: Among) -> f64 {
        match among {
            Among::Uniform => self.drawn(elapsed, state).map(|(action, p)| p * q[action]).sum(),
            Among::Worst => {
                self.drawn(elapsed, state).map(|(action, _)| q[action]).fold(f64::INFINITY, f64::min)
            }
        }
    }

    /// Row-major `[states, actions]`, at the start of an episode.
    fn probabilities(&self) -> Vec<f64> {
        let mut probabilities = vec![0.0; self.states * self.actions];
        for state in 0..self.states {
            for (action, p) in self.drawn(0, state) {
                probabilities[state * self.actions + action] = p;
            }
        }
        probabilities
    }

    /// Moves one step's probability from the states in `now` to `next`. Returns the transitions visited.
    pub(super) fn push(&self, mdp: &TabularMdp, elapsed: u32, now: &[(usize, f64)], next: &mut Mass) -> u64 {
        let mut visits = 0;
        for (state, mass) in now {
            for (action, p) in self.drawn(elapsed, *state) {
                for (target, probability) in mdp.successors(*state, action) {
                    visits += 1;
                    if let Some(target) = target {
                        next.add(target, mass * p * probability);
                    }
                }
            }
        }
        visits
    }

    /// The probability of each state after each number of steps, nonzero entries in ascending order.
    pub(super) fn occupancy(&self, pair: &RewardPair, horizon: u32) -> Vec<Vec<(usize, f64)>> {
        let mut next = Mass::new(self.states);
        for (state, mass) in pair.start.iter().enumerate() {
            next.add(state, *mass);
        }
        (0..horizon)
            .map(|elapsed| {
                let now = next.take();
                self.push(&pair.gold, elapsed, &now, &mut next);
                now
            })
            .collect()
    }
}

/// Probability of states, with the list of those that have any.
#[derive(Debug, Clone)]
pub(super) struct Mass {
    of: Vec<f64>,
    held: Vec<usize>,
}

impl Mass {
    pub(super) fn new(states: usize) -> Self {
        Self { of: vec![0.0; states], held: Vec::new() }
    }

    pub(super) fn add(&mut self, state: usize, mass: f64) {
        if mass > 0.0 {
            if self.of[state] == 0.0 {
                self.held.push(state);
            }
            self.of[state] += mass;
        }
    }

    /// Empties it.
    pub(super) fn take(&mut self) -> Vec<(usize, f64)> {
        self.held.sort_unstable();
        self.held.drain(..).map(|state| (state, std::mem::take(&mut self.of[state]))).collect()
    }
}
