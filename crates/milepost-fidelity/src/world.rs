//! A finite-horizon world unrolled over time, in flat arrays.

use std::collections::HashMap;
use std::ops::Range;

use milepost_core::Enumerable;

use crate::FidelityError;

/// Marks an outcome that ends the episode.
pub const END: u32 = u32::MAX;

/// How far a sum of probabilities may be from 1.
const TOLERANCE: f64 = 1e-9;

/// Every pair of time and state that can be reached, called a *node*, with all outcomes of all actions.
///
/// Nodes are numbered layer by layer: those of time `t` are `layer(t)`. The outcomes of action `a` in node
/// `n` keep the order in which the world lists them, so that one uniform number drawn for two different
/// actions couples their outcomes.
#[derive(Debug, Clone)]
pub struct LayeredWorld {
    name: String,
    actions: usize,
    layers: Vec<u32>,
    keys: Vec<u64>,
    times: Vec<u32>,
    observations: Vec<u32>,
    observation_count: usize,
    starts: Vec<(f64, u32)>,
    offsets: Vec<u32>,
    outcomes: Vec<Outcome>,
}

/// One way in which an action can turn out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Its probability.
    pub probability: f64,
    /// Its reward.
    pub reward: f64,
    /// The node that follows, or [`END`].
    pub next: u32,
}

impl LayeredWorld {
    /// Unrolls an enumerable world from a law of starts `(probability, world)`; each has been reset and is
    /// not over. `observe` tells which states the policy can tell apart. More than `cap` nodes are an error.
    ///
    /// The step budget is part of the world: after `horizon` steps nothing more is earned.
    pub fn unroll<E: Enumerable>(
        name: &str,
        starts: &[(f64, E)],
        observe: impl Fn(&E) -> u64,
        cap: usize,
    ) -> Result<Self, FidelityError> {
        let Some((_, first)) = starts.first() else {
            return Err(FidelityError::Empty { what: "the law of starts" });
        };
        let horizon = first.horizon().ok_or_else(|| FidelityError::NoHorizon { world: name.to_owned() })?;
        let sum: f64 = starts.iter().map(|(p, _)| p).sum();
        if (sum - 1.0).abs() > TOLERANCE || starts.iter().any(|(p, _)| p.is_nan() || *p < 0.0) {
            return Err(FidelityError::NotADistribution {
                what: format!("the law of starts of {name}"),
                sum,
            });
        }
        let mut world = Self {
            name: name.to_owned(),
            actions: first.action_count(),
            layers: vec![0],
            keys: Vec::new(),
            times: Vec::new(),
            observations: Vec::new(),
            observation_count: 0,
            starts: Vec::new(),
            offsets: vec![0],
            outcomes: Vec::new(),
        };
        let mut names = HashMap::new();
        let mut layer = Layer::default();
        for (probability, start) in starts {
            let node = layer.visit(0, start.clone());
            match world.starts.iter_mut().find(|(_, known)| *known == node) {
                Some((p, _)) => *p += probability,
                None => world.starts.push((*probability, node)),
            }
        }
        for time in 0..horizon {
            if layer.states.is_empty() {
                break;
            }
            let first = world.keys.len() + layer.states.len();
            let mut following = Layer::default();
            for state in std::mem::take(&mut layer.states) {
                if world.keys.len() >= cap {
                    return Err(FidelityError::TooManyStates { cap });
                }
                let key = state.state_key();
                world.push_node(key, time, &mut names, observe(&state));
                let before = world.outcomes.len();
                for action in 0..world.actions as u32 {
                    if state.is_legal(action) {
                        for branch in state.outcomes(action) {
                            let ends = branch.ending.is_some() || time + 1 == horizon;
                            let next = if ends { END } else { following.visit(first, branch.next) };
                            let (probability, reward) = (branch.probability, branch.reward.at(time));
                            world.outcomes.push(Outcome { probability, reward, next });
                        }
                    }
                    world.close_action(time, key, action)?;
                }
                if world.outcomes.len() == before {
                    return Err(FidelityError::DeadEnd { time, key });
                }
            }
            world.layers.push(world.keys.len() as u32);
            layer = following;
        }
        Ok(world)
    }

