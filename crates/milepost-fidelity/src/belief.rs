//! What can be restored from the visible prefix of an episode alone.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::world::END;
use crate::{Batch, LayeredWorld};

/// How the state before a decision is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restore {
    /// The whole state, what is hidden included.
    #[default]
    Full,
    /// The visible prefix is fed again to a fresh world: what is hidden is drawn anew from what agrees with
    /// the observations, rewards and given actions.
    Refeed,
}

/// What is known of a hidden node: the nodes that it may be, with their probabilities.
pub(crate) type Law = Vec<(u32, f64)>;

/// Law of the hidden node before each step of an episode, given observations, rewards and (as given from
/// outside) actions up to it: one list of `(node, probability)` a step, in order of node.
pub(crate) fn filter(world: &LayeredWorld, batch: &Batch, steps: Range<usize>) -> Vec<Law> {
    let mut beliefs: Vec<Law> = Vec::with_capacity(steps.len());
    for step in steps.clone() {
        let seen = world.observation(batch.nodes[step]);
        let mut masses = BTreeMap::new();
        match beliefs.last() {
            None => {
                for (p, node) in world.starts().iter().filter(|(_, n)| world.observation(*n) == seen) {
                    *masses.entry(*node).or_insert(0.0) += p;
                }
            }
            Some(before) => {
                let (action, reward) = (batch.actions[step - 1], batch.rewards[step - 1]);
                for (node, mass) in before {
                    for o in world.outcomes(*node, action) {
                        if o.next != END && o.reward == reward && world.observation(o.next) == seen {
                            *masses.entry(o.next).or_insert(0.0) += mass * o.probability;
                        }
                    }
                }
            }
        }
        let total: f64 = masses.values().sum();
        beliefs.push(masses.into_iter().map(|(node, mass)| (node, mass / total)).collect());
    }
    beliefs
}

/// The node that the uniform number `u` picks from a law.
pub(crate) fn pick(law: &[(u32, f64)], u: f64) -> u32 {
    let mut left = u;
    for (node, p) in law {
        left -= p;
        if left < 0.0 {
            return *node;
        }
    }
    law.last().map_or(END, |(node, _)| *node)
}
