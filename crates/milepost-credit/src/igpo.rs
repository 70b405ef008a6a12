//! IGPO: a reward for what each turn adds to the belief in the true answer, beside the outcome.

use crate::group::for_each_pool;
use crate::reward_to_go::accumulate;
use crate::{
    CreditError, Groups, GroupsReport, Normalize, Rows, Scale, Singleton, check, step_position_advantages,
};

/// Log-probabilities of answer tokens are not taken below this, so that one impossible token does not make a belief
/// infinite.
pub const LOG_PROB_FLOOR: f64 = -20.0;

/// The belief in an answer, `ℓ = (1/L) Σ_j max(log π(a_j | …, a_{<j}), −20) ≤ 0`, from the log-probabilities of its
/// tokens `[L]`. Minus infinity is clamped; so is what rounding leaves above 0.
///
/// Source: IGPO, arXiv 2510.14967.
///
/// # Errors
/// No token (an answer that says nothing can be no reward), or a NaN.
pub fn answer_belief(log_probs: &[f64]) -> Result<f64, CreditError> {
    check::non_empty("log_probs", log_probs)?;
    if let Some(index) = log_probs.iter().position(|value| value.is_nan()) {
        return Err(CreditError::NotFinite { what: "log_probs", index, value: f64::NAN });
    }
    let sum: f64 = log_probs.iter().map(|value| value.clamp(LOG_PROB_FLOOR, 0.0)).sum();
    Ok(sum / log_probs.len() as f64)
}

/// In which unit two beliefs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BeliefBasis {
    /// `ℓ_t − ℓ_{t−1}`: the paper's.
    #[default]
    LogProb,
    /// `exp ℓ_t − exp ℓ_{t−1}`, of geometric means of probabilities: the first version of the paper, and its code.
    Prob,
}

impl BeliefBasis {
    /// Information gains of consecutive beliefs: `out[t] = b(ℓ_{t+1}) − b(ℓ_t)`. `beliefs` is `[n + 1]`, `out` `[n]`.
    ///
    /// Identities: the sum telescopes to `b(ℓ_n) − b(ℓ_0)`; under [`BeliefBasis::Prob`] each lies in `[−1, 1]`.
    ///
    /// # Errors
    /// No belief, slices that do not fit, a belief that is not finite.
    pub fn gains(self, beliefs: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
        check::non_empty("beliefs", beliefs)?;
        check::len("out", beliefs.len() - 1, out.len())?;
        check::finite("beliefs", beliefs)?;
        for (out, pair) in out.iter_mut().zip(beliefs.windows(2)) {
            *out = self.of(pair[1]) - self.of(pair[0]);
        }
        Ok(())
    }

    /// A belief in this unit.
    #[must_use]
    pub fn of(self, belief: f64) -> f64 {
        match self {
            Self::LogProb => belief,
            Self::Prob => libm::exp(belief),
        }
    }
}

/// Trajectories of turns with an outcome each and a gain for each turn that has one.
#[derive(Debug, Clone, Copy)]
pub struct GainBatch<'a> {
    /// Which trajectories share a question.
    pub groups: &'a Groups,
    /// The turns of each trajectory, at least one.
    pub turns: &'a Rows,
    /// Outcome of each trajectory, paid at its last turn.
    pub outcomes: &'a [f64],
    /// Information gain of each turn, flat; not looked at where there is none.
    pub gains: &'a [f64],
    /// Whether the turn has a gain, flat. The turn that answers has none, which is not a gain of 0.
    pub gained: &'a [bool],
}

/// Among which rewards one is normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GainPools {
    /// Gains among the gains of the group, outcomes among its outcomes: the paper's.
    #[default]
    Separate,
    /// Gains and outcomes of the group together: the paper's first version.
    Joint,
    /// Returns of raw rewards, centred among those of the group at the same turn, not scaled: the released (older)
    /// code. The normalisation of [`Igpo`] is not used.
    ByPosition,
}

/// Information gain policy optimisation: `R̃_{i,t} = Σ_{k≥t} γ^{k−t} r̃_{i,k}`.
///
/// `r̃` is the gain of each turn that has one, and the outcome at the last turn, each normalised in its pool. A pool of
/// one, or one whose deviation is below `ε`, gives 0: where all outcomes are equal, the gains alone teach.
///
/// Source: arXiv 2510.14967. Identities: without gains and with `γ = 1` every turn has the trajectory's GRPO advantage;
/// `R̃_{i,t} − γ R̃_{i,t+1} = r̃_{i,t}`; with separate pools the scale of the gains does not matter. Known failures: a
/// policy can raise the belief by writing the answer into its own turn; gains of later turns are summed, so long
/// trajectories have a larger spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Igpo {
    /// Normalisation of a pool.
    pub normalize: Normalize,
    /// What the pools are.
    pub pools: GainPools,
    /// Discount per turn.
    pub gamma: f64,
}

impl Default for Igpo {
    /// The paper's, with deviations of `n − 1` and `ε = 10⁻⁶`.
    fn default() -> Self {
        Self { normalize: Normalize::grpo(), pools: GainPools::Separate, gamma: 1.0 }
    }
}

/// What happened to the pools of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IgpoReport {
    /// Pools of gains; for other than separate pools, all pools.
    pub gains: GroupsReport,
    /// Pools of outcomes; none for other than separate pools.
    pub outcomes: GroupsReport,
    /// Groups in which every turn got 0.
    pub silent_groups: usize,
}

