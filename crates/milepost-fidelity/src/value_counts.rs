use std::collections::BTreeMap;

use milepost_credit::reward_to_go;

use crate::{Batch, FidelityError};

/// Sums of what followed, by node and by node and action.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ValueCounts {
    nodes: BTreeMap<u32, (f64, f64)>,
    pairs: BTreeMap<(u32, u32), (f64, f64)>,
    all: (f64, f64),
}

impl ValueCounts {
    /// Counts the returns-to-go of a batch.
    pub(crate) fn of(batch: &Batch) -> Result<Self, FidelityError> {
        let mut counts = Self::default();
        for range in batch.ranges() {
            let mut to_go = vec![0.0; range.len()];
            reward_to_go(&batch.rewards[range.clone()], 1.0, 0.0, &mut to_go)?;
            for (step, z) in range.zip(to_go) {
                let (node, action) = (batch.nodes[step], batch.actions[step]);
                for (sum, n) in [
                    counts.nodes.entry(node).or_default(),
                    counts.pairs.entry((node, action)).or_default(),
                    &mut counts.all,
                ] {
                    *sum += z;
                    *n += 1.0;
                }
            }
        }
        Ok(counts)
    }

    /// Mean over everything, 0 if nothing was counted.
    fn prior(&self) -> f64 {
        if self.all.1 > 0.0 { self.all.0 / self.all.1 } else { 0.0 }
    }

    /// `V̂(node)`: the mean with one more observation at the overall mean, and whether the node was ever counted.
    pub(crate) fn v(&self, node: u32) -> (f64, bool) {
        let counted = self.nodes.get(&node).copied();
        let (sum, n) = counted.unwrap_or_default();
        ((sum + self.prior()) / (n + 1.0), counted.is_some())
    }

    /// `Q̂(node, action)`: the mean with one more observation at `V̂(node)`, and whether the pair was ever counted.
    pub(crate) fn q(&self, node: u32, action: u32) -> (f64, bool) {
        let counted = self.pairs.get(&(node, action)).copied();
        let (sum, n) = counted.unwrap_or_default();
        ((sum + self.v(node).0) / (n + 1.0), counted.is_some())
    }
}
