use std::sync::Arc;

use milepost_core::RewardLaw;

use super::SolveError;

/// Rounding that a sum of probabilities may carry.
const TOLERANCE: f64 = 1e-9;

/// Marks a transition that ends the episode.
const END: u32 = u32::MAX;

/// One outcome of an action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// The state that follows; `None` if the episode ends.
    pub next: Option<usize>,
    /// Its probability.
    pub probability: f64,
    /// Its reward.
    pub reward: RewardLaw,
}

/// A finite Markov decision process in flat arrays. States are `0..states()`, actions `0..actions()`;
/// not every action need be legal in every state. Cloning shares the arrays.
///
/// The transitions of pair `s · actions + a` are `offsets[pair]..offsets[pair + 1]`.
#[derive(Debug, Clone)]
pub struct TabularMdp {
    dynamics: Arc<Dynamics>,
    rewards: Arc<Rewards>,
}

#[derive(Debug)]
struct Dynamics {
    states: usize,
    actions: usize,
    offsets: Vec<u32>,
    next: Vec<u32>,
    probability: Vec<f64>,
}

#[derive(Debug)]
struct Rewards {
    /// Reward of each transition.
    of_transition: Vec<RewardLaw>,
    /// Expected reward of each pair, as a law of elapsed time.
    base: Vec<f64>,
    per_step: Vec<f64>,
}

impl TabularMdp {
    /// From dense row-major arrays `p`, `r` of shape `[states, actions, states]`. Terminal states become
    /// absorbing with reward 0, whatever the arrays say about them.
    pub fn from_dense(actions: usize, p: &[f64], r: &[f64], terminal: &[bool]) -> Result<Self, SolveError> {
        let states = terminal.len();
        for (what, found) in [("the transition array", p.len()), ("the reward array", r.len())] {
            let expected = states * actions * states;
            if found != expected {
                return Err(SolveError::Size { what, found, expected });
            }
        }
        let mut builder = MdpBuilder::new(actions);
        for state in 0..states {
            for action in 0..actions {
                let row = (state * actions + action) * states;
                let absorbed =
                    [Transition { next: Some(state), probability: 1.0, reward: RewardLaw::constant(0.0) }];
                let dense = || {
                    (0..states).filter(|next| p[row + next] != 0.0).map(|next| Transition {
                        next: Some(next),
                        probability: p[row + next],
                        reward: RewardLaw::constant(r[row + next]),
                    })
                };
                if terminal[state] { builder.action(absorbed) } else { builder.action(dense()) }?;
            }
        }
        builder.finish()
    }

    /// The same dynamics with other rewards: one for each transition, in the order of
    /// [`TabularMdp::transitions`] over all pairs (state by state, actions ascending).
    pub fn with_rewards(&self, rewards: Vec<RewardLaw>) -> Result<Self, SolveError> {
        let (found, expected) = (rewards.len(), self.transition_count());
        if found != expected {
            return Err(SolveError::Size { what: "the rewards of the transitions", found, expected });
        }
        let pairs = self.states() * self.actions();
        let (mut base, mut per_step) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        for pair in 0..pairs {
            let range = self.range(pair);
            let mean = |part: fn(&RewardLaw) -> f64| -> f64 {
                range.clone().map(|i| self.dynamics.probability[i] * part(&rewards[i])).sum()
            };
            let (b, p) = (mean(|law| law.base), mean(|law| law.per_step));
            if !b.is_finite() || !p.is_finite() {
                return Err(SolveError::Reward {
                    state: pair / self.actions(),
                    action: pair % self.actions(),
                });
            }
            base.push(b);
            per_step.push(p);
        }
        let rewards = Arc::new(Rewards { of_transition: rewards, base, per_step });
        Ok(Self { dynamics: Arc::clone(&self.dynamics), rewards })
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.dynamics.states
    }

    /// Number of actions.
    pub fn actions(&self) -> usize {
        self.dynamics.actions
    }

    /// Number of transitions over all pairs.
    pub fn transition_count(&self) -> usize {
        self.dynamics.next.len()
    }

    /// The transitions of a pair as indices into [`TabularMdp::rewards`].
    pub fn transition_range(&self, state: usize, action: usize) -> std::ops::Range<usize> {
        self.range(state * self.actions() + action)
    }

    fn range(&self, pair: usize) -> std::ops::Range<usize> {
        self.dynamics.offsets[pair] as usize..self.dynamics.offsets[pair + 1] as usize
    }

    /// Whether `action` may be taken in `state`.
    pub fn is_legal(&self, state: usize, action: usize) -> bool {
        !self.transition_range(state, action).is_empty()
    }

    /// Expected immediate reward of a pair after `elapsed` steps.
    pub fn reward(&self, state: usize, action: usize, elapsed: u32) -> f64 {
        let pair = state * self.actions() + action;
        self.rewards.base[pair] + self.rewards.per_step[pair] * f64::from(elapsed)
    }

    /// The reward of each transition, in the order of [`TabularMdp::transition_range`].
    pub fn rewards(&self) -> &[RewardLaw] {
        &self.rewards.of_transition
    }

