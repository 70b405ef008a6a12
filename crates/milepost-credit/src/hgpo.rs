//! HGPO: a hierarchy of anchor groups by shared history.

use crate::anchor::AnchorPools;
use crate::gigpo::{StepGroupsReport, TurnBatch};
use crate::interner::Interner;
use crate::{CreditError, GroupsReport, Normalize, check};

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
        let weights: Vec<f64> =
            (0..=self.depth).map(|level| libm::pow(level as f64 + 1.0, self.alpha)).collect();
        let (mut contexts, mut pools) = (Contexts::new(), AnchorPools::new());
        for members in batch.groups.iter() {
            let rows = || members.iter().map(|&trajectory| batch.turns.range(trajectory));
            contexts.begin(rows().map(|row| (&batch.anchors[row.clone()], &returns[row])));
            for (level, weight) in weights.iter().enumerate() {
                if level > 0 {
                    contexts.deepen();
                }
                contexts.count_alone(&self.step, &mut report.step);
                let Contexts { ids, interner, scores, .. } = &contexts;
                pools.normalize(&self.step, ids, interner.len(), scores, &mut report.step)?;
                contexts.keep_company(&pools, *weight);
            }
            let mut credits = contexts.credits();
            for row in rows() {
                credits.next(); // the place before the first turn
                for (out, (weighted, weight)) in out[row].iter_mut().zip(&mut credits) {
                    let credited = *out + self.omega * weighted / weight;
                    *out = if weight > 0.0 { credited } else { *out };
                }
            }
        }
        check::representable("out", out)?;
        Ok(report)
    }
}

/// The turns of one group, told apart by their last `k + 1` states. Each turn has a place; so has the time before
/// the first turn of each trajectory.
///
/// Histories that differ stay different at every deeper level, so a turn without company is put aside.
struct Contexts {
    interner: Interner,
    /// The own state of each place.
    states: Vec<u32>,
    /// Identity of the history of each place: equal if and only if the histories are.
    histories: Vec<u32>,
    /// What the levels add to each place, and the sum of their weights.
    weighted: Vec<(f64, f64)>,
    /// Turns that had company so far: place, pool and score of each.
    places: Vec<u32>,
    ids: Vec<u32>,
    scores: Vec<f64>,
    /// Turns that were put aside.
    alone: usize,
}

/// Before the first turn.
const START: u32 = u32::MAX;

impl Contexts {
    const fn new() -> Self {
        Self {
            interner: Interner::new(),
            states: Vec::new(),
            histories: Vec::new(),
            weighted: Vec::new(),
            places: Vec::new(),
            ids: Vec::new(),
            scores: Vec::new(),
            alone: 0,
        }
    }

    /// Takes the anchors and scores of each trajectory of a group; turns are told apart by their own state.
    fn begin<'a>(&mut self, trajectories: impl Iterator<Item = (&'a [u64], &'a [f64])> + Clone) {
        self.interner.begin(trajectories.clone().map(|(anchors, _)| anchors.len()).sum());
        self.alone = 0;
        for list in [&mut self.states, &mut self.places, &mut self.ids] {
            list.clear();
        }
        self.scores.clear();
        for (anchors, scores) in trajectories {
            self.states.push(START);
            let place = self.states.len() as u32;
            self.states.extend(anchors.iter().map(|&anchor| self.interner.id(anchor)));
            self.places.extend(place..place + anchors.len() as u32);
            self.ids.extend_from_slice(&self.states[place as usize..]);
            self.scores.extend_from_slice(scores);
        }
        self.histories.clear();
        self.histories.resize(self.states.len(), START);
        self.weighted.clear();
        self.weighted.resize(self.states.len(), (0.0, 0.0));
    }

    /// Adds one earlier state: a pool is now a pair of an own state and the history of the place before.
    fn deepen(&mut self) {
        self.interner.begin(self.places.len());
        self.ids.clear();
        self.ids.extend(self.places.iter().map(|&place| {
            let (state, before) = (self.states[place as usize], self.histories[place as usize - 1]);
            self.interner.id(u64::from(state) << 32 | u64::from(before))
        }));
    }

    /// Reports the turns that were put aside as pools of one.
    fn count_alone(&self, rule: &Normalize, report: &mut GroupsReport) {
        report.groups += self.alone;
        if rule.compares() {
            report.dropped += self.alone;
        } else {
            report.zero_range += self.alone;
        }
    }

    /// Adds the credit of a level to the turns that have company there, and puts the others aside.
    fn keep_company(&mut self, pools: &AnchorPools, weight: f64) {
        let (mut kept, places) = (0, self.states.len() as u32);
        for (index, (&id, credit)) in self.ids.iter().zip(pools.credit()).enumerate() {
            let (place, company) = (self.places[index], pools.size(id) > 1);
            let sums = &mut self.weighted[place as usize];
            sums.0 = if company { sums.0 + weight * credit } else { sums.0 };
            sums.1 += if company { weight } else { 0.0 };
            // A history of one's own has a number of its own.
            self.histories[place as usize] = if company { id } else { places + place };
            self.places[kept] = place;
            self.scores[kept] = self.scores[index];
            kept += usize::from(company);
        }
        self.alone += self.places.len() - kept;
        self.places.truncate(kept);
        self.scores.truncate(kept);
    }

    /// The weighted sum of the levels and the sum of their weights, by place.
    fn credits(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.weighted.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deeper_context_separates_equal_states_with_other_histories() {
        // Two trajectories reach state 7 through 1, one through 2.
        let trajectories = [[1, 7], [2, 7], [1, 7]];
        let (mut contexts, mut pools) = (Contexts::new(), AnchorPools::new());
        contexts.begin(trajectories.iter().map(|anchors| (&anchors[..], &[0.0; 2][..])));
        assert_eq!(contexts.ids, [0, 1, 2, 1, 0, 1]);
        let mut report = GroupsReport::default();
        pools
            .normalize(&Normalize::grpo(), &contexts.ids, 3, &contexts.scores, &mut report)
            .expect("finite scores");
        contexts.keep_company(&pools, 1.0);
        assert_eq!(contexts.places, [1, 2, 5, 7, 8]);
        contexts.deepen();
        assert_eq!(contexts.ids, [0, 1, 2, 0, 1]);
    }
}
