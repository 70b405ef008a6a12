//! Expected later visits to outcomes, the material of contribution coefficients.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::return_law::grain;
use crate::world::END;
use crate::{FidelityError, LayeredWorld, NodePolicy};

/// More pairs of node, action and outcome than this are not enumerated.
const CAP: usize = 4_000_000;

/// What a later outcome `U` is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKey {
    /// The pair of time and state (HCA+).
    State,
    /// The value of the reward (COCOA-reward).
    Reward,
    /// Both.
    StateReward,
    /// The observation: a feature of the state. Biased where it aliases rewards.
    Observation,
}

/// A key of an outcome: node or observation, and reward.
pub(crate) type Key = (u32, i64);

impl OutcomeKey {
    /// The outcome at a step in `node` that paid `reward`.
    pub(crate) fn of(self, world: &LayeredWorld, node: u32, reward: f64) -> Key {
        match self {
            Self::State => (node, 0),
            Self::Reward => (0, grain(reward)),
            Self::StateReward => (node, grain(reward)),
            Self::Observation => (world.observation(node), 0),
        }
    }
}

/// Expected later visits to an outcome and what they pay.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Later {
    pub(crate) visits: f64,
    pub(crate) reward: f64,
}

pub(crate) type LaterOutcomes = BTreeMap<Key, Later>;

/// Adds `weight` times `more`.
pub(crate) fn add(into: &mut LaterOutcomes, more: &LaterOutcomes, weight: f64) {
    for (key, later) in more {
        let entry = into.entry(*key).or_default();
        entry.visits += weight * later.visits;
        entry.reward += weight * later.reward;
    }
}

/// `Σ_{k≥1} P(U_{t+k} = u | n, a)` for every node and action, and under the policy for every node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contributions {
    actions: usize,
    after: Vec<LaterOutcomes>,
    under: Vec<LaterOutcomes>,
}

impl Contributions {
    /// By backward induction.
    pub(crate) fn solve(
        world: &LayeredWorld,
        policy: &NodePolicy,
        outcome: OutcomeKey,
    ) -> Result<Self, FidelityError> {
        let (nodes, actions) = (world.nodes(), world.actions());
        let mut after = vec![LaterOutcomes::new(); nodes * actions];
        let mut under = vec![LaterOutcomes::new(); nodes];
        // What is met from a node on, the step in it included.
        let mut from: Vec<LaterOutcomes> = vec![LaterOutcomes::new(); nodes];
        let mut entries = 0;
        for node in (0..nodes as u32).rev() {
            let mut all = LaterOutcomes::new();
            for action in 0..actions as u32 {
                let pi = policy.probability(node, action);
                let mut later = LaterOutcomes::new();
                for o in world.outcomes(node, action) {
                    if o.next != END {
                        add(&mut later, &from[o.next as usize], o.probability);
                    }
                    if pi > 0.0 {
                        let entry = all.entry(outcome.of(world, node, o.reward)).or_default();
                        entry.visits += pi * o.probability;
                        entry.reward += pi * o.probability * o.reward;
                    }
                }
                if pi > 0.0 {
                    add(&mut under[node as usize], &later, pi);
                }
                entries += later.len();
                after[node as usize * actions + action as usize] = later;
            }
            add(&mut all, &under[node as usize], 1.0);
            entries += under[node as usize].len() + all.len();
            if entries > CAP {
                return Err(FidelityError::TooManyCases { what: "later outcomes of nodes", cap: CAP });
            }
            from[node as usize] = all;
        }
        Ok(Self { actions, after, under })
    }

    /// From counts: `after[n·A + a]` and `under[n]` hold totals of later outcomes, with how often each was left.
    pub(crate) fn from_counts(
        actions: usize,
        mut after: Vec<LaterOutcomes>,
        mut under: Vec<LaterOutcomes>,
        after_visits: &[f64],
        under_visits: &[f64],
    ) -> Self {
        for (outcomes, visits) in after.iter_mut().zip(after_visits).chain(under.iter_mut().zip(under_visits))
        {
            for later in outcomes.values_mut() {
                later.visits /= visits;
                later.reward /= visits;
            }
        }
        Self { actions, after, under }
    }

    /// Expected later visits to `key` after `action` in `node`, and under the policy; `None` if the node was
    /// never left.
    pub(crate) fn visits(&self, node: u32, action: u32, key: Key) -> (f64, f64) {
        let visits = |outcomes: &LaterOutcomes| outcomes.get(&key).map_or(0.0, |later| later.visits);
        let after = &self.after[node as usize * self.actions + action as usize];
        (visits(after), visits(&self.under[node as usize]))
    }

    /// Outcomes whose expected reward depends on how they were reached: credit through them is biased by
    /// construction. 0 for states and rewards.
    pub(crate) fn aliased(&self) -> u64 {
        let mut means: BTreeMap<Key, (f64, f64)> = BTreeMap::new();
        for (key, later) in self.after.iter().flatten().filter(|(_, later)| later.visits > 0.0) {
            let mean = later.reward / later.visits;
            let (low, high) = means.entry(*key).or_insert((mean, mean));
            (*low, *high) = (low.min(mean), high.max(mean));
        }
        means.values().filter(|(low, high)| high - low > 1e-9).count() as u64
    }
}
