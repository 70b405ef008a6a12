//! Pools of turns that start from the same anchor state.

use crate::{CreditError, GroupsReport, Normalize};

/// Normalises scores within pools of equal keys, one task at a time. The scratch space is reused, so that a
/// batch costs a few allocations in all.
pub(crate) struct AnchorPools {
    order: Vec<(u64, usize)>,
    scores: Vec<f64>,
    credit: Vec<f64>,
}

impl AnchorPools {
    pub(crate) const fn new() -> Self {
        Self { order: Vec::new(), scores: Vec::new(), credit: Vec::new() }
    }

    /// For every pool of `turns` with equal `key`, normalises `score` and hands each member's credit and the
    /// size of its pool to `write`. Pools are visited in the order of their keys, members in their own order.
    pub(crate) fn normalize(
        &mut self,
        rule: &Normalize,
        turns: impl Iterator<Item = usize>,
        key: &[u64],
        score: &[f64],
        report: &mut GroupsReport,
        mut write: impl FnMut(usize, f64, usize),
    ) -> Result<(), CreditError> {
        self.order.clear();
        self.order.extend(turns.map(|turn| (key[turn], turn)));
        self.order.sort_unstable();
        for pool in self.order.chunk_by(|a, b| a.0 == b.0) {
            self.scores.clear();
            self.scores.extend(pool.iter().map(|&(_, turn)| score[turn]));
            self.credit.resize(pool.len(), 0.0);
            report.count(&rule.apply(&self.scores, &mut self.credit)?);
            for (&(_, turn), &credit) in pool.iter().zip(&self.credit) {
                write(turn, credit, pool.len());
            }
        }
        Ok(())
    }
}
