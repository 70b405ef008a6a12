use std::collections::HashMap;

use milepost_core::{Ending, Enumerable};

use super::finite::{Episode, FiniteValues};
use super::{MdpBuilder, SolveError, TabularMdp, TabularPolicy, Transition};

/// The reachable states of an enumerable world, and the decision process they form.
///
/// States are numbered in breadth-first order from the start, actions in ascending order, so the
/// numbering is the same in every run. States are told apart by
/// [`state_key`](milepost_core::Environment::state_key); the clock is no part of them.
#[derive(Debug, Clone)]
pub struct StateGraph<E> {
    mdp: TabularMdp,
    states: Vec<E>,
    keys: Vec<u64>,
    index: HashMap<u64, u32>,
    start: Vec<f64>,
    horizon: Option<u32>,
    endings: Vec<Option<Ending>>,
}

impl<E: Enumerable> StateGraph<E> {
    /// Visits every state that can be reached from `world`, which has been reset and is not over. More
    /// than `cap` states are an error.
    pub fn enumerate(world: &E, cap: usize) -> Result<Self, SolveError> {
        Self::enumerate_all(std::slice::from_ref(world), cap)
    }

    /// As [`StateGraph::enumerate`], from several starts that are equally likely: a set of tasks. They
    /// must share one step budget.
    pub fn enumerate_all(worlds: &[E], cap: usize) -> Result<Self, SolveError> {
        let Some(first) = worlds.first() else { return Err(SolveError::Empty { what: "the set of starts" }) };
        if let Some(other) = worlds.iter().find(|world| world.horizon() != first.horizon()) {
            let steps = |world: &E| world.horizon().map_or(0, |steps| steps as usize);
            let what = "the step budgets of the starts (0 for none)";
            return Err(SolveError::Size { what, found: steps(other), expected: steps(first) });
        }
        let mut frontier = Frontier { states: Vec::new(), keys: Vec::new(), index: HashMap::new(), cap };
        let mut starts = Vec::with_capacity(worlds.len());
        for world in worlds {
            starts.push(frontier.visit(world.clone())?);
        }
        let actions = first.action_count();
        let mut builder = MdpBuilder::new(actions);
        let mut endings = Vec::new();
        let mut state = 0;
        while state < frontier.states.len() {
            let world = frontier.states[state].clone();
            let mut dead = true;
            for action in 0..actions as u32 {
                let mut transitions = Vec::new();
                if world.is_legal(action) {
                    for branch in world.outcomes(action) {
                        let next =
                            if branch.ending.is_some() { None } else { Some(frontier.visit(branch.next)?) };
                        let (probability, reward) = (branch.probability, branch.reward);
                        transitions.push(Transition { next, probability, reward });
                        endings.push(branch.ending);
                    }
                }
                dead &= transitions.is_empty();
                builder.action(transitions)?;
            }
            if dead {
                return Err(SolveError::DeadEnd { state, key: frontier.keys[state] });
            }
            state += 1;
        }
        let mut start = vec![0.0; frontier.states.len()];
        for state in starts {
            start[state] += 1.0 / worlds.len() as f64;
        }
        let Frontier { states, keys, index, .. } = frontier;
        Ok(Self { mdp: builder.finish()?, states, keys, index, start, horizon: first.horizon(), endings })
    }

    /// The decision process over state indices.
    pub const fn mdp(&self) -> &TabularMdp {
        &self.mdp
    }

    /// One world in each state, as first reached. Their clocks show how they were reached, not a time of
    /// the state's own.
    pub fn states(&self) -> &[E] {
        &self.states
    }

    /// The key of each state.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// The law of the first state.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// How each transition ends the task, if it does, in the order of [`TabularMdp::rewards`].
    pub fn endings(&self) -> &[Option<Ending>] {
        &self.endings
    }

    /// Which transitions are the success of the task, in the order of [`TabularMdp::rewards`].
    pub fn successes(&self) -> Vec<bool> {
        self.endings.iter().map(|ending| ending.is_some_and(Ending::is_success)).collect()
    }

    /// The undiscounted, step-limited episode of this world.
    pub fn episode(&self) -> Result<Episode, SolveError> {
        self.horizon.map(Episode::new).ok_or(SolveError::NoHorizon)
    }

    /// The index of the state with this key.
    pub fn index_of(&self, key: u64) -> Result<usize, SolveError> {
        self.index.get(&key).map(|index| *index as usize).ok_or(SolveError::UnknownState { key })
    }

    /// Asks a policy about every state. `ask` is given at most `batch` observations with their keys and
    /// writes their action probabilities, row-major `[observations, actions]`.
    pub fn policy(
        &self,
        batch: usize,
        mut ask: impl FnMut(&[E::Observation], &[u64], &mut [f64]),
    ) -> Result<TabularPolicy, SolveError> {
        let actions = self.mdp.actions();
        let batch = batch.max(1);
        let mut probabilities = vec![0.0; self.states.len() * actions];
        for ((states, keys), out) in self
            .states
            .chunks(batch)
            .zip(self.keys.chunks(batch))
            .zip(probabilities.chunks_mut(batch * actions))
        {
            let observations: Vec<E::Observation> = states
                .iter()
                .map(|state| {
                    let mut observation = state.new_observation();
                    state.observe(&mut observation);
                    observation
                })
                .collect();
            ask(&observations, keys, out);
        }
        TabularPolicy::new(&self.mdp, probabilities)
    }

    /// Exact advantages along a recorded episode: entry `i` is `A_t(s, a)` for `t = first_step + i`, the
    /// state with key `keys[i]` and action `actions[i]`. `keys` may hold the final state too.
    pub fn advantages(
        &self,
        values: &FiniteValues,
        first_step: u32,
        keys: &[u64],
        actions: &[u32],
    ) -> Result<Vec<f64>, SolveError> {
        if keys.len() != actions.len() && keys.len() != actions.len() + 1 {
            let (found, expected) = (keys.len(), actions.len());
            return Err(SolveError::Size { what: "state keys of the episode", found, expected });
        }
        if !self.mdp.is_same(values.mdp()) {
            return Err(SolveError::ForeignValues);
        }
        let horizon = values.episode().horizon as usize;
        let last = first_step as usize + actions.len();
        if last > horizon {
            return Err(SolveError::Index { what: "step", index: last - 1, len: horizon });
        }
        let mut advantages = Vec::with_capacity(actions.len());
        for ((key, action), elapsed) in keys.iter().zip(actions).zip(first_step..) {
            let (action, len) = (*action as usize, self.mdp.actions());
            if action >= len {
                return Err(SolveError::Index { what: "action", index: action, len });
            }
            advantages.push(values.advantage(elapsed, self.index_of(*key)?, action));
        }
        Ok(advantages)
    }
}

/// States met so far, in order; those behind the one being expanded are still to come.
struct Frontier<E> {
    states: Vec<E>,
    keys: Vec<u64>,
    index: HashMap<u64, u32>,
    cap: usize,
}

impl<E: Enumerable> Frontier<E> {
    /// The index of the world's state, which is new or known.
    fn visit(&mut self, world: E) -> Result<usize, SolveError> {
        let key = world.state_key();
        if let Some(index) = self.index.get(&key) {
            return Ok(*index as usize);
        }
        let index = self.states.len();
        if index >= self.cap {
            return Err(SolveError::TooManyStates { cap: self.cap });
        }
        self.index.insert(key, index as u32);
        self.states.push(world);
        self.keys.push(key);
        Ok(index)
    }
}
