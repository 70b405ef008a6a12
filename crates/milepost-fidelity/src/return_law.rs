//! The law of what is still to be earned.

use std::collections::BTreeMap;

use crate::world::END;
use crate::{FidelityError, LayeredWorld, NodePolicy};

/// Returns closer than this are one.
const GRAIN: f64 = 1e-9;

/// More pairs of node and return than this are not enumerated.
const CAP: usize = 4_000_000;

/// A return as a key: a multiple of 10⁻⁹.
pub(crate) fn grain(value: f64) -> i64 {
    (value / GRAIN).round() as i64
}

/// `P(Z | node, action)` for the return-to-go `Z`, for every node and action, by backward induction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReturnLaw {
    actions: usize,
    laws: Vec<BTreeMap<i64, f64>>,
}

impl ReturnLaw {
    pub(crate) fn solve(world: &LayeredWorld, policy: &NodePolicy) -> Result<Self, FidelityError> {
        let (nodes, actions) = (world.nodes(), world.actions());
        let mut laws = vec![BTreeMap::new(); nodes * actions];
        let mut after: Vec<BTreeMap<i64, f64>> = vec![BTreeMap::new(); nodes];
        let mut entries = 0;
        for node in (0..nodes as u32).rev() {
            let mut mixed = BTreeMap::new();
            for action in 0..actions as u32 {
                let mut law = BTreeMap::new();
                for o in world.outcomes(node, action) {
                    let now = grain(o.reward);
                    if o.next == END {
                        *law.entry(now).or_insert(0.0) += o.probability;
                    } else {
                        for (later, p) in &after[o.next as usize] {
                            *law.entry(now + later).or_insert(0.0) += o.probability * p;
                        }
                    }
                }
                let pi = policy.probability(node, action);
                for (z, p) in law.iter().filter(|_| pi > 0.0) {
                    *mixed.entry(*z).or_insert(0.0) += pi * p;
                }
                entries += law.len();
                laws[node as usize * actions + action as usize] = law;
            }
            entries += mixed.len();
            if entries > CAP {
                return Err(FidelityError::TooManyCases { what: "returns of nodes", cap: CAP });
            }
            after[node as usize] = mixed;
        }
        Ok(Self { actions, laws })
    }

    /// `P(Z = z | node, action)`.
    pub(crate) fn probability(&self, node: u32, action: u32, z: i64) -> f64 {
        self.laws[node as usize * self.actions + action as usize].get(&z).copied().unwrap_or(0.0)
    }
}
