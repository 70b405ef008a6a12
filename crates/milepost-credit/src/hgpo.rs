//! HGPO: a hierarchy of anchor groups by shared history.

use crate::anchor::{AnchorPools, Interner};
use crate::gigpo::{StepGroupsReport, TurnBatch};
use crate::{CreditError, Normalize, check};

/// Hierarchy-of-groups policy optimisation: the step part of GiGPO, averaged over nested anchor groups.
///
/// Level `k = 0..=depth` compares turns that share the current state *and* the `k` states before it (fewer near
/// the start of a trajectory, where only turns equally near the start are comparable).
/// `A_{i,u} = A^E_i + ω Σ_k w_k A^{(k)}_{i,u}/Σ_k w_k` with `w_k = (k + 1)^α`, both sums over the levels at
/// which the turn has company.
///
/// Source: arXiv 2602.22817. Identities: `depth = 0` is GiGPO; all anchors distinct gives GRPO. Known failure:
/// deep levels are rarely shared, so the credit falls back on the shallow, biased ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hgpo {
    /// Normalisation of outcomes.
    pub episode: Normalize,
    /// Normalisation of turn returns within an anchor group.
    pub step: Normalize,
    /// Weight `ω` of the step part.
    pub omega: f64,
    /// Discount per turn.
    pub gamma: f64,
    /// Number of earlier states at the deepest level.
    pub depth: usize,
    /// Exponent `α ≥ 0` of the weights: 0 weighs all levels alike, more prefers longer shared histories.
    pub alpha: f64,
}

impl Default for Hgpo {
    fn default() -> Self {
        Self {
            episode: Normalize::grpo(),
            step: Normalize::grpo(),
            omega: 1.0,
            gamma: 0.95,
            depth: 2,
            alpha: 1.0,
        }
    }
}

impl Hgpo {
    /// The advantage of each turn, flat.
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, a parameter outside its domain.
    pub fn assign(&self, batch: &TurnBatch<'_>, out: &mut [f64]) -> Result<StepGroupsReport, CreditError> {
        batch.check(out)?;
        check::finite_scalar("omega", self.omega)?;
        check::unit_interval("gamma", self.gamma)?;
        check::non_negative("alpha", self.alpha)?;
        self.step.check()?;
        let (episode, episode_report) = batch.episode_credit(&self.episode)?;
        batch.turns.broadcast(&episode, None, out)?;
        let mut report = StepGroupsReport { episode: episode_report, ..StepGroupsReport::default() };
        let returns = batch.returns(self.gamma)?;
        let (mut weighted, mut weights) = (Vec::new(), Vec::new());
        let (mut contexts, mut pools) = (Contexts::new(), AnchorPools::new());
        for members in batch.groups.iter() {
            contexts.begin(batch, members);
            weighted.clear();
            weighted.resize(contexts.turns.len(), 0.0);
            weights.clear();
            weights.resize(contexts.turns.len(), 0.0);
            for level in 0..=self.depth {
                let weight = (level as f64 + 1.0).powf(self.alpha);
                pools.normalize(
                    &self.step,
                    &contexts.ids,
                    contexts.interner.len(),
                    |entry| returns[contexts.turns[entry]],
                    &mut report.step,
                    |entry, credit, size| {
                        if size > 1 {
                            weighted[entry] += weight * credit;
                            weights[entry] += weight;
                        }
                    },
                )?;
                if level < self.depth {
                    contexts.deepen(batch, members);
                }
            }
            for ((&turn, weighted), weight) in contexts.turns.iter().zip(&weighted).zip(&weights) {
                if *weight > 0.0 {
                    out[turn] += self.omega * weighted / weight;
                }
            }
        }
        check::representable("out", out)?;
        Ok(report)
    }
}

/// Identity of the last `k + 1` states of each turn of one group: equal ids if and only if equal histories.
struct Contexts {
    interner: Interner,
    turns: Vec<usize>,
    ids: Vec<u32>,
}

impl Contexts {
    const fn new() -> Self {
        Self { interner: Interner::new(), turns: Vec::new(), ids: Vec::new() }
    }

    /// The turns of a group, told apart by their own state.
    fn begin(&mut self, batch: &TurnBatch<'_>, members: &[usize]) {
        let Self { interner, turns, ids } = self;
        turns.clear();
        turns.extend(batch.turns_of(members));
        interner.begin(turns.len());
        ids.clear();
        ids.extend(turns.iter().map(|&turn| interner.id((batch.anchors[turn], 0))));
    }

    /// Adds one earlier state: the new id numbers the pair of a turn's own state and the old id of the turn
    /// before it. Backwards, so that the old id is still there.
    fn deepen(&mut self, batch: &TurnBatch<'_>, members: &[usize]) {
        self.interner.begin(self.turns.len());
        let mut end = self.turns.len();
        for &trajectory in members.iter().rev() {
            let start = end - batch.turns.range(trajectory).len();
            for entry in (start..end).rev() {
                let before = if entry > start { u64::from(self.ids[entry - 1]) + 1 } else { 0 };
                self.ids[entry] = self.interner.id((batch.anchors[self.turns[entry]], before));
            }
            end = start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Groups, Rows};

    #[test]
    fn a_deeper_context_separates_equal_states_with_other_histories() {
        // Two trajectories reach state 7, one through 1, one through 2.
        let batch = TurnBatch {
            groups: &Groups::from_sizes(&[3]),
            turns: &Rows::ragged(&[2, 2, 2]),
            outcomes: &[0.0; 3],
            turn_rewards: &[0.0; 6],
            anchors: &[1, 7, 2, 7, 1, 7],
        };
        let (mut contexts, members) = (Contexts::new(), [0, 1, 2]);
        contexts.begin(&batch, &members);
        assert_eq!(contexts.ids, [0, 1, 2, 1, 0, 1]);
        contexts.deepen(&batch, &members);
        assert_eq!(contexts.ids[1], contexts.ids[5]);
        assert_ne!(contexts.ids[1], contexts.ids[3]);
        assert_eq!(contexts.ids[0], contexts.ids[4]);
    }
}