impl Igpo {
    /// The advantage of each turn, flat. Copy it to tokens with [`Rows::broadcast`].
    ///
    /// # Errors
    /// Slices that do not fit, a trajectory without a turn, a number that is not finite, a parameter outside its
    /// domain.
    pub fn assign(&self, batch: &GainBatch<'_>, out: &mut [f64]) -> Result<IgpoReport, CreditError> {
        batch.check(out)?;
        check::unit_interval("gamma", self.gamma)?;
        self.normalize.check()?;
        let mut report = match self.pools {
            GainPools::Separate => self.separate(batch, out)?,
            GainPools::Joint => self.joint(batch, out)?,
            GainPools::ByPosition => self.by_position(batch, out)?,
        };
        check::representable("out", out)?;
        let silent = |members: &&[usize]| {
            members.iter().flat_map(|member| batch.turns.range(*member)).all(|turn| out[turn] == 0.0)
        };
        report.silent_groups = batch.groups.iter().filter(silent).count();
        Ok(report)
    }

    fn separate(&self, batch: &GainBatch<'_>, out: &mut [f64]) -> Result<IgpoReport, CreditError> {
        let gains = self.pooled(&batch.groups_of_turns(), Some(batch.gained), batch.gains, out)?;
        let mut outcomes = vec![0.0; batch.outcomes.len()];
        let report = self.pooled(batch.groups, None, batch.outcomes, &mut outcomes)?;
        batch.pay_and_discount(&outcomes, self.gamma, out);
        Ok(IgpoReport { gains, outcomes: report, silent_groups: 0 })
    }

    fn joint(&self, batch: &GainBatch<'_>, out: &mut [f64]) -> Result<IgpoReport, CreditError> {
        let turns = out.len();
        let mut keys = vec![0; turns + batch.outcomes.len()];
        for (group, members) in batch.groups.iter().enumerate() {
            for &member in members {
                keys[batch.turns.range(member)].fill(group as u64);
                keys[turns + member] = group as u64;
            }
        }
        let scores = [batch.gains, batch.outcomes].concat();
        let valid = [batch.gained, &vec![true; batch.outcomes.len()]].concat();
        let mut all = vec![0.0; scores.len()];
        let gains = self.pooled(&Groups::from_integers(&keys), Some(&valid), &scores, &mut all)?;
        out.copy_from_slice(&all[..turns]);
        batch.pay_and_discount(&all[turns..], self.gamma, out);
        Ok(IgpoReport { gains, ..IgpoReport::default() })
    }

    fn by_position(&self, batch: &GainBatch<'_>, out: &mut [f64]) -> Result<IgpoReport, CreditError> {
        let (groups, turns, alone) = (batch.groups, batch.turns, Singleton::Drop);
        let mut rewards: Vec<f64> =
            batch.gains.iter().zip(batch.gained).map(|(gain, has)| if *has { *gain } else { 0.0 }).collect();
        for (row, outcome) in turns.iter().zip(batch.outcomes) {
            rewards[row.end - 1] += outcome;
        }
        let rule = Normalize::dr_grpo();
        let gains = step_position_advantages(&rule, groups, turns, &rewards, self.gamma, alone, out)?;
        Ok(IgpoReport { gains, ..IgpoReport::default() })
    }

    /// Each pool normalised; nothing where its deviation is below `ε`, which is rounding and no difference.
    fn pooled(
        &self,
        groups: &Groups,
        valid: Option<&[bool]>,
        scores: &[f64],
        out: &mut [f64],
    ) -> Result<GroupsReport, CreditError> {
        let epsilon = match self.normalize.scale {
            Scale::Std { epsilon, .. } => epsilon,
            Scale::MaxAbs | Scale::None => 0.0,
        };
        let mut report = GroupsReport::default();
        for_each_pool(groups, valid, scores, out, |pool, out| {
            let mut outcome = self.normalize.apply_pool(pool, out)?;
            if !outcome.zero_range && outcome.divisor - epsilon < epsilon {
                out.fill(0.0);
                outcome.zero_range = true;
            }
            report.count(&outcome);
            Ok(())
        })?;
        Ok(report)
    }
}

impl GainBatch<'_> {
    fn check(&self, out: &[f64]) -> Result<(), CreditError> {
        check::non_empty("outcomes", self.outcomes)?;
        check::len("groups", self.outcomes.len(), self.groups.entries())?;
        check::len("turns", self.outcomes.len(), self.turns.len())?;
        check::len("gains", self.turns.entries(), self.gains.len())?;
        check::len("gained", self.turns.entries(), self.gained.len())?;
        check::len("out", self.turns.entries(), out.len())?;
        let wrong = |index: &usize| self.gained[*index] && !self.gains[*index].is_finite();
        if let Some(index) = (0..self.gains.len()).find(wrong) {
            return Err(CreditError::NotFinite { what: "gains", index, value: self.gains[index] });
        }
        check::finite("outcomes", self.outcomes)?;
        if self.turns.iter().any(|row| row.is_empty()) {
            return Err(CreditError::TooFew { what: "turns of a trajectory", needed: 1, found: 0 });
        }
        Ok(())
    }

    /// The turns of each group as a pool.
    fn groups_of_turns(&self) -> Groups {
        let mut keys = vec![0; self.turns.entries()];
        for (group, members) in self.groups.iter().enumerate() {
            for &member in members {
                keys[self.turns.range(member)].fill(group as u64);
            }
        }
        Groups::from_integers(&keys)
    }

    /// From normalised gains to sums of what is still to come, the outcome paid at the last turn.
    fn pay_and_discount(&self, outcomes: &[f64], gamma: f64, out: &mut [f64]) {
        for (row, outcome) in self.turns.iter().zip(outcomes) {
            let rewards = &mut out[row];
            if let Some(last) = rewards.last_mut() {
                *last += outcome;
            }
            let paid = rewards.to_vec();
            accumulate(&paid, gamma, 0.0, rewards);
        }
    }
}
