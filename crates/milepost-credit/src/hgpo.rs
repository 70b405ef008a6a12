//! HGPO: a hierarchy of anchor groups by shared history.

use crate::anchor::AnchorPools;
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
        let (episode, episode_report) = batch.episode_credit(&self.episode)?;
        batch.turns.broadcast(&episode, None, out)?;
        let mut report = StepGroupsReport { episode: episode_report, ..StepGroupsReport::default() };
        let returns = batch.returns(self.gamma)?;
        let mut weighted = vec![0.0; out.len()];
        let mut weights = vec![0.0; out.len()];
        let mut contexts = Contexts::new(batch);
        let mut pools = AnchorPools::new();
        for level in 0..=self.depth {
            let weight = (level as f64 + 1.0).powf(self.alpha);
            for members in batch.groups.iter() {
                let turns = batch.turns_of(members);
                let step = &mut report.step;
                pools.normalize(&self.step, turns, &contexts.ids, &returns, step, |turn, credit, size| {
                    if size > 1 {
                        weighted[turn] += weight * credit;
                        weights[turn] += weight;
                    }
                })?;
            }
            contexts.deepen(batch);
        }
        for ((out, weighted), weight) in out.iter_mut().zip(&weighted).zip(&weights) {
            if *weight > 0.0 {
                *out += self.omega * weighted / weight;
            }
        }
        Ok(report)
    }
}

/// Identity of the last `k + 1` states of each turn, exact: equal ids if and only if equal histories.
struct Contexts {
    ids: Vec<u64>,
    order: Vec<((u64, Option<u64>), usize)>,
}

impl Contexts {
    fn new(batch: &TurnBatch<'_>) -> Self {
        Self { ids: batch.anchors.to_vec(), order: Vec::new() }
    }

    /// Adds one earlier state: the new id of a turn numbers the pair of its anchor and the id before it.
    fn deepen(&mut self, batch: &TurnBatch<'_>) {
        let Self { ids, order } = self;
        order.clear();
        for row in batch.turns.iter() {
            let first = row.start;
            order.extend(row.map(|turn| {
                let before = (turn > first).then(|| ids[turn - 1]);
                ((batch.anchors[turn], before), turn)
            }));
        }
        order.sort_unstable();
        for (id, same) in order.chunk_by(|a, b| a.0 == b.0).enumerate() {
            for &(_, turn) in same {
                ids[turn] = id as u64;
            }
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
        let mut contexts = Contexts::new(&batch);
        assert_eq!(contexts.ids, batch.anchors);
        contexts.deepen(&batch);
        assert_eq!(contexts.ids[1], contexts.ids[5]);
        assert_ne!(contexts.ids[1], contexts.ids[3]);
        assert_eq!(contexts.ids[0], contexts.ids[4]);
    }
}