    fn push_node(&mut self, key: u64, time: u32, names: &mut HashMap<u64, u32>, observation: u64) {
        self.keys.push(key);
        self.times.push(time);
        let fresh = self.observation_count as u32;
        let index = *names.entry(observation).or_insert(fresh);
        self.observation_count += usize::from(index == fresh);
        self.observations.push(index);
    }

    /// Ends the list of an action's outcomes and checks it.
    fn close_action(&mut self, time: u32, key: u64, action: u32) -> Result<(), FidelityError> {
        let from = *self.offsets.last().unwrap_or(&0) as usize;
        let listed = &self.outcomes[from..];
        let sum: f64 = listed.iter().map(|o| o.probability).sum();
        let valid = listed.iter().all(|o| o.probability >= 0.0 && o.reward.is_finite());
        if !listed.is_empty() && (!valid || (sum - 1.0).abs() > TOLERANCE) {
            let what = format!("the outcomes of action {action} after {time} steps in state {key:#018x}");
            return Err(FidelityError::NotADistribution { what, sum });
        }
        self.offsets.push(self.outcomes.len() as u32);
        Ok(())
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of actions.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// The longest episode, in steps.
    pub const fn horizon(&self) -> usize {
        self.layers.len() - 1
    }

    /// Number of nodes.
    pub const fn nodes(&self) -> usize {
        self.keys.len()
    }

    /// The nodes of time `t`.
    ///
    /// # Panics
    /// If `t` is not below the horizon.
    pub fn layer(&self, t: usize) -> Range<usize> {
        self.layers[t] as usize..self.layers[t + 1] as usize
    }

    /// Key of the node's state.
    pub fn key(&self, node: u32) -> u64 {
        self.keys[node as usize]
    }

    /// Steps taken before the node.
    pub fn time(&self, node: u32) -> u32 {
        self.times[node as usize]
    }

    /// What the policy sees in the node, as an index below [`LayeredWorld::observations`].
    pub fn observation(&self, node: u32) -> u32 {
        self.observations[node as usize]
    }

    /// Number of different observations.
    pub const fn observations(&self) -> usize {
        self.observation_count
    }

    /// The law of the first node.
    pub fn starts(&self) -> &[(f64, u32)] {
        &self.starts
    }

    /// What can follow `action` in `node`; empty if it is not legal.
    pub fn outcomes(&self, node: u32, action: u32) -> &[Outcome] {
        let pair = node as usize * self.actions + action as usize;
        &self.outcomes[self.offsets[pair] as usize..self.offsets[pair + 1] as usize]
    }

    /// Whether `action` may be taken in `node`.
    pub fn is_legal(&self, node: u32, action: u32) -> bool {
        !self.outcomes(node, action).is_empty()
    }

    /// The outcome of `action` in `node` that the uniform number `u` in `[0, 1)` picks, by inverse CDF in
    /// listed order.
    ///
    /// # Panics
    /// If the action is not legal.
    pub fn pick(&self, node: u32, action: u32, u: f64) -> Outcome {
        let listed = self.outcomes(node, action);
        let mut left = u;
        for outcome in listed {
            left -= outcome.probability;
            if left < 0.0 {
                return *outcome;
            }
        }
        // Rounding can leave a crumb: it belongs to the last possible outcome.
        *listed.iter().rev().find(|o| o.probability > 0.0).expect("the outcomes of a legal action sum to 1")
    }

    /// The node of the first step that the uniform number `u` picks.
    pub fn pick_start(&self, u: f64) -> u32 {
        let mut left = u;
        for (probability, node) in &self.starts {
            left -= probability;
            if left < 0.0 {
                return *node;
            }
        }
        self.starts.last().map_or(0, |(_, node)| *node)
    }
}

/// The states of one time, in the order in which they were first reached.
struct Layer<E> {
    states: Vec<E>,
    index: HashMap<u64, u32>,
}

impl<E> Default for Layer<E> {
    fn default() -> Self {
        Self { states: Vec::new(), index: HashMap::new() }
    }
}

impl<E: Enumerable> Layer<E> {
    /// The node of a state of this layer, whose first node is `first`.
    fn visit(&mut self, first: usize, state: E) -> u32 {
        let fresh = (first + self.states.len()) as u32;
        let node = *self.index.entry(state.state_key()).or_insert(fresh);
        if node == fresh {
            self.states.push(state);
        }
        node
    }
}
