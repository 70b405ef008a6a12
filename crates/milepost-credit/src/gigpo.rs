//! GiGPO: groups of trajectories, and within them groups of turns that start from the same state.

use crate::anchor::AnchorPools;
use crate::interner::Interner;
use crate::reward_to_go::accumulate;
use crate::{CreditError, Groups, GroupsReport, Normalize, Rows, check};

/// A batch of trajectories as turns.
#[derive(Debug, Clone, Copy)]
pub struct TurnBatch<'a> {
    /// Which trajectories share a task.
    pub groups: &'a Groups,
    /// The turns of each trajectory.
    pub turns: &'a Rows,
    /// Outcome `R_i` of each trajectory.
    pub outcomes: &'a [f64],
    /// Reward of each turn, flat.
    pub turn_rewards: &'a [f64],
    /// Key of the state in which each turn starts, flat. Equal keys mean equal states.
    pub anchors: &'a [u64],
}

impl TurnBatch<'_> {
    pub(crate) fn check(&self, out: &[f64]) -> Result<(), CreditError> {
        check::non_empty("outcomes", self.outcomes)?;
        check::len("groups", self.outcomes.len(), self.groups.entries())?;
        check::len("turns", self.outcomes.len(), self.turns.len())?;
        check::len("turn_rewards", self.turns.entries(), self.turn_rewards.len())?;
        check::len("anchors", self.turns.entries(), self.anchors.len())?;
        check::len("out", self.turns.entries(), out.len())
    }

    /// Discounted return of each turn, flat.
    pub(crate) fn returns(&self, gamma: f64) -> Result<Vec<f64>, CreditError> {
        returns_of_turns(self.turns, self.turn_rewards, gamma)
    }

    /// The outcome of each trajectory relative to its group.
    pub(crate) fn episode_credit(&self, rule: &Normalize) -> Result<(Vec<f64>, GroupsReport), CreditError> {
        let mut credit = vec![0.0; self.outcomes.len()];
        let report = rule.apply_groups(self.groups, self.outcomes, &mut credit)?;
        Ok((credit, report))
    }
}

/// Discounted return of each turn, flat: the reward-to-go of each row. An overflow is named by its place in the
/// batch.
pub(crate) fn returns_of_turns(turns: &Rows, rewards: &[f64], gamma: f64) -> Result<Vec<f64>, CreditError> {
    check::finite("turn_rewards", rewards)?;
    check::unit_interval("gamma", gamma)?;
    let mut returns = vec![0.0; rewards.len()];
    for row in turns.iter() {
        accumulate(&rewards[row.clone()], gamma, 0.0, &mut returns[row]);
    }
    check::representable("returns", &returns)?;
    Ok(returns)
}

/// Group-in-group policy optimisation: `A_{i,u} = A^E_i + ω A^S_{i,u}`.
///
/// `A^E` is the outcome relative to the group, each trajectory counted once. `A^S` is the discounted return of
/// turn `u`, `X_{i,u} = Σ_{k≥u} γ^{k−u} r_{i,k}`, relative to the turns of the same group that start from the
/// same anchor state; a turn whose state nobody else visited gets 0.
///
/// Source: arXiv 2505.10978. Identities: `ω = 0`, or all anchors distinct, gives GRPO; `A^S` alone without a
/// scale, with the exact state as the anchor, converges to the advantage. Known failure: small anchor groups
/// over-credit lucky rare actions, which shrinkage softens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GiGpo {
    /// Normalisation of outcomes.
    pub episode: Normalize,
    /// Normalisation of turn returns within an anchor group.
    pub step: Normalize,
    /// Weight `ω` of the step part.
    pub omega: f64,
    /// Discount per turn.
    pub gamma: f64,
    /// Count shrinkage `κ ≥ 0`: the step part of an anchor group of `n` turns is multiplied by `n/(n + κ)`.
    pub shrinkage: f64,
}

/// What happened to the pools of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepGroupsReport {
    /// Groups of trajectories.
    pub episode: GroupsReport,
    /// Anchor groups of turns, over all levels.
    pub step: GroupsReport,
}

impl Default for GiGpo {
    fn default() -> Self {
        Self { episode: Normalize::grpo(), step: Normalize::grpo(), omega: 1.0, gamma: 0.95, shrinkage: 0.0 }
    }
}

impl GiGpo {
    /// The advantage of each turn, flat. Copy it to tokens with [`Rows::broadcast`].
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, a parameter outside its domain.
    pub fn assign(&self, batch: &TurnBatch<'_>, out: &mut [f64]) -> Result<StepGroupsReport, CreditError> {
        batch.check(out)?;
        check::finite_scalar("omega", self.omega)?;
        check::unit_interval("gamma", self.gamma)?;
        check::non_negative("shrinkage", self.shrinkage)?;
        self.step.check()?;
        let (episode, episode_report) = batch.episode_credit(&self.episode)?;
        batch.turns.broadcast(&episode, None, out)?;
        let mut report = StepGroupsReport { episode: episode_report, ..StepGroupsReport::default() };
        let returns = batch.returns(self.gamma)?;
        let (mut interner, mut pools) = (Interner::new(), AnchorPools::new());
        let (mut ids, mut scores, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for members in batch.groups.iter() {
            let rows = || members.iter().map(|&trajectory| batch.turns.range(trajectory));
            interner.begin(rows().map(|row| row.len()).sum());
            ids.clear();
            scores.clear();
            for row in rows() {
                ids.extend(batch.anchors[row.clone()].iter().map(|&anchor| interner.id(anchor)));
                scores.extend_from_slice(&returns[row]);
            }
            pools.normalize(&self.step, &ids, interner.len(), &scores, &mut report.step)?;
            weights.clear();
            weights.extend(pools.sizes().map(|size| f64::from(size) / (f64::from(size) + self.shrinkage)));
            let mut credits = ids.iter().zip(pools.credit());
            for row in rows() {
                for (out, (&id, &credit)) in out[row].iter_mut().zip(&mut credits) {
                    *out += self.omega * credit * weights[id as usize];
                }
            }
        }
        check::representable("out", out)?;
        Ok(report)
    }
}
