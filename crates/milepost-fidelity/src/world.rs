//! A finite-horizon world unrolled over time, in flat arrays.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::ops::Range;

use milepost_core::Enumerable;
use milepost_microworlds::Dynamics;

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
    /// Also returns the state of each node.
    ///
    /// The step budget is part of the world: after `horizon` steps nothing more is earned.
    pub fn unroll<E: Enumerable>(
        name: &str,
        starts: &[(f64, E)],
        observe: impl Fn(&E) -> u64,
        cap: usize,
    ) -> Result<(Self, Vec<E>), FidelityError> {
        let Some((_, first)) = starts.first() else {
            return Err(FidelityError::Empty { what: "the law of starts" });
        };
        let horizon = first.horizon().ok_or_else(|| FidelityError::NoHorizon { world: name.to_owned() })?;
        let source =
            EnumerableSource { actions: first.action_count(), horizon, observe, _world: PhantomData };
        Self::unroll_source(name, &source, starts.to_vec(), cap)
    }

    /// Unrolls a world that is given as a law. Also returns the state of each node.
    pub fn of<D: Dynamics>(world: &D, cap: usize) -> Result<(Self, Vec<D::State>), FidelityError> {
        Self::unroll_source(world.name(), &DynamicsSource(world), world.starts(), cap)
    }

    fn unroll_source<S: Source>(
        name: &str,
        source: &S,
        starts: Vec<(f64, S::State)>,
        cap: usize,
    ) -> Result<(Self, Vec<S::State>), FidelityError> {
        let sum: f64 = starts.iter().map(|(p, _)| p).sum();
        if (sum - 1.0).abs() > TOLERANCE || starts.iter().any(|(p, _)| p.is_nan() || *p < 0.0) {
            return Err(FidelityError::NotADistribution {
                what: format!("the law of starts of {name}"),
                sum,
            });
        }
        let mut world = Self {
            name: name.to_owned(),
            actions: source.actions(),
            layers: vec![0],
            keys: Vec::new(),
            times: Vec::new(),
            observations: Vec::new(),
            observation_count: 0,
            starts: Vec::new(),
            offsets: vec![0],
            outcomes: Vec::new(),
        };
        let mut states = Vec::new();
        let mut names = HashMap::new();
        let mut layer = Layer::default();
        for (probability, start) in starts {
            let node = layer.visit(0, source.key(&start), start);
            match world.starts.iter_mut().find(|(_, known)| *known == node) {
                Some((p, _)) => *p += probability,
                None => world.starts.push((probability, node)),
            }
        }
        let horizon = source.horizon();
        let mut listed = Vec::new();
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
                let key = source.key(&state);
                world.push_node(key, time, &mut names, source.observation(&state));
                let before = world.outcomes.len();
                for action in 0..world.actions as u32 {
                    listed.clear();
                    source.outcomes(&state, action, time, &mut listed);
                    for (probability, reward, next) in listed.drain(..) {
                        let next = match next.filter(|_| time + 1 < horizon) {
                            Some(next) => following.visit(first, source.key(&next), next),
                            None => END,
                        };
                        world.outcomes.push(Outcome { probability, reward, next });
                    }
                    world.close_action(time, key, action)?;
                }
                if world.outcomes.len() == before {
                    return Err(FidelityError::DeadEnd { time, key });
                }
                states.push(state);
            }
            world.layers.push(world.keys.len() as u32);
            layer = following;
        }
        Ok((world, states))
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
        if action as usize >= self.actions {
            return &[];
        }
        let pair = node as usize * self.actions + action as usize;
        &self.outcomes[self.offsets[pair] as usize..self.offsets[pair + 1] as usize]
    }

    /// Every listed outcome with the node it starts from, in the order of nodes, actions and outcomes.
    pub fn transitions(&self) -> impl Iterator<Item = (u32, Outcome)> + '_ {
        let pairs = (0..self.nodes() as u32).flat_map(|n| (0..self.actions as u32).map(move |a| (n, a)));
        pairs.flat_map(|(n, a)| self.outcomes(n, a).iter().map(move |o| (n, *o)))
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
struct Layer<S> {
    states: Vec<S>,
    index: HashMap<u64, u32>,
}

impl<S> Default for Layer<S> {
    fn default() -> Self {
        Self { states: Vec::new(), index: HashMap::new() }
    }
}

impl<S> Layer<S> {
    /// The node of a state of this layer, whose first node is `first`.
    fn visit(&mut self, first: usize, key: u64, state: S) -> u32 {
        let fresh = (first + self.states.len()) as u32;
        let node = *self.index.entry(key).or_insert(fresh);
        if node == fresh {
            self.states.push(state);
        }
        node
    }
}

/// What can be unrolled.
trait Source {
    type State;
    fn actions(&self) -> usize;
    fn horizon(&self) -> u32;
    fn key(&self, state: &Self::State) -> u64;
    fn observation(&self, state: &Self::State) -> u64;
    /// Appends probability, reward and next state (`None` at an end) of each outcome; none if not legal.
    fn outcomes(&self, state: &Self::State, action: u32, time: u32, into: &mut Vec<Listed<Self::State>>);
}

type Listed<S> = (f64, f64, Option<S>);

struct EnumerableSource<E, F> {
    actions: usize,
    horizon: u32,
    observe: F,
    _world: PhantomData<fn(&E)>,
}

impl<E: Enumerable, F: Fn(&E) -> u64> Source for EnumerableSource<E, F> {
    type State = E;

    fn actions(&self) -> usize {
        self.actions
    }

    fn horizon(&self) -> u32 {
        self.horizon
    }

    fn key(&self, state: &E) -> u64 {
        state.state_key()
    }

    fn observation(&self, state: &E) -> u64 {
        (self.observe)(state)
    }

    fn outcomes(&self, state: &E, action: u32, time: u32, into: &mut Vec<Listed<E>>) {
        if state.is_legal(action) {
            let branches = state.outcomes(action).into_iter();
            into.extend(branches.map(|branch| {
                (branch.probability, branch.reward.at(time), branch.ending.is_none().then_some(branch.next))
            }));
        }
    }
}

struct DynamicsSource<'a, D>(&'a D);

impl<D: Dynamics> Source for DynamicsSource<'_, D> {
    type State = D::State;

    fn actions(&self) -> usize {
        self.0.actions()
    }

    fn horizon(&self) -> u32 {
        self.0.horizon()
    }

    fn key(&self, state: &D::State) -> u64 {
        self.0.state_key(state)
    }

    fn observation(&self, state: &D::State) -> u64 {
        self.0.observation_key(state)
    }

    fn outcomes(&self, state: &D::State, action: u32, _: u32, into: &mut Vec<Listed<D::State>>) {
        if self.0.is_legal(state, action) {
            let mut transitions = Vec::new();
            self.0.outcomes(state, action, &mut transitions);
            into.extend(
                transitions
                    .into_iter()
                    .map(|t| (t.probability, t.reward, t.ending.is_none().then_some(t.next))),
            );
        }
    }
}