    /// Every outcome of a pair with its own reward.
    pub fn transitions(&self, state: usize, action: usize) -> impl Iterator<Item = Transition> + '_ {
        self.transition_range(state, action).map(|i| Transition {
            next: self.target(i),
            probability: self.dynamics.probability[i],
            reward: self.rewards.of_transition[i],
        })
    }

    fn target(&self, transition: usize) -> Option<usize> {
        let next = self.dynamics.next[transition];
        (next != END).then_some(next as usize)
    }

    /// Where a pair leads: next state (`None` at an end) and probability.
    pub fn successors(&self, state: usize, action: usize) -> impl Iterator<Item = (Option<usize>, f64)> + '_ {
        self.transition_range(state, action).map(|i| (self.target(i), self.dynamics.probability[i]))
    }

    /// Whether both are the same process (clones of one, not merely equal).
    pub fn is_same(&self, other: &Self) -> bool {
        self.shares_dynamics(other) && Arc::ptr_eq(&self.rewards, &other.rewards)
    }

    /// Whether both have the same dynamics (made by [`TabularMdp::with_rewards`] or by cloning), whatever
    /// they pay.
    pub fn shares_dynamics(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dynamics, &other.dynamics)
    }

    /// Whether any expected reward depends on elapsed time.
    pub fn is_clocked(&self) -> bool {
        self.rewards.per_step.iter().any(|slope| *slope != 0.0)
    }

    /// Writes the action values of `state` for values `v` of the states that follow:
    /// `q[a] = r(s, a, elapsed) + discount · Σ P(s'|s, a) v(s')`, −∞ for actions that are not legal.
    pub(crate) fn back_up(&self, state: usize, elapsed: u32, discount: f64, v: &[f64], q: &mut [f64]) {
        let dynamics = &*self.dynamics;
        let first = state * dynamics.actions;
        for (pair, q) in (first..first + dynamics.actions).zip(q) {
            let (from, to) = (dynamics.offsets[pair] as usize, dynamics.offsets[pair + 1] as usize);
            if from == to {
                *q = f64::NEG_INFINITY;
                continue;
            }
            let mut future = 0.0;
            for (next, probability) in dynamics.next[from..to].iter().zip(&dynamics.probability[from..to]) {
                if *next != END {
                    future += probability * v[*next as usize];
                }
            }
            let reward = self.rewards.base[pair] + self.rewards.per_step[pair] * f64::from(elapsed);
            *q = reward + discount * future;
        }
    }
}

/// Builds a [`TabularMdp`] pair by pair: all actions of state 0, then all of state 1, and so on.
#[derive(Debug, Clone)]
pub struct MdpBuilder {
    actions: usize,
    offsets: Vec<u32>,
    next: Vec<u32>,
    probability: Vec<f64>,
    reward: Vec<RewardLaw>,
    base: Vec<f64>,
    per_step: Vec<f64>,
}

impl MdpBuilder {
    /// For a process with `actions` actions.
    pub fn new(actions: usize) -> Self {
        Self {
            actions,
            offsets: vec![0],
            next: Vec::new(),
            probability: Vec::new(),
            reward: Vec::new(),
            base: Vec::new(),
            per_step: Vec::new(),
        }
    }

    /// Adds the outcomes of the next pair; none if the action is not legal there.
    pub fn action(&mut self, outcomes: impl IntoIterator<Item = Transition>) -> Result<(), SolveError> {
        let (mut sum, mut base, mut per_step) = (0.0, 0.0, 0.0);
        let (state, action) = self.position();
        let before = self.next.len();
        for Transition { next, probability, reward } in outcomes {
            if !(probability >= 0.0 && probability.is_finite()) {
                return Err(not_a_distribution(action, state, probability));
            }
            sum += probability;
            base += probability * reward.base;
            per_step += probability * reward.per_step;
            self.next.push(next.map_or(END, |next| next as u32));
            self.probability.push(probability);
            self.reward.push(reward);
        }
        if self.next.len() > before && (sum - 1.0).abs() > TOLERANCE {
            return Err(not_a_distribution(action, state, sum));
        }
        if !base.is_finite() || !per_step.is_finite() {
            return Err(SolveError::Reward { state, action });
        }
        self.base.push(base);
        self.per_step.push(per_step);
        self.offsets.push(self.next.len() as u32);
        Ok(())
    }

    /// State and action of the next pair.
    fn position(&self) -> (usize, usize) {
        let actions = self.actions.max(1);
        (self.base.len() / actions, self.base.len() % actions)
    }

    /// The process, checked.
    pub fn finish(self) -> Result<TabularMdp, SolveError> {
        let (states, incomplete) = self.position();
        if incomplete != 0 {
            return Err(SolveError::Size {
                what: "the actions of the last state",
                found: incomplete,
                expected: self.actions,
            });
        }
        if states == 0 || self.actions == 0 {
            return Err(SolveError::Empty { what: "the decision process" });
        }
        if let Some(next) = self.next.iter().find(|next| **next != END && **next as usize >= states) {
            return Err(SolveError::Index { what: "next state", index: *next as usize, len: states });
        }
        let dead =
            |state: &usize| self.offsets[state * self.actions] == self.offsets[(state + 1) * self.actions];
        if let Some(state) = (0..states).find(dead) {
            return Err(SolveError::DeadEnd { state, key: 0 });
        }
        let Self { actions, offsets, next, probability, reward: of_transition, base, per_step } = self;
        Ok(TabularMdp {
            dynamics: Arc::new(Dynamics { states, actions, offsets, next, probability }),
            rewards: Arc::new(Rewards { of_transition, base, per_step }),
        })
    }
}

fn not_a_distribution(action: usize, state: usize, sum: f64) -> SolveError {
    SolveError::NotADistribution { what: format!("the outcomes of action {action}"), state, sum }
}
